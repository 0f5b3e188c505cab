"""Reports of a warm-up: as JSON for programs, JUnit XML for CI, Markdown for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from wheelwell.outcome import Outcome, Result
from wheelwell.quantities import as_age

_LINES = 4
"""Of the telling lines of a failure, how many a summary shows."""


def to_json(outcomes: Sequence[Outcome], *, seconds: float) -> dict[str, Any]:
    """Return the whole report as JSON values."""
    return {
        "counts": counts(outcomes),
        "seconds": round(seconds, 3),
        "seconds_saved": round(saved(outcomes), 3),
        "outcomes": [outcome.to_json() for outcome in outcomes],
    }


def to_junit(outcomes: Sequence[Outcome], *, seconds: float) -> str:
    """Return the report as JUnit XML: a test case for each request and Python."""
    found = counts(outcomes)
    suite = ET.Element(
        "testsuite",
        name="wheelwell warm",
        tests=str(len(outcomes)),
        failures=str(found["failed"]),
        skipped=str(found["blocked"] + found["skipped"]),
        time=f"{seconds:.3f}",
    )
    for outcome in outcomes:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=f"python {outcome.python}".strip(),
            name=outcome.request,
            time=f"{outcome.seconds:.3f}",
        )
        if outcome.result is Result.FAILED:
            kind = str(outcome.failure or "")
            failure = ET.SubElement(case, "failure", type=kind, message=_first(outcome))
            failure.text = _printable(_told(outcome))
        elif outcome.result is Result.BLOCKED:
            ET.SubElement(case, "skipped", message=f"{outcome.blocked_by} has failed")
        elif outcome.result is Result.SKIPPED:
            ET.SubElement(case, "skipped", message=outcome.why)
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def to_markdown(outcomes: Sequence[Outcome], *, seconds: float) -> str:
    """Return a summary for people."""
    lines = ["# Warm-up", "", f"{sentence(outcomes, seconds=seconds)}.", ""]
    failed = [outcome for outcome in outcomes if not outcome.is_good]
    if failed:
        lines += ["## Failed", "", "| what | Python | kind | why |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{_cell(each.request)}` | {each.python} | {each.failure or each.result} "
            f"| {_cell(_first(each))} |"
            for each in failed
        ]
        lines.append("")
    built = [outcome for outcome in outcomes if outcome.result is Result.BUILT]
    if built:
        lines += ["## Built", "", "| wheel | Python | seconds |", "| --- | --- | --- |"]
        lines += [
            f"| `{each.wheel.filename if each.wheel else each.request}` | {each.python} "
            f"| {each.seconds:.1f} |"
            for each in built
        ]
        lines.append("")
    return "\n".join(lines)


def sentence(outcomes: Sequence[Outcome], *, seconds: float) -> str:
    """Say in one line what came of it."""
    found = counts(outcomes)
    parts = [f"{count} {_NAMES[name]}" for name, count in found.items() if count]
    told = ", ".join(parts) or "nothing was wanted"
    kept = saved(outcomes)
    spared = f"; whoever asks next is spared {as_age(kept)} of builds" if kept else ""
    return f"{told}, in {as_age(seconds)}{spared}"


def failures(outcomes: Iterable[Outcome]) -> list[str]:
    """Say of each failure what happened, in lines for people."""
    lines = []
    for outcome in outcomes:
        if outcome.result is Result.BLOCKED:
            lines.append(f"{_subject(outcome)}: not tried, because {outcome.blocked_by} has failed")
        elif outcome.result is Result.FAILED:
            lines += [f"{_subject(outcome)}: {outcome.failure}", *_details(outcome)]
    return lines


def counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Return how many outcomes there are of each result."""
    found = Counter(outcome.result for outcome in outcomes)
    return {result.value: found[result] for result in Result}


def saved(outcomes: Iterable[Outcome]) -> float:
    """Return the seconds of builds that the next one to ask is spared."""
    return sum(outcome.saves for outcome in outcomes)


_NAMES = {
    "built": "built",
    "hit": "were there",
    "upstream": "are upstream's",
    "wanted": "would be built",
    "skipped": "skipped",
    "failed": "failed",
    "blocked": "not tried",
}


def _details(outcome: Outcome) -> list[str]:
    error = outcome.error
    if error is None:
        return []
    message, *rest = error.message.splitlines()
    lines = [f"  {message}", *(f"  {line.strip()}" for line in rest[:_LINES])]
    if error.log:
        lines.append(f"  log: {error.log}")
    if error.hint:
        lines.append(f"  try: {error.hint}")
    return lines


def _subject(outcome: Outcome) -> str:
    return f"{outcome.request} for {outcome.python}" if outcome.python else outcome.request


def _first(outcome: Outcome) -> str:
    if outcome.result is Result.BLOCKED:
        return f"{outcome.blocked_by} has failed"
    return outcome.error.message.splitlines()[0] if outcome.error else ""


def _told(outcome: Outcome) -> str:
    return "\n".join(_details(outcome))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _printable(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return "".join(each if each.isprintable() or each in "\n\t" else "?" for each in text)
