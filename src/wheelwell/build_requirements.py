"""Build requirements that a user adds or constrains, in the one spelling that the key has."""

from __future__ import annotations

import functools
import re

from wheelwell.errors import InvalidRequest
from wheelwell.request import normalize
from wheelwell.urls import without_credentials

_CREDENTIALS = re.compile(r"://\S*@")


@functools.lru_cache(maxsize=256)
def build_requirement(text: str) -> str:
    """Return a requirement (PEP 508) in its one spelling.

    Raises `InvalidRequest`: it is none, or its URL holds credentials, which the key would keep.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        requirement = Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        raise InvalidRequest(
            f"not a build requirement: {_CREDENTIALS.sub('://', text)!r}",
            hint='name a project as in "numpy>=2" (PEP 508)',
        ) from error
    bare = (requirement.url or "").partition("#")[0]
    if without_credentials(bare) != bare:
        raise InvalidRequest(
            f"the build requirement {requirement.name} has credentials in its URL, "
            "which would become part of the key",
            hint="name the project alone, and its index with --build-index-url",
        )
    requirement.name = normalize(requirement.name)
    return str(requirement)
