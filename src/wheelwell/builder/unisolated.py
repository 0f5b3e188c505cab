"""Building without isolation: what a source declares must be installed already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from packaging.requirements import Requirement

from wheelwell.builder.pep517 import wanted_here
from wheelwell.errors import EnvironmentFailed
from wheelwell.interpreter import Interpreter
from wheelwell.request import normalize
from wheelwell.surroundings import Surroundings


def check_installed(
    requirements: Sequence[str],
    surroundings: Surroundings,
    interpreter: Interpreter,
    constraints: Iterable[str],
) -> None:
    """Check that an environment holds what a build wants. Raises `EnvironmentFailed`.

    What its distributions want in turn is their installer's business.
    """
    wanted = [Requirement(text) for text in wanted_here(requirements, interpreter)]
    names = {normalize(each.name) for each in wanted}
    limits = [Requirement(text) for text in wanted_here([*constraints], interpreter)]
    wanted += [each for each in limits if normalize(each.name) in names]
    missing = [_fault(each, surroundings) for each in wanted]
    if any(missing):
        lacking = " ".join(
            f"'{each}'" for each, fault in zip(wanted, missing, strict=True) if fault
        )
        raise EnvironmentFailed(
            f"without build isolation, {surroundings.prefix} must hold the build requirements, "
            f"and does not: {', '.join(filter(None, missing))}",
            hint=f"{surroundings.python} -m pip install {lacking}; or build with isolation",
        )


def _fault(requirement: Requirement, surroundings: Surroundings) -> str:
    version = surroundings.version(normalize(requirement.name))
    if not version:
        return str(requirement)
    if requirement.specifier.contains(version, prereleases=True):
        return ""
    return f"{requirement} (there is {version})"
