"""What looks after a cache, put together, and who may use which cache directory."""

from __future__ import annotations

import os
import shlex
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from wheelwell.config import Configuration
from wheelwell.errors import Unwritable
from wheelwell.store import modes, ours
from wheelwell.store.layout import Layout
from wheelwell.store.owner import Use, Verdict, judge

if TYPE_CHECKING:
    from wheelwell.store.inventory import Stored
    from wheelwell.store.upkeep import Upkeep


def judged(root: str, configuration: Configuration) -> Verdict:
    """Decide what may be done with a cache directory, by what the user says of it."""
    verdict = judge(
        root,
        configuration.environ,
        is_trusted=configuration.is_owner_trusted,
        is_shared=configuration.is_shared,
    )
    if verdict.use is not Use.NONE and (name := ours.foreign(root)):
        why = f"it is no cache, and holds something else that is called {name}"
        return Verdict(use=Use.NONE, why=why, remedy="name another with --cache-dir")
    return verdict


def unshared(root: str) -> str:
    """Return what lets a group share a cache directory that is not shared yet; empty if it is."""
    if modes.is_shared(root) or not os.path.isdir(root):
        return ""
    quoted = shlex.quote(root)
    return f"chmod -R g+rwX {quoted} && find {quoted} -type d -exec chmod 2770 {{}} +"


def examine(configuration: Configuration) -> tuple[str, str]:
    """Say whether the cache directory can be used (`yes`, `read-only`, `no`), and why not.

    Where it is used because its owner is trusted, that is said too. Nothing is made.
    """
    verdict = judged(configuration.cache_dir, configuration)
    return verdict.use.value, str(verdict) or verdict.trusted


def open_upkeep(
    configuration: Configuration,
    *,
    writes: bool = False,
    warn: Callable[[str], None] | None = None,
) -> Upkeep:
    """Return what looks after the configured cache directory, which need not be there.

    Raises `Unwritable` where the directory must not be used; one that is only read can be seen,
    unless something is to be written (`writes`) or removed.
    """
    root = configuration.cache_dir
    verdict = judged(root, configuration)
    if verdict.use is Use.NONE:
        raise Unwritable(
            f"the cache directory {root} is not used: {verdict.why}", hint=verdict.remedy
        )
    if writes and verdict.use is Use.READ_ONLY:
        raise Unwritable(
            f"the cache directory {root} is only read: {verdict.why}", hint=verdict.remedy
        )
    return upkeep_of(Layout(root), warn or warnings.warn)


def upkeep_of(layout: Layout, warn: Callable[[str], None]) -> Upkeep:
    """Return what looks after a cache directory, whoever owns it."""
    from wheelwell.builder.builder import end_leftovers
    from wheelwell.store.upkeep import Upkeep

    return Upkeep(layout, check=problems_of, clear=end_leftovers, warn=warn)


def problems_of(stored: Stored) -> list[str]:
    """Return what is wrong with a stored wheel: its own `RECORD`, or our record of it."""
    from wheelwell.builder.check import check
    from wheelwell.errors import InvalidWheel
    from wheelwell.identity import Identity

    name, version = str(stored.record.inputs["name"]), str(stored.record.inputs["version"])
    identity = Identity(name=name, version=version)
    try:
        native = check(Path(stored.entry.path), identity=identity, interpreter=None).native
    except InvalidWheel as error:
        return list(error.lines)
    return [] if native == stored.record.native else ["its record tells of other native code"]
