"""Pythons are shown shortly, and never alike."""

from __future__ import annotations

from dataclasses import replace

from support.values import CPYTHON_313
from wheelwell.pythons import names_of

PATCH = replace(CPYTHON_313, version="3.13.4", executable="/opt/python3.13")
OLDER = replace(CPYTHON_313, version="3.12.1", soabi="cpython-312-x86_64-linux-gnu")
FREE = replace(CPYTHON_313, soabi="cpython-313t-x86_64-linux-gnu")
PYPY = replace(CPYTHON_313, implementation="pypy", version="3.11.13", soabi="pypy311-pp73")


def test_a_python_is_called_by_its_series() -> None:
    found = {"/usr/bin/python3.13": CPYTHON_313, "venv": OLDER, "3.13t": FREE, "pypy": PYPY}
    assert names_of(found) == {
        "/usr/bin/python3.13": "3.13",
        "venv": "3.12",
        "3.13t": "3.13t",
        "pypy": "pypy3.11",
    }


def test_those_of_one_series_are_told_apart() -> None:
    assert names_of({"a": CPYTHON_313, "b": PATCH, "c": OLDER}) == {
        "a": "3.13.0",
        "b": "3.13.4",
        "c": "3.12",
    }


def test_those_of_one_version_are_called_as_they_were_asked_for() -> None:
    assert names_of({"3.13": CPYTHON_313, "/venv": CPYTHON_313, "c": OLDER}) == {
        "3.13": "3.13",
        "/venv": "/venv",
        "c": "3.12",
    }
