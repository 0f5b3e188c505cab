"""What a worker, or the scheduler, tells of itself when it is looked at. Runs in its process."""

from __future__ import annotations

import os
import pickle
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wheelwell.errors import WheelwellError
from wheelwell.version import VERSION
from wheelwell.warm.start import room_of_machine

if TYPE_CHECKING:
    from wheelwell.compose.opening import Opening


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What was seen of a worker."""

    host: str = ""
    """The name of its machine, where it could tell."""

    cores: int = 1
    """That it may use."""

    why_not: str = ""
    """Why it cannot build for who asked, as a clause of which it is the subject; else empty."""

    @property
    def on_host(self) -> str:
        """Where it is, as part of a sentence."""
        return f" on {self.host}" if self.host else ""


def about() -> dict[str, str]:
    """Return the versions that must be the same everywhere, by what they are of."""
    import distributed

    return {
        "wheelwell": VERSION,
        "Python": "{}.{}".format(*sys.version_info),
        "distributed": str(distributed.__version__),
    }


def differences(there: Mapping[str, str], here: Mapping[str, str]) -> str:
    """Say what of one's versions is not as here; nothing where all are the same."""
    return " and ".join(
        f"has {name} {there.get(name, 'of an unknown version')}, where {version} asks"
        for name, version in here.items()
        if there.get(name) != version
    )


def look(wanted: Mapping[str, str], opening: bytes, path: str) -> Look:
    """Look whether this process can build for who has these versions, and attends by that path.

    `opening` is what opens the cache, pickled: only the same version can read it.
    """
    host = platform.node()
    why = differences(about(), wanted)
    if why := why or _of_cache(pickle.loads(opening), path):  # noqa: S301  (Dask's are too)
        return Look(host=host, why_not=why)
    return Look(host=host, cores=room_of_machine().cores)


def _of_cache(opening: Opening, path: str) -> str:
    """Say why the cache directory is not the one that is meant, or does not do."""
    directory = opening.directory
    if not os.path.exists(path):
        return (
            f"does not share the cache directory {directory}: what is written to it here is not "
            "there. It must be the same directory, under the same path"
        )
    warnings: list[str] = []
    try:
        with opening(warnings.append) as cache:
            if not cache.is_present(path):
                return (
                    f"shares the cache directory {directory}, but not its locks. A mount over NFS "
                    "needs them: version 4, and neither nolock nor local_lock"
                )
            presence = cache.attend()
            presence.end()
    except (WheelwellError, OSError) as error:
        return f"cannot open the cache directory {directory}: {error}"
    if not presence.path.startswith(f"{directory}/"):
        told = f": {warnings[0]}" if warnings else ""
        return f"cannot write to the cache directory {directory}{told}"
    return ""
