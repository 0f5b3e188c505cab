"""Sources are looked at ahead of their builds, each once, and nobody waits for that."""

from __future__ import annotations

import threading
from concurrent.futures import wait

import pytest

from support.processes import wait_until
from wheelwell.errors import FetchError
from wheelwell.lists.wanted import Wanted
from wheelwell.request import parse_request
from wheelwell.warm.outlook import Outlook
from wheelwell.warm.task import Task


def task(name: str, python: str = "3.12") -> Task:
    return Task(wanted=Wanted(request=parse_request(f"{name}==1.0")), python=python)


def told(outlook: Outlook) -> dict[str, float]:
    wait(outlook._underway)
    return outlook.told()


def test_each_source_is_looked_at_once_for_all_pythons() -> None:
    looked: list[str] = []

    def look(at: Task) -> float:
        looked.append(at.name)
        return 7.0

    with Outlook(look) as outlook:
        outlook.begin([task("a"), task("a", "3.13")])
        assert told(outlook) == {"a==1.0 for 3.12": 7.0, "a==1.0 for 3.13": 7.0}
        assert outlook.told() == {}
    assert looked == ["a==1.0 for 3.12"]


def test_what_goes_wrong_is_left_to_the_build_and_the_rest_is_told() -> None:
    def look(at: Task) -> float | None:
        name = at.wanted.request.name
        if name == "gone":
            raise FetchError("https://example.org/gone", "no answer")
        if name == "unreadable":
            raise PermissionError
        return None if name == "directory" else 3.0

    with Outlook(look) as outlook:
        outlook.begin(map(task, ("gone", "unreadable", "directory", "good")))
        assert told(outlook) == {"good==1.0 for 3.12": 3.0}


def test_a_fault_of_ours_is_not_hidden() -> None:
    def look(_: Task) -> float:
        raise ZeroDivisionError

    with Outlook(look) as outlook:
        outlook.begin([task("a")])
        with pytest.raises(ZeroDivisionError):
            told(outlook)


def test_nobody_waits_for_it_and_who_leaves_leaves_it_undone() -> None:
    go_on = threading.Event()

    def look(_: Task) -> float:
        go_on.wait()
        return 1.0

    outlook = Outlook(look)
    outlook.begin(task(f"p{number}") for number in range(50))
    assert outlook.told() == {}
    leaving = threading.Thread(target=outlook.__exit__, args=(None, None, None))
    leaving.start()
    last = [*outlook._underway][-1]
    wait_until(last.cancelled)
    go_on.set()
    leaving.join()
