"""The plan of a warm-up: what is to be done, and what has been, so that it can be gone on with.

It is kept as lines of JSON: what was asked for, a line for each task, then one for each that is
done, and at last one that says that it is over. The wheels themselves are what counts: a plan saves
asking again what a list comes to and what upstream has, and says what was rebuilt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from wheelwell.digest import sha256_of
from wheelwell.lists.wanted import File, Wanted
from wheelwell.outcome import Outcome, Result
from wheelwell.protocols import Plans
from wheelwell.request import Request
from wheelwell.urls import without_credentials
from wheelwell.warm.task import Task

_SCHEMA = 1

_SECRET = re.compile(r"(?<=://)[^/\s]*@|\?[^#\s]*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What was asked for."""

    words: tuple[str, ...]
    """The command's words, without credentials."""

    directory: str
    """The working directory of who asked."""

    lists: str = ""
    """A digest of what the lists said then, which may have changed since."""

    is_whole: bool = True
    """Whether nothing was left out of the words, such as credentials."""

    @property
    def name(self) -> str:
        """What tells it from everything else that may be asked for."""
        return sha256_of([self.words, self.directory, self.lists])[:32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A plan as it was when it was read or begun."""

    asked: Asked
    begun_at: float
    """In seconds since 1970."""

    tasks: tuple[Task, ...]
    done: Mapping[str, Result] = field(default_factory=dict)
    """By the names of the tasks."""

    is_over: bool = False

    @property
    def left(self) -> int:
        """How many tasks are not done, or have failed."""
        return sum(not _is_good(self.done.get(task.name)) for task in self.tasks)


def asked(words: Sequence[str], directory: str, lists: Iterable[str]) -> Asked:
    """Return what is asked for, as it may be written down."""
    told = tuple(map(_bare, words))
    is_whole = told == tuple(words)
    return Asked(words=told, directory=directory, lists=sha256_of([*lists]), is_whole=is_whole)


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan that is written on, as far as there is where to."""

    plans: Plans
    plan: Plan

    def note(self, task: Task, outcome: Outcome) -> None:
        """Write down what became of a task."""
        line = {"done": task.name, "result": outcome.result.value}
        self.plans.add(self.plan.asked.name, line)

    def end(self) -> None:
        """Write down that all was tried."""
        self.plans.add(self.plan.asked.name, {"is_over": True})


def begin(plans: Plans, asked: Asked, tasks: Sequence[Task], *, now: float) -> Kept | None:
    """Write a new plan. One whose tasks need credentials is not written: they are kept nowhere."""
    if not all(_is_shown(task.wanted) for task in tasks):
        return None
    head = {"schema": _SCHEMA, "begun_at": now, **asdict(asked)}
    plans.begin(asked.name, [head, *map(_line, tasks)])
    return Kept(plans, Plan(asked=asked, begun_at=now, tasks=tuple(tasks)))


def find(plans: Plans, name: str) -> Plan | None:
    """Return a plan by the name of what was asked for, or None where none can be read."""
    try:
        return _plan(plans.read(name))
    except (KeyError, TypeError, ValueError):
        return None


def last(plans: Plans) -> Plan | None:
    """Return the plan that was written to last, or None where there is none."""
    found = (find(plans, name) for name in plans.names())
    return next((plan for plan in found if plan is not None), None)


def _plan(lines: Sequence[Any]) -> Plan | None:
    if not lines or lines[0]["schema"] != _SCHEMA:
        return None
    head, *others = lines
    return Plan(
        asked=Asked(
            words=tuple(map(str, head["words"])),
            directory=str(head["directory"]),
            lists=str(head["lists"]),
            is_whole=head["is_whole"] is True,
        ),
        begun_at=float(head["begun_at"]),
        tasks=tuple(_task(line) for line in others if "task" in line),
        done={str(line["done"]): Result(line["result"]) for line in others if "done" in line},
        is_over=any(line.get("is_over") for line in others),
    )


def _line(task: Task) -> dict[str, Any]:
    wanted = task.wanted
    request = {name: value for name, value in asdict(wanted.request).items() if value}
    return {
        "task": request,
        "python": task.python,
        "filenames": wanted.filenames,
        "is_told": wanted.is_told,
        "files": wanted.files,
    }


def _task(line: Mapping[str, Any]) -> Task:
    request = Request(**{name: _frozen(value) for name, value in line["task"].items()})
    wanted = Wanted(
        request=request,
        filenames=tuple(map(str, line["filenames"])),
        is_told=line["is_told"] is True,
        files=tuple(File(*_frozen(each)) for each in line["files"]),
    )
    return Task(wanted=wanted, python=str(line["python"]))


def _frozen(value: Any) -> Any:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def _is_shown(wanted: Wanted) -> bool:
    urls = (wanted.request.url, *(file.url for file in wanted.files))
    return all(without_credentials(url) == url for url in urls)


def _bare(word: str) -> str:
    """Return a word without what may be secret in its URL: who asks, and the query."""
    return _SECRET.sub("", word) if "://" in word else word


def _is_good(result: Result | None) -> bool:
    return result not in {None, Result.FAILED, Result.BLOCKED}
