"""`Requires-Python`: whether a project is for a Python (PEP 345, 440)."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable

_NUMBERS = re.compile(r"[0-9]+(?:\.[0-9]+)*")
# Nine digits are more than any version has, and fewer than `int` refuses.
_PLAIN = re.compile(
    r"\s*(?:(>=|<=|>|<|!=)\s*([0-9]{1,9}(?:\.[0-9]{1,9})*)"
    r"|!=\s*(?P<series>[0-9]{1,9}(?:\.[0-9]{1,9})*)\.\*)\s*"
)
_COMPARES: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "!=": operator.ne,
}


@functools.lru_cache(maxsize=1024)
def admits(requires_python: str, version: str) -> bool:
    """Say whether `requires_python` admits the Python `version`; what cannot be read admits all.

    Nearly all projects say `>=X.Y`, `>=X.Y,<Z` or `>=2.7,!=3.0.*`: that is decided here, because
    `packaging` takes longer to import than a whole hit may take.
    """
    clauses = [_PLAIN.fullmatch(clause) for clause in requires_python.split(",") if clause.strip()]
    if not _NUMBERS.fullmatch(version) or not all(clauses):
        return _admits_by_packaging(requires_python, version)
    return all(_holds(clause, version) for clause in clauses if clause)


def _holds(clause: re.Match[str], version: str) -> bool:
    if series := clause["series"]:
        prefix = [*map(int, series.split("."))]
        numbers = [*map(int, version.split(".")), *[0] * len(prefix)]
        return numbers[: len(prefix)] != prefix
    return _COMPARES[clause[1]](_release(version), _release(clause[2]))


def _release(text: str) -> tuple[int, ...]:
    numbers = [int(number) for number in text.split(".")]
    while numbers and not numbers[-1]:  # 3.0 is 3 (PEP 440)
        numbers.pop()
    return tuple(numbers)


def _admits_by_packaging(requires_python: str, version: str) -> bool:
    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    if version.endswith("+"):  # between two releases; not a version as PEP 440 has it
        version += "local"
    try:
        return SpecifierSet(requires_python).contains(Version(version), prereleases=True)
    except ValueError:  # InvalidSpecifier and InvalidVersion are; and so is too long a number
        return True
