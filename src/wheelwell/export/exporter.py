"""An export: entries go to one place in one form, and it is complete at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Self, Unpack

from wheelwell.errors import (
    DamagedWheel,
    Degraded,
    ExportError,
    UsageError,
    WheelwellError,
)
from wheelwell.export import FORMS
from wheelwell.export.item import Exported, Form, Item
from wheelwell.options import Choices
from wheelwell.pattern import Pattern
from wheelwell.request import Request

if TYPE_CHECKING:
    from wheelwell.export.means import Means
    from wheelwell.interpreter import Interpreter
    from wheelwell.store.entry import Entry

Find = Callable[..., Item]
"""Returns the item that a request names; nothing is built."""


@dataclass(frozen=True, slots=True)
class Export:
    """An export that is going on. Leaving the `with` block makes it complete."""

    form: Form
    means: Means
    find: Find

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is None:
            self.form.finish()
        else:
            self.form.abandon()

    def add(self, request: str | Request, **choices: Unpack[Choices]) -> Exported:
        """Export the wheel that a request names; nothing is built.

        Raises as `WheelCache.get` does (`NotInCache` where it would be built), and `ExportError`.
        """
        return self._put(self.find(request, choices))

    def add_matching(
        self, *patterns: Pattern, is_native_required: bool = False
    ) -> Iterator[Exported | WheelwellError]:
        """Export the entries that one of the patterns means; without patterns, all.

        Of builds that would have the same file name, the one that was built last goes. Gives an
        error in place of each entry that cannot go, and of each that is degraded where such are
        refused.
        """
        for item in _newest_first(self.means.entries(*patterns)):
            record = item.record
            if is_native_required and record.degraded == "yes":
                yield Degraded(f"{item.name} {item.version}", evidence=record.evidence)
                continue
            try:
                yield self._put(item)
            except ExportError as error:
                yield error

    def _put(self, item: Item) -> Exported:
        try:
            return self.form.put(item)
        except DamagedWheel:
            self.means.set_aside(item.wheel)
            raise
        except FileNotFoundError as error:
            if error.filename not in {item.wheel, item.log}:
                raise
            raise ExportError(
                f"{error.filename} is gone: it was removed just now, or is damaged",
                hint="`wheelwell get` builds it again",
            ) from error


def make_form(
    form: str,
    into: str | os.PathLike[str] | BinaryIO,
    means: Means,
    interpreter: Callable[[], Interpreter],
    *,
    is_forced: bool,
) -> Form:
    """Return a form by its name. Raises `UsageError`, `ExportError`."""
    if form == "tar":
        from wheelwell.export.tar import Tar

        return Tar(
            os.fspath(into) if isinstance(into, str | os.PathLike) else into,
            means,
            is_forced=is_forced,
        )
    if not isinstance(into, str | os.PathLike):
        raise UsageError("only a tar can be written to a stream")
    directory = os.fspath(into)
    if form == "pip-cache":
        return _pip_cache(directory, means, interpreter(), is_forced=is_forced)
    if not directory:
        raise UsageError("where to is not said", hint="name a directory (-o DIR)")
    if form == "dir":
        from wheelwell.export.folder import Folder

        return Folder(directory, is_forced=is_forced)
    if form == "index":
        from wheelwell.export.static_index import StaticIndex

        return StaticIndex(directory, exclusively=means.exclusively, is_forced=is_forced)
    raise UsageError(f"{form!r} is no form of export", hint=f"one of {', '.join(FORMS)}")


def _pip_cache(directory: str, means: Means, interpreter: Interpreter, *, is_forced: bool) -> Form:
    from wheelwell.export.pip import find_pip
    from wheelwell.export.pip_cache import PipCache

    pip = find_pip(interpreter.executable, means.environ)
    return PipCache(directory, pip, interpreter, is_forced=is_forced)


def _newest_first(entries: Iterator[Entry]) -> Iterator[Item]:
    """Yield a project's entries by when they were built; projects come as they are."""
    project: list[Item] = []
    for entry in entries:
        item = Item(record=entry.record, wheel=entry.path, log=entry.log)
        if project and project[0].name != item.name:
            yield from _sorted(project)
            project = []
        project.append(item)
    yield from _sorted(project)


def _sorted(items: list[Item]) -> list[Item]:
    by_key = sorted(items, key=lambda item: item.record.key)
    return sorted(by_key, key=lambda item: item.record.observed.built_at, reverse=True)
