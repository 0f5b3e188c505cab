"""Preparation: one environment on its way, resolved first, then filled from wheels alone."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wheelwell.builder.frontends import Asked, Pip, Run, Uv
from wheelwell.builder.supervised import CommandFailed
from wheelwell.indexes import Network
from wheelwell.interpreter import Interpreter
from wheelwell.missing import RequirementsMissing
from wheelwell.wheel import Wheel


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What an environment is to hold, and where that comes from."""

    interpreter: Interpreter
    requirements: tuple[str, ...]
    """PEP 508, sorted."""

    constraints: tuple[str, ...]
    """PEP 508, sorted."""

    network: Network

    as_of: str = ""
    """The instant as of which they are resolved; empty for now."""

    wheels: tuple[Wheel, ...] = ()
    """Of requirements that no index has a wheel of."""


class Preparation:
    """One environment on its way."""

    def __init__(
        self, path: Path, wanted: Wanted, by: Uv | Pip, run: Run, *, has_index: bool
    ) -> None:
        self._path = path
        self._wanted = wanted
        self._by = by
        self._run = run
        self._has_index = has_index
        if isinstance(by, Pip):  # an interpreter of a distribution may have none of its own
            self._make()

    def resolve(self) -> list[str]:
        """Return all that is wanted, pinned."""
        if not self._wanted.requirements:
            return []
        within = self._within if isinstance(self._by, Pip) else self._wanted.interpreter.executable
        with self._asking() as asked:
            return self._by.resolve(asked, within, self._run, with_hashes=False)

    def fill(self, pins: Sequence[str]) -> str:
        """Install pins, from wheels alone; return what did it, with its version.

        Raises `RequirementsMissing` where there is no wheel of something. It is done in two steps:
        an installer that may build nothing would resolve to other versions.
        """
        if isinstance(self._by, Uv):
            self._make()
        if pins:
            with self._asking() as asked:
                self._install(pins, asked)
        return self._by.title

    @property
    def _within(self) -> str:
        return f"{self._path}/bin/python"

    def _make(self) -> None:
        """Make an empty environment."""
        python, path = self._wanted.interpreter.executable, str(self._path)
        if isinstance(self._by, Uv):
            uv = self._by.path
            self._run(uv, "venv", "--quiet", "--allow-existing", "--python", python, path)
            return
        bare = ["--without-pip"] if self._by.version else []
        self._run(python, "-I", "-m", "venv", *bare, path)

    def _install(self, pins: Sequence[str], asked: Asked) -> None:
        try:
            self._by.install(pins, asked, self._within, self._run)
        except CommandFailed:
            lacking = tuple(pin for pin in pins if not self._is_found(pin, asked))
            if not lacking:
                raise
            raise RequirementsMissing(lacking, as_of=self._wanted.as_of) from None

    def _is_found(self, pin: str, asked: Asked) -> bool:
        try:
            self._by.find(pin, asked, self._within, self._run)
        except CommandFailed:
            return False
        return True

    @contextlib.contextmanager
    def _asking(self) -> Iterator[Asked]:
        """Write down what is asked for, while the block runs."""
        place = self._path / "asked"
        place.mkdir()
        yield Asked(
            directory=place,
            requirements="".join(f"{each}\n" for each in self._wanted.requirements),
            constraints="".join(f"{each}\n" for each in self._wanted.constraints),
            links=_linked(self._wanted.wheels, place / "wheels"),
            has_index=self._has_index,
        )
        shutil.rmtree(place)


def _linked(wheels: Sequence[Wheel], directory: Path) -> Path | None:
    """Put wheels into a new directory, for an installer to find; None where there are none."""
    if not wheels:
        return None
    directory.mkdir()
    for wheel in wheels:
        shutil.copy(wheel.path, directory)
    return directory
