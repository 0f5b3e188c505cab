"""The watch over a warm-up: a live view on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Self

from wheelwell.cli import print_json, warm_lines, warm_view
from wheelwell.cli.lines import Lines
from wheelwell.cli.screen import Screen, is_colored, is_terminal
from wheelwell.cli.warm_state import Busy, State
from wheelwell.outcome import Outcome, subject_of
from wheelwell.protocols import Reporter
from wheelwell.schedule import Standing
from wheelwell.warm.run import Watch
from wheelwell.warm.task import Task


class Watching(Watch):
    """Shows a warm-up on standard error, and prints its outcomes on standard output.

    `quiet` leaves all of it out but warnings; `json` prints outcomes as objects. Threads share it.
    """

    def __init__(self, *, quiet: bool, json: bool) -> None:
        self._quiet = quiet
        self._json = json
        self._lock = threading.Lock()
        self._state = State()
        self._names: Mapping[str, str] = {}
        self._is_told = not quiet and not json
        self._is_live = self._is_told and is_terminal(sys.stderr)
        self._is_colored = is_colored(sys.stderr)
        self._place: Screen | Lines = (
            Screen(sys.stderr, self._drawn) if self._is_live else Lines(sys.stderr, self._due)
        )

    def __enter__(self) -> Self:
        if self._is_told:
            self._place.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._place.stop()

    @property
    def state(self) -> State:
        """How the warm-up stands."""
        return self._state

    def name(self, pythons: Mapping[str, str]) -> None:
        """Take the names of Pythons, by how they were asked for."""
        self._names = pythons

    def begin(self, *, total: int, slots: int) -> None:
        """Say how much there is to do, and how much of it at once."""
        with self._lock:
            self._state = State(total=total, slots=slots)
        if not total and not self._quiet:
            self._say("nothing is wanted for these Pythons")

    @contextlib.contextmanager
    def doing(self, step: str, subject: str, python: str) -> Iterator[None]:
        """Say what is done before the warm-up begins, as long as the block lasts."""
        busy = Busy(
            what=subject,
            python=self._names.get(python, python),
            since=time.monotonic(),
            step=step,
            is_told=True,
        )
        with self._lock:
            self._state = State(running={"": busy})
        self._say_plain(warm_lines.begun(busy))
        try:
            yield
        finally:
            with self._lock:
                self._state = State()

    def tell_each(self, found: Iterator[Outcome]) -> Iterator[Outcome]:
        """Tell of each outcome as it comes."""
        for outcome in found:
            with self._lock:
                self._state = self._state.ended(outcome.name, outcome.result)
            if self._json:
                print_json(outcome.to_json())
            elif not self._quiet:
                subject = subject_of(outcome.request, outcome.needed_by)
                name = self._named(subject, outcome.python)
                self._print(warm_lines.of_outcome(outcome, name, self._state))
            yield outcome

    def started(self, task: Task, cores: int, seconds: float | None) -> None:
        """Show that a task began."""
        busy = Busy(
            what=subject_of(task.wanted.request.text, task.needed_by),
            python=self._names.get(task.python, task.python),
            since=time.monotonic(),
            cores=cores,
            before=seconds,
        )
        with self._lock:
            self._state = self._state.started(task.name, busy)

    def progressed(self, standing: Standing) -> None:
        """Show how far the schedule is."""
        with self._lock:
            self._state = self._state.progressed(standing)

    def reporter(self, task: Task) -> Reporter:
        """Return what shows the steps of a task."""
        return _Steps(self, task)

    def stepped(self, task: Task, step: str) -> None:
        """Show that a step of a task began; hits and the like go by unsaid."""
        with self._lock:
            self._state = self._state.stepped(task.name, step, time.monotonic())
            busy = self._state.running.get(task.name)
            if step == "building":
                self._state = self._state.told(task.name)
        if step == "building" and busy:
            self._say_plain(warm_lines.begun(busy))

    def warn(self, message: str, task: Task | None = None) -> None:
        """Say that something is not as it should be."""
        of = f"{self._named(task.wanted.request.text, task.python)}: " if task else ""
        self._say(f"warning: {of}{message}")

    def say(self, message: str) -> None:
        """Say something that is as it should be."""
        if self._is_told:
            self._say(message)

    def _named(self, request: str, python: str) -> str:
        name = self._names.get(python, python)
        return f"{request} for {name}" if name else request

    def _say(self, text: str) -> None:
        self._place.write(text)

    def _say_plain(self, text: str) -> None:
        """Write a line where there is no view that shows the same."""
        if self._is_told and not self._is_live:
            self._place.write(text)

    def _print(self, text: str) -> None:
        """Print what the caller asked for; on a terminal it must not tear the view."""
        if self._is_live and not sys.stdout.isatty():
            print(text, flush=True)
        else:
            self._place.write(text, sys.stdout)

    def _drawn(self, size: os.terminal_size) -> list[str]:
        now = time.monotonic()
        return warm_view.draw(self._state, now=now, size=size, is_colored=self._is_colored)

    def _due(self, silence: float) -> list[str]:
        """Return what there is to say where there is no view."""
        with self._lock:
            lines, self._state = warm_lines.due(self._state, time.monotonic(), silence)
        return lines


class _Steps(Reporter):
    def __init__(self, watch: Watching, task: Task) -> None:
        self._watch = watch
        self._task = task

    def began(self, step: str, subject: str) -> None:  # noqa: ARG002
        self._watch.stepped(self._task, step)

    def warned(self, message: str) -> None:
        self._watch.warn(message, self._task)
