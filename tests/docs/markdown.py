"""Reading the documentation: its pages, and what is in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
SOURCES = sorted((ROOT / "src").rglob("*.py"))

_FENCE = re.compile(
    r"(?:^<!-- example: (?P<note>[^\n]*?) -->\n)?"
    r"^(?P<fence>```+)(?P<language>\w*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_HEADING = re.compile(r"^(#+) (.*)$", re.MULTILINE)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_SPAN = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """A fenced block of code."""

    language: str
    text: str
    line: int
    """Of its fence, from 1."""

    note: str
    """What the comment `<!-- example: … -->` before it says; mostly nothing."""


def pages() -> list[Path]:
    """Return every page of the documentation, the README first."""
    return [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]


def name_of(page: Path) -> str:
    """Return a page's name, for a test's identity."""
    return page.relative_to(ROOT).as_posix()


def read(page: Path) -> str:
    """Return a page's text."""
    return page.read_text(encoding="utf-8")


def blocks(page: Path) -> list[Block]:
    """Return the blocks of code of a page."""
    text = read(page)
    return [
        Block(
            language=found["language"],
            text=found["text"],
            line=text[: found.start("fence")].count("\n") + 1,
            note=found["note"] or "",
        )
        for found in _FENCE.finditer(text)
    ]


def prose(page: Path) -> str:
    """Return a page's text without its blocks of code."""
    return _FENCE.sub("", read(page))


def section(page: Path, heading: str) -> str:
    """Return what stands under a heading, up to the next one of the same rank; code included."""
    text = read(page)
    found = [each for each in _HEADING.finditer(text) if each[2] == heading]
    assert len(found) == 1, f"{name_of(page)} has {len(found)} headings {heading!r}"
    rest = text[found[0].end() :]
    ends = [each.start() for each in _HEADING.finditer(rest) if len(each[1]) <= len(found[0][1])]
    return rest[: ends[0]] if ends else rest


def rows(text: str) -> list[list[str]]:
    """Return the cells of all tables in a text, row by row, without heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    heads = {n for n, row in enumerate(cells) if n + 1 < len(cells) and _is_rule(cells[n + 1])}
    return [row for n, row in enumerate(cells) if n not in heads and not _is_rule(row)]


def spans(text: str) -> list[str]:
    """Return what a text has in code spans, in its order."""
    return _SPAN.findall(text)


def firsts(text: str) -> list[str]:
    """Return the code spans in the first cells of a text's tables."""
    return [span for row in rows(text) for span in spans(row[0])]


def links(page: Path) -> list[str]:
    """Return the targets of a page's links."""
    return _LINK.findall(_SPAN.sub("", prose(page)))


def anchors(page: Path) -> set[str]:
    """Return the names by which the headings of a page can be linked to."""
    found = (heading.replace("`", "").lower() for _, heading in _HEADING.findall(prose(page)))
    return {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in found}


def _is_rule(row: list[str]) -> bool:
    return all(re.fullmatch(r":?-+:?", cell) for cell in row)
