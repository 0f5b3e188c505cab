"""TOML values as they should be: tables, lists of tables and texts, or an error that says which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Unreadable(Exception):
    """A list is not of the form that its format demands; `str` says what is wrong."""


def table(value: Any, about: str) -> Mapping[str, Any]:
    """Return a TOML table. Raises `Unreadable`."""
    if not isinstance(value, Mapping):
        raise Unreadable(f"{about} is no table")
    return value


def tables(value: Any, about: str) -> list[Mapping[str, Any]]:
    """Return a list of TOML tables; None is none. Raises `Unreadable`."""
    if not isinstance(value, list) and value is not None:
        raise Unreadable(f"{about} is no list")
    return [table(each, about) for each in value or ()]


def text(of: Mapping[str, Any], name: str, about: str) -> str:
    """Return a text of a table, empty where it is not there. Raises `Unreadable`."""
    value = of.get(name, "")
    if not isinstance(value, str):
        raise Unreadable(f"{name} of {about} is no text")
    return value


def needed(of: Mapping[str, Any], name: str, about: str) -> str:
    """Return a text of a table that must be there. Raises `Unreadable`."""
    if not (value := text(of, name, about)):
        raise Unreadable(f"{about} has no {name}")
    return value


def texts(of: Mapping[str, Any], name: str, about: str) -> list[str]:
    """Return a list of texts of a table, empty where it is not there. Raises `Unreadable`."""
    value = of.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unreadable(f"{name} of {about} is no list of texts")
    return value
