"""A build's log, read for one thing: which extensions it set out to make, and which of them failed.

The words are those of setuptools and setuptools-rust, of compilers and linkers, and of projects
that do without an extension which did not compile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from wheelwell.logline import plain, shown

_BEGINS = re.compile(r"^building '([^']+)' extension$")
_NAMED_FAILURE = re.compile(
    r"building extension \"([^\"]+)\" failed"  # setuptools, of one that is optional
    r"|optional Rust extension (\S+) failed"  # setuptools-rust
    r"|[Ff]ailed to build extension ([\w.]+)"
)
_RUNS = re.compile(r"^running build_(ext|rust|clib)$")
_LINKED = re.compile(r"-o (\S+)")

_FAILURES = (
    re.compile(r"\bfatal error\b|\berror(\[\w+\])?:(?! *None\b)", re.IGNORECASE),
    re.compile(r"\bcannot find -l|\bld returned \d|\bundefined reference to\b"),
    re.compile(r"\bunable to execute\b|: command not found\b"),
    re.compile(r"\b[Cc]ommand '.*' (failed|returned non-zero|died)|` failed with code \d"),
    re.compile(r"\[Errno \d+\] .*: '[^' ]*'$"),  # a command that cannot be started
    re.compile(r"\b(C?Compile|CCompiler|Link|DistutilsExec|Lib)Error\b|\bBuildFailed\b"),
    re.compile(r"\bError compiling\b|\bCMake Error\b"),
)
"""What compilers, linkers, and those who call them say where something does not compile."""

_WHAT = r"(extension|speed-?ups?|accelerator|optimi[sz]|C module|C code|Cython|native|binding)"
_UNDONE = (
    r"((could|can|was|were|is|are|did|do|does)(n't| ?not)|unable to|fail(ed|ure|ing) to)"
    r"( be)? (buil[dt]|compiled?|install(ed)?)"
)
_SURRENDERS = (
    re.compile(rf"\b{_WHAT}.*\b{_UNDONE}\b|\b{_UNDONE}\b.*\b{_WHAT}", re.IGNORECASE),
    re.compile(r"\bspeed-?ups are not enabled|\bplain-python (build|install)", re.IGNORECASE),
    re.compile(
        r"\b(fall(s|ing)? ?back (to|on)|building|continuing|proceeding|using)\b.*"
        r"\b(pure|plain)[- ]python",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(retry|try|continu|build)ing\b.* without\b.*{_WHAT}", re.IGNORECASE),
    re.compile(r"\bCouldn't install with extension module", re.IGNORECASE),
    re.compile(rf"{_WHAT}\w* .*\bwill (not|be) (be )?(available|used|disabled)", re.IGNORECASE),
    re.compile(r"forcing --without-|build_rust: optional Rust extension"),
)
"""What projects say when they go on without an extension."""

_WORDS = (
    *("error", "errno", "fail", "fall", "cannot", "could", "unable", "undefined", "returned"),
    *("retry", "without", "speed", "plain", "not ", "n't", "will ", "died", "pure", "optional"),
)
"""What a line must hold to be looked at: most hold nothing of it, and logs are long."""

_HEAD, _TAIL = 1000, 200
"""How much of a line is looked at: a command with all its arguments may go on for pages."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One extension that the build set out to make."""

    name: str
    """The module's, with dots."""

    failures: tuple[str, ...] = ()
    """Lines that say what went wrong, up to where the next extension begins."""

    first: tuple[str, ...] = ()
    """The first lines of it, for one that failed without a word."""

    is_linked: bool = False
    """Whether the linker was called for it. That it came to the end is not said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BuildLog:
    """What a log tells of the extensions of its build."""

    attempts: tuple[Attempt, ...] = ()
    """In the order in which they were begun, one for each name."""

    surrenders: tuple[str, ...] = ()
    """Lines that say that the build goes on without an extension."""

    failures: tuple[str, ...] = ()
    """Lines that say that something did not compile: it may have been a question ("is there…?")."""

    runs_build_ext: bool = False
    """Whether setuptools was told that there are extensions."""


def read(lines: Iterable[str]) -> BuildLog:
    """Read the lines of a log."""
    reading = _Reading()
    for line in lines:
        reading.add(plain(line).strip())
    reading.end_attempt()
    return BuildLog(
        attempts=tuple(reading.attempts.values()),
        surrenders=tuple(dict.fromkeys(reading.surrenders)),
        failures=tuple(dict.fromkeys(reading.failures)),
        runs_build_ext=reading.runs_build_ext,
    )


def is_failure(line: str) -> bool:
    """Say whether a line tells that something did not compile."""
    return any(pattern.search(line) for pattern in _FAILURES)


def is_surrender(line: str) -> bool:
    """Say whether a line tells that the build goes on without an extension."""
    return any(pattern.search(line) for pattern in _SURRENDERS)


class _Reading:
    """What has been read so far."""

    def __init__(self) -> None:
        self.attempts: dict[str, Attempt] = {}
        self.surrenders: list[str] = []
        self.failures: list[str] = []
        self.runs_build_ext = False
        self._name = ""
        self._first: list[str] = []
        self._told: list[str] = []
        self._is_linked = False

    def add(self, line: str) -> None:
        """Read one line."""
        if begins := _BEGINS.match(line):
            self.end_attempt()
            self._name = begins[1]
            return
        if self._name and line:
            self._first += [shown(line)] if len(self._first) < 2 else []
            self._is_linked = self._is_linked or _links(line, self._name)
        self.runs_build_ext = self.runs_build_ext or _RUNS.match(line) is not None
        lowered = line.lower()
        if any(word in lowered for word in _WORDS):
            self._add_speaking(line if len(line) <= _HEAD else f"{line[:_HEAD]} {line[-_TAIL:]}")

    def end_attempt(self) -> None:
        """Take in what was read of the extension that was begun last."""
        if self._name:
            self._tell(self._name, self._told, self._first, is_linked=self._is_linked)
        self._name, self._first, self._told, self._is_linked = "", [], [], False

    def _add_speaking(self, line: str) -> None:
        told = shown(line)
        surrenders, fails = is_surrender(line), is_failure(line)
        self.surrenders += [told] if surrenders else []
        self.failures += [told] if fails else []
        self._told += [told] if surrenders or fails else []
        named = _NAMED_FAILURE.search(line)
        if named and (name := next(filter(None, named.groups()))) != self._name:
            self._tell(name, [told], [], is_linked=False)

    def _tell(self, name: str, told: list[str], first: list[str], *, is_linked: bool) -> None:
        """Add to what was told before of an extension."""
        before = self.attempts.get(name) or Attempt(name=name)
        self.attempts[name] = Attempt(
            name=name,
            failures=tuple(dict.fromkeys([*before.failures, *told])),
            first=before.first or tuple(first),
            is_linked=before.is_linked or is_linked,
        )


def _links(line: str, name: str) -> bool:
    """Say whether a command line makes the shared object of the module `name`."""
    made = [output.rpartition("/")[2] for output in _LINKED.findall(line)]
    stem = name.rpartition(".")[2]
    return any(file.partition(".")[0] == stem and not file.endswith(".o") for file in made)
