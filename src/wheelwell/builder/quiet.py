"""Quiet: work that has secrets is told of without them, and fails without them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from wheelwell.errors import BuildError, WheelwellError
from wheelwell.protocols import Reporter
from wheelwell.secret_variables import masking
from wheelwell.work import Work


def quiet(work: Work) -> Work:
    """Return work whose reporter hears no secret."""
    if not work.settings.secrets:
        return work
    return replace(work, reporter=_Masked(work.reporter, masking(work.settings.secrets.values())))


@contextlib.contextmanager
def masked(secrets: Mapping[str, str]) -> Iterator[None]:
    """Mask secrets in the errors that the block raises: an answer of the backend may hold some."""
    try:
        yield
    except WheelwellError as error:
        mask = masking(secrets.values())
        error.message, error.hint = mask(error.message), mask(error.hint)
        error.args = (error.message,)
        if isinstance(error, BuildError):
            error.lines = tuple(map(mask, error.lines))
        if secrets:
            raise error from None  # what it came from is not ours to mask
        raise


class _Masked(Reporter):
    """Tells another reporter what it is told, masked."""

    def __init__(self, reporter: Reporter, mask: Callable[[str], str]) -> None:
        self._reporter = reporter
        self._mask = mask

    def began(self, step: str, subject: str) -> None:
        """Tell of a step."""
        self._reporter.began(step, self._mask(subject))

    def advanced(self, done: int, total: int | None) -> None:
        """Tell how far a download is."""
        self._reporter.advanced(done, total)

    def logged(self, text: str) -> None:
        """Tell what the build wrote."""
        self._reporter.logged(self._mask(text))

    def warned(self, message: str) -> None:
        """Tell of what is not as it should be."""
        self._reporter.warned(self._mask(message))
