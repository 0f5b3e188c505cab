"""Pins: a requirements file of what lies in a wheelhouse, for each Python, with its hashes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from wheelwell.outcome import Outcome

MARK = "# What lies in this directory, as `wheelwell warm --wheelhouse` has put it there."
"""The first line, by which it is known."""

_HEAD = f"""{MARK}
# To install all of it, without an index: pip install -r FILE, or uv pip install -r FILE
--no-index
--find-links .
"""

_TELLING = (
    ("python_version",),
    ("implementation_name", "python_version"),
    ("implementation_name", "python_full_version"),
)
"""Markers that tell Pythons apart, the simplest first."""


def pins(outcomes: Iterable[Outcome], environments: Mapping[str, Mapping[str, str]]) -> str:
    """Return the text of the file; `environments` are the markers of each Python (PEP 508)."""
    found = [
        outcome
        for outcome in outcomes
        if outcome.python in environments and not outcome.needed_by  # those are not collected
    ]
    conditions = _conditions(environments)
    lines = [line for of in _projects(found) for line in _lines(of, conditions)]
    missing = [
        f"# not here: {outcome.request} for {outcome.python} ({outcome.failure or outcome.result})"
        for outcome in found
        if outcome.wheel is None
    ]
    return "\n".join([_HEAD, *lines, *dict.fromkeys(missing)]).rstrip() + "\n"


@dataclass(slots=True)
class _Pin:
    """One version of a project, and where it is wanted."""

    name: str
    version: str
    conditions: dict[str, None] = field(default_factory=dict)
    hashes: dict[str, None] = field(default_factory=dict)


def _projects(outcomes: Sequence[Outcome]) -> Iterator[list[Outcome]]:
    """Yield what was collected, project by project."""
    found: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.wheel is not None:
            found[outcome.wheel.name].append(outcome)
    for name in sorted(found):
        yield found[name]


def _lines(outcomes: Sequence[Outcome], conditions: Mapping[str, str]) -> Iterator[str]:
    by_version: dict[str, _Pin] = {}
    taken: dict[str, str] = {}
    for outcome in outcomes:
        wheel = outcome.wheel
        assert wheel is not None
        condition = conditions[outcome.python]
        if taken.setdefault(condition, wheel.version) != wheel.version:
            yield f"# for {outcome.python}: {wheel.name}=={wheel.version}, which no marker tells"
            continue
        pin = by_version.setdefault(wheel.version, _Pin(wheel.name, wheel.version))
        pin.conditions[condition] = None
        pin.hashes[wheel.sha256] = None
        if outcome.sdist:
            pin.hashes[outcome.sdist.sha256] = None
    everywhere = set(conditions.values())
    for pin in by_version.values():
        is_everywhere = everywhere == set(pin.conditions)
        marker = "" if is_everywhere else f" ; {' or '.join(pin.conditions)}"
        hashes = "".join(f" \\\n    --hash=sha256:{each}" for each in pin.hashes)
        yield f"{pin.name}=={pin.version}{marker}{hashes}"


def _conditions(environments: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Return for each Python a marker that holds for it, and for no other if that can be said."""
    found: dict[str, str] = {}
    for names in _TELLING:
        found = {
            python: " and ".join(f'{name} == "{environment.get(name, "")}"' for name in names)
            for python, environment in environments.items()
        }
        if len(set(found.values())) == len(found):
            break
    return found
