"""Compilers: which ones a build would find here, and what they say of themselves.

Each is remembered by its real path, size and time, so that a hit starts no process.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any

from wheelwell.buckets import TOOLCHAINS
from wheelwell.builder.commands import stamp
from wheelwell.builder.search import Found, Search, commands_of, rustup_settings
from wheelwell.builder.versions import ask
from wheelwell.digest import sha256_of
from wheelwell.interpreter import Interpreter
from wheelwell.protocols import Memory
from wheelwell.settings import Settings
from wheelwell.toolchain import Compiler, Toolchain, roles_of

STANDARD = (
    "/usr/local/sbin",
    "/usr/local/bin",
    "/usr/sbin",
    "/usr/bin",
    "/sbin",
    "/bin",
    "/opt/homebrew/bin",
)
"""The directories of commands that every build sees."""

_SCHEMA = 2
"""The version of what is remembered."""


class Compilers:
    """Finds and describes compilers. Threads share it."""

    def __init__(self, memory: Memory, environ: Mapping[str, str]) -> None:
        self._memory = memory
        self._environ = environ
        path = filter(os.path.isabs, environ.get("PATH", "").split(os.pathsep))
        self._path = tuple(dict.fromkeys((*map(os.path.normpath, path), *STANDARD)))
        self._rustup_settings = rustup_settings(environ)
        self._probed: dict[object, tuple[tuple[str, ...], object, Toolchain]] = {}

    def probe(
        self,
        languages: tuple[str, ...],
        interpreter: Interpreter,
        settings: Settings,
        *,
        first: tuple[str, ...] = (),
    ) -> Toolchain:
        """Return the toolchain for a source in `languages`.

        In the directories `first` a build looks before all others. A compiler that is not there
        is told of as such: one that appears makes another build.
        """
        if not languages:
            return Toolchain()
        asked = (
            languages,
            (interpreter.executable, interpreter.version),
            tuple(settings.variables.items()),
            first,
        )
        known = self._probed.get(asked)
        if known is None or known[1] != _stamps(known[0]):
            path = tuple(dict.fromkeys((*first, *self._path)))
            found, directories = self._locate(
                path, roles_of(languages), interpreter, settings.variables
            )
            commands = [one.path for one in found.values() if one]
            watched = (*path, *directories, *commands, self._rustup_settings)
            known = (watched, _stamps(watched), self._toolchain(found, directories))
            self._probed[asked] = known
        return known[2]

    def _toolchain(
        self, found: Mapping[str, Found | None], directories: tuple[str, ...]
    ) -> Toolchain:
        return Toolchain(
            compilers=tuple(
                self._describe(role, one.path) if one else Compiler(role=role, identity="")
                for role, one in found.items()
            ),
            directories=directories,
        )

    def _locate(
        self,
        path: tuple[str, ...],
        roles: tuple[str, ...],
        interpreter: Interpreter,
        variables: Mapping[str, str],
    ) -> tuple[Mapping[str, Found | None], tuple[str, ...]]:
        """Return the compiler of each role, and the directories outside `STANDARD` to find it in.

        A build sees only those and the standard ones, so they are searched again until what is
        found is what the build will find: there, another compiler of theirs may come first. This
        ends, because directories only go, but for those that a command itself leads to.
        """
        commands = {role: commands_of(role, interpreter, variables) for role in roles}
        while True:
            search = Search(path, {**self._environ, **variables}, self._memory, TOOLCHAINS)
            found = {role: search.locate(names) for role, names in commands.items()}
            used = {place: None for one in found.values() if one for place in one.directories}
            ordered = [*(each for each in used if each not in path), *path]
            directories = tuple(p for p in ordered if p in used and p not in STANDARD)
            if path == (*directories, *STANDARD):
                return found, directories
            path = (*directories, *STANDARD)

    def _describe(self, role: str, path: str) -> Compiler:
        name = sha256_of([_SCHEMA, os.path.basename(path), *_facts(path)])
        known = self._memory.recall(TOOLCHAINS, name)
        with contextlib.suppress(KeyError, TypeError):  # damage is a miss
            return Compiler.from_json({**known, "role": role})
        told, is_lasting = ask(path, self._environ)
        if is_lasting:
            self._memory.remember(TOOLCHAINS, name, told)
        return Compiler.from_json({**told, "role": role})


def _stamps(paths: tuple[str, ...]) -> list[tuple[int, ...]]:
    """Return what changes where a compiler comes, goes, or becomes another."""
    return [stamp(path) for path in paths]


def _facts(path: str) -> list[Any]:
    real = os.path.realpath(path)
    facts: list[Any] = [real, *stamp(real)]
    with contextlib.suppress(OSError):
        # macOS: `cc` stands for that of the developer tools which are selected.
        facts.append(os.readlink("/var/db/xcode_select_link"))
    return facts
