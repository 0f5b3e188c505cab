"""The doctor: every check in order, each on its own, so that none hides what another finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from wheelwell.diagnosis import Finding, Level
from wheelwell.errors import WheelwellError

Check = tuple[str, Callable[[], Iterable[Finding]]]
"""What is looked at, and what looks at it."""


def examine(checks: Iterable[Check]) -> Iterator[Finding]:
    """Make every check; one that cannot be made is a finding too."""
    for subject, check in checks:
        try:
            yield from check()
        except WheelwellError as error:
            yield Finding(
                level=Level.PROBLEM, subject=subject, text=error.message, remedy=error.hint
            )
        except (OSError, ValueError) as error:
            text = f"it could not be looked at: {error}"
            yield Finding(level=Level.PROBLEM, subject=subject, text=text)
