"""Tables: columns that line up, and fit the terminal where there is one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

_GAP = 2
_LEAST = 8
"""To how many columns a cell may be cut."""


def table(
    rows: Sequence[Sequence[str]], *, width: int | None = None, right: Collection[int] = ()
) -> Iterator[str]:
    """Yield the lines of a table; cells of the widest columns are cut where it is too wide.

    `right` are the columns whose cells end, rather than begin, below each other.
    """
    widths = [0] * len(rows[0])
    for row in rows:
        widths = [max(wide, len(cell)) for wide, cell in zip(widths, row, strict=True)]
    if width is not None:
        _fit(widths, width)
    for row in rows:
        cells = [
            _cut(cell, wide).rjust(wide) if number in right else _cut(cell, wide).ljust(wide)
            for number, (cell, wide) in enumerate(zip(row, widths, strict=True))
        ]
        yield (" " * _GAP).join(cells).rstrip()


def printable(text: str) -> str:
    """Return a text without what a terminal would obey: a record may hold anything."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def _fit(widths: list[int], width: int) -> None:
    """Narrow the widest columns until all of them fit, or are as narrow as they may be."""
    while sum(widths) + _GAP * (len(widths) - 1) > width:
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= _LEAST:
            return
        widths[widest] -= 1


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else f"{cell[: width - 1]}…"
