"""The doctor: every check in order, each on its own, so that none hides what another finds."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator

from wheelwell.builder import examination as tools
from wheelwell.builder.frontends import find_uv
from wheelwell.builder.interpreters import Interpreters
from wheelwell.compose.upkeep import judged, unshared, upkeep_of
from wheelwell.config import Configuration
from wheelwell.diagnosis import Finding, Level
from wheelwell.errors import WheelwellError
from wheelwell.interpreter import Interpreter
from wheelwell.limits import Limits
from wheelwell.store import examination
from wheelwell.store.layout import Layout
from wheelwell.store.overlay import OverlayMemory
from wheelwell.store.owner import Use, Verdict

Check = tuple[str, Callable[[], Iterable[Finding]]]
"""What is looked at, and what looks at it."""


def diagnose(configuration: Configuration, *, fixes: bool = False) -> Iterator[Finding]:
    """Look at the cache, its disk and what builds need, and yield what is found.

    With `fixes` what is safe to mend is mended. The cache need not be there, nor be usable.
    """
    layout = Layout(configuration.cache_dir)
    verdict = judged(layout.root, configuration)
    is_there = os.path.isdir(layout.root)
    is_written = verdict.use is Use.FULL and is_there

    def sweep() -> int:
        return upkeep_of(layout, warnings.warn).collect(Limits()).freed

    checks: list[Check] = [
        ("configuration", lambda: _told(configuration)),
        ("cache directory", lambda: [_usable(layout.root, verdict, is_there=is_there)]),
        ("file system", lambda: examination.disk(layout.root)),
    ]
    if is_written:
        checks += [
            ("locks", lambda: examination.abilities(layout)),
            ("marker", lambda: examination.markers(layout, fixes=fixes)),
            (
                "leftovers",
                lambda: examination.leftovers(layout, sweep=sweep if fixes else None),
            ),
        ]
    if is_there and verdict.use is not Use.NONE:
        checks.append(("contents", lambda: examination.contents(layout)))
    checks += [
        ("tools", lambda: tools.tools(configuration.environ)),
        ("installer", lambda: [_installer_found(configuration)]),
        ("python", lambda: [tools.python(_python(configuration))]),
    ]
    return _each(checks)


def _told(configuration: Configuration) -> Iterator[Finding]:
    for warning in configuration.warnings:
        yield Finding(level=Level.WARNING, subject="configuration", text=warning)
    for root in configuration.layers:
        verdict = judged(root, configuration)
        if not os.path.isdir(root):
            text = f"the layer {root} is not there"
            yield Finding(level=Level.WARNING, subject="layers", text=text)
        elif verdict.use is Use.NONE:
            text = f"the layer {root} is not used: {verdict.why}"
            yield Finding(level=Level.WARNING, subject="layers", text=text)
        else:
            found = examination.disk(root)
            yield from (each for each in found if each.subject == "file system" and each.remedy)
    if configuration.is_shared and (remedy := unshared(configuration.cache_dir)):
        text = "shared = group is set, and the cache directory is not shared"
        yield Finding(level=Level.WARNING, subject="shared", text=text, remedy=remedy)
    shown = ", ".join(configuration.indexes.named()["urls"]) or "none"
    yield Finding(level=Level.OK, subject="indexes", text=shown)


def _usable(root: str, verdict: Verdict, *, is_there: bool) -> Finding:
    levels = {Use.FULL: Level.OK, Use.READ_ONLY: Level.WARNING, Use.NONE: Level.PROBLEM}
    why = verdict.why or verdict.trusted
    text = f"{root}: {why}" if why else root + ("" if is_there else " (not there yet)")
    return Finding(
        level=levels[verdict.use], subject="cache directory", text=text, remedy=verdict.remedy
    )


def _installer_found(configuration: Configuration) -> Finding:

    if path := find_uv(configuration.environ):
        return Finding(level=Level.OK, subject="uv", text=path)
    return Finding(
        level=Level.NOTE,
        subject="uv",
        text="it is not here: pip fills build environments, several times slower",
        remedy="pip install uv, or install wheelwell[uv]",
    )


def _python(configuration: Configuration) -> Interpreter:
    memory = OverlayMemory(None)
    interpreters = Interpreters(memory, configuration.environ, configuration.directory)
    return interpreters.find(configuration.python or sys.executable)


def _each(checks: Iterable[Check]) -> Iterator[Finding]:
    """Make every check; one that cannot be made is a finding too."""
    for subject, check in checks:
        try:
            yield from check()
        except WheelwellError as error:
            yield Finding(
                level=Level.PROBLEM, subject=subject, text=error.message, remedy=error.hint
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            text = f"it could not be looked at: {error}"
            yield Finding(level=Level.PROBLEM, subject=subject, text=text)
