"""Inputs of a key that came from elsewhere: of the one form that keys have, or refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wheelwell.digest import Sha256, is_sha256
from wheelwell.key import SCHEMA
from wheelwell.request import is_name, normalize
from wheelwell.settings import Settings
from wheelwell.source import Archive, Directory, Git, Source
from wheelwell.toolchain import Compiler

_INTERPRETER = {"implementation", "version", "soabi"}
_PLATFORM = {"tag", "machine", "libc"}


def source_of(inputs: Mapping[str, Any]) -> Source:
    """Return the source in the inputs of a key, all of which must have their form.

    A path is made of some, and a later lookup takes the others as they are. Raises `ValueError`.
    """
    try:
        return _checked(inputs)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no key of this wheelwell: {error!r}") from error


def _checked(inputs: Mapping[str, Any]) -> Source:
    source = _source(inputs["source"])
    expected = {
        "schema": SCHEMA,
        "name": _name(inputs["name"]),
        "version": _version(inputs["version"]),
        "source": source.inputs(),
        "interpreter": _texts(inputs["interpreter"], _INTERPRETER),
        "platform": _texts(inputs["platform"], _PLATFORM),
        "settings": _settings(inputs["settings"]).inputs(),
        "toolchain": [Compiler.from_json(each).inputs() for each in inputs["toolchain"]],
    }
    if expected != inputs:
        raise ValueError("no key of this wheelwell: it has other parts")
    return source


def _source(value: Mapping[str, Any]) -> Source:
    kind = value["kind"]
    if kind == "archive" and is_sha256(value["sha256"]):
        return Archive(sha256=Sha256(value["sha256"]), subdirectory=_text(value["subdirectory"]))
    if kind == "directory" and is_sha256(value["tree"]):
        told = _text(value.get("described", ""))
        return Directory(tree=Sha256(value["tree"]), described=told)
    if kind == "git" and len(value["commit"]) in {40, 64} and _is_hexadecimal(value["commit"]):
        return Git(
            commit=value["commit"],
            subdirectory=_text(value["subdirectory"]),
            lfs=value["lfs"] is True,
            described=_text(value["described"]),
        )
    raise ValueError(f"no source: {kind!r}")


def _settings(value: Mapping[str, Any]) -> Settings:
    return Settings(
        config={_text(name): _list(values) for name, values in value["config"].items()},
        variables=_mapping(value["variables"]),
        constraints=_list(value["constraints"]),
        requirements=_list(value["requirements"]),
        as_of=_text(value["as_of"]),
        is_isolated=value["isolation"] == "on",
        installed=_mapping(value["installed"]),
    )


def _name(name: str) -> str:
    if not is_name(name) or normalize(name) != name:
        raise ValueError(f"{name!r} is no project's name")
    return name


def _version(version: str) -> str:
    from packaging.version import Version

    if str(Version(version)) != version:
        raise ValueError(f"{version!r} is no version as it is compared")
    return version


def _texts(value: Mapping[str, Any], names: set[str]) -> dict[str, str]:
    return {name: _text(value[name]) for name in names}


def _mapping(value: Mapping[str, Any]) -> dict[str, str]:
    return {_text(name): _text(text) for name, text in value.items()}


def _list(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(map(_text, value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _is_hexadecimal(text: str) -> bool:
    return not text.strip("0123456789abcdef")
