"""Reports of a warm-up: as JSON for programs, JUnit XML for CI, Markdown for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as ET

from wheelwell.interpreter import Interpreter
from wheelwell.outcome import Outcome, Result
from wheelwell.pythons import names_of
from wheelwell.quantities import as_age
from wheelwell.remedy import remedy
from wheelwell.warm.failures import Trouble, listed, troubles

Pythons = Mapping[str, Interpreter]
"""The Pythons of a warm-up, by how they were asked for."""


def to_json(outcomes: Sequence[Outcome], pythons: Pythons, *, seconds: float) -> dict[str, Any]:
    """Return the whole report as JSON values."""
    names = names_of(pythons)
    return {
        "counts": counts(outcomes),
        "seconds": round(seconds, 3),
        "seconds_saved": round(saved(outcomes), 3),
        "pythons": {
            asked: {"name": names[asked], "version": each.version, "executable": each.executable}
            for asked, each in pythons.items()
        },
        "outcomes": [outcome.to_json() for outcome in outcomes],
    }


def to_junit(outcomes: Sequence[Outcome], pythons: Pythons, *, seconds: float) -> str:
    """Return the report as JUnit XML: a test case for each request and Python."""
    found, names = counts(outcomes), names_of(pythons)
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
            classname=f"python {names.get(outcome.python, outcome.python)}".strip(),
            name=outcome.request,
            time=f"{outcome.seconds:.3f}",
        )
        if outcome.result is Result.FAILED:
            [trouble] = troubles([outcome], names)
            failure = ET.SubElement(
                case,
                "failure",
                type=str(trouble.failure or ""),
                message=_printable(trouble.message),
            )
            failure.text = _printable("\n".join(trouble.text()))
        elif outcome.result is Result.BLOCKED:
            ET.SubElement(case, "skipped", message=f"{outcome.blocked_by} has failed")
        elif outcome.result is Result.SKIPPED:
            ET.SubElement(case, "skipped", message=_printable(outcome.why))
    ET.indent(suite)
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def to_markdown(outcomes: Sequence[Outcome], pythons: Pythons, *, seconds: float) -> str:
    """Return a summary for people."""
    names = names_of(pythons)
    lines = ["# Warm-up", "", f"{sentence(outcomes, seconds=seconds)}.", ""]
    if found := troubles(outcomes, names):
        lines += ["## Failed", "", "| what | Python | kind | why |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{_cell(each.request)}` | {', '.join(each.pythons)} | {each.failure} "
            f"| {_cell(each.message)} |"
            for each in found
        ]
        lines.append("")
        for each in found:
            lines += _section(each)
    degraded = [outcome for outcome in outcomes if outcome.is_degraded]
    if degraded:
        lines += ["## Degraded", ""]
        lines += [line for outcome in degraded for line in _lacking(outcome, names)]
    built = [outcome for outcome in outcomes if outcome.result is Result.BUILT]
    if built:
        lines += ["## Built", "", "| wheel | Python | seconds |", "| --- | --- | --- |"]
        lines += [
            f"| `{each.wheel.filename if each.wheel else each.request}` "
            f"| {names.get(each.python, each.python)} | {each.seconds:.1f} |"
            for each in built
        ]
        lines.append("")
    noted = [outcome for outcome in outcomes if outcome.note]
    if noted:
        lines += ["## Notes", ""]
        lines += [
            f"- `{each.request}` for {names.get(each.python, each.python)}: {each.note}"
            for each in noted
        ]
        lines.append("")
    return "\n".join(lines)


def sentence(outcomes: Sequence[Outcome], *, seconds: float) -> str:
    """Say in one line what came of it."""
    found = counts(outcomes)
    said = {**_NAMES, "failed": f"failed{_kinds(outcomes)}"}
    parts = [f"{count} {said[name]}" for name, count in found.items() if count]
    kept, lacking = saved(outcomes), sum(outcome.is_degraded for outcome in outcomes)
    less = f"; {lacking} of the wheels {'is' if lacking == 1 else 'are'} degraded"
    spared = f"; whoever asks next is spared {as_age(kept)} of builds"
    told = f"{', '.join(parts) or 'nothing was wanted'}, in {as_age(seconds)}"
    return f"{told}{less if lacking else ''}{spared if kept else ''}"


def failures(outcomes: Sequence[Outcome], pythons: Pythons) -> Iterator[str]:
    """Yield a block of lines for each failure."""
    for trouble in troubles(outcomes, names_of(pythons)):
        yield "\n".join(trouble.text())


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


def _kinds(outcomes: Iterable[Outcome]) -> str:
    """Say of which kinds failures are, and how many of each where there are several."""
    kinds = Counter(outcome.failure for outcome in outcomes if outcome.failure)
    counted = [f"{count} {kind}" for kind, count in kinds.most_common()]
    return f" ({', '.join(counted if len(kinds) > 1 else kinds)})" if kinds else ""


def _section(trouble: Trouble) -> Iterator[str]:
    yield f"### {trouble.subject}"
    yield ""
    if trouble.lines:
        yield from ("```text", *trouble.lines, "```", "")
    if trouble.hint:
        yield from (f"- to try: {trouble.hint}",)
    if trouble.blocked:
        yield f"- not tried because of it: {listed(trouble.blocked)}"
    yield from (f"- log: `{log}`" for log in trouble.logs)
    yield ""


def _lacking(outcome: Outcome, names: Mapping[str, str]) -> Iterator[str]:
    assert outcome.wheel is not None
    evidence = outcome.wheel.evidence
    yield f"### {outcome.wheel.filename} for {names.get(outcome.python, outcome.python)}"
    yield ""
    yield from ("```text", *evidence, "```", "", f"- to try: {remedy(evidence)}", "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _printable(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return "".join(each if each.isprintable() or each in "\n\t" else "?" for each in text)
