"""pip's index settings: what a user has told pip already, read as pip reads it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Any

from wheelwell.errors import ConfigurationError

TRUE = frozenset({"1", "t", "true", "y", "yes", "on"})
"""What pip, and we, take for yes; case does not matter."""


def pip_settings(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return pip's index settings, from its files and variables, as pip reads them."""
    found: dict[str, Any] = {}
    for path in _pip_files(environ):
        if os.path.isfile(path):
            found |= _read_pip_file(path)
    for name, value in environ.items():
        if name.startswith("PIP_") and value:
            found[name[4:].lower().replace("_", "-")] = value
    for name in ("extra-index-url", "find-links", "trusted-host"):
        if isinstance(found.get(name), str):
            found[name] = found[name].split()
    found["no-index"] = str(found.get("no-index", "")).lower() in TRUE
    return found


def _pip_files(environ: Mapping[str, str]) -> list[str]:
    """Return the places of pip's files, the weakest first."""
    chosen = environ.get("PIP_CONFIG_FILE", "")
    if chosen == os.devnull:  # pip's own way to ask for none
        return []
    home = environ.get("HOME", "")
    system = [f"{p}/pip/pip.conf" for p in environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(":")]
    user = environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
    prefix = environ.get("VIRTUAL_ENV") or sys.prefix
    # As pip does: a file that is named by the variable stands in for the user's own.
    own = [] if os.path.exists(chosen) else [f"{home}/.pip/pip.conf", f"{user}/pip/pip.conf"]
    return [*system, "/etc/pip.conf", *own, f"{prefix}/pip.conf", *([chosen] if chosen else [])]


def _read_pip_file(path: str) -> dict[str, Any]:
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise ConfigurationError(f"pip's configuration {path} cannot be read: {error}") from error
    return {
        name.replace("_", "-").removeprefix("--"): value
        for section in ("global", "wheel")  # `pip wheel` is the command that we are nearest to
        if parser.has_section(section)
        for name, value in parser.items(section)
    }
