"""Withheld variables: what a source's build files read, is set here, and no build was given."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

_NAMED = r"""\(?\s*[rRbBuU]?["']([A-Za-z_][A-Za-z0-9_]*)["']"""
_PYTHON = (
    re.compile(r"\benviron(?:b)?\s*\[\s*[rRbBuU]?[\"']([A-Za-z_][A-Za-z0-9_]*)[\"']\s*\]"),
    re.compile(r"\benviron(?:b)?\s*\.\s*(?:get|pop|setdefault)\s*" + _NAMED),
    re.compile(r"\bgetenvb?\s*" + _NAMED),
    re.compile(r"[\"']([A-Za-z_][A-Za-z0-9_]*)[\"']\s+(?:not\s+)?in\s+(?:os\s*\.\s*)?environ\b"),
)
_CMAKE = (re.compile(r"\bENV\{([A-Za-z_][A-Za-z0-9_]*)\}"),)
_RUST = (
    re.compile(r"\b(?:env|std::env)::var(?:_os)?\s*\(\s*\"([A-Za-z_][A-Za-z0-9_]*)\""),
    re.compile(r"\b(?:option_env|env)!\s*\(\s*\"([A-Za-z_][A-Za-z0-9_]*)\""),
)
# Make has one syntax for its own variables and the environment's. What is defaulted with `?=`, or
# asked for by `ifdef`, is what the environment may say.
_MAKE = (
    re.compile(r"^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*\?=", re.MULTILINE),
    re.compile(r"^\s*ifn?def\s+([A-Za-z_][A-Za-z0-9_]*)\s*$", re.MULTILINE),
)
_AUTOCONF = (re.compile(r"\bAC_ARG_VAR\(\s*\[?([A-Za-z_][A-Za-z0-9_]*)"),)
# What an environment is taken from in a text that a backend reads itself.
_INTERPOLATED = (
    re.compile(r"\{env:([A-Za-z_][A-Za-z0-9_]*)"),
    re.compile(r"\benv\.([A-Za-z_][A-Za-z0-9_]*)"),
)

_NAMES: tuple[tuple[re.Pattern[str], tuple[re.Pattern[str], ...]], ...] = (
    (re.compile(r"(^|/)(CMakeLists\.txt|[^/]+\.cmake(\.in)?)$"), _CMAKE),
    (re.compile(r"(^|/)build\.rs$"), _RUST),
    (re.compile(r"(^|/)((GNU)?[Mm]akefile(\.[^/]*)?|[^/]+\.mk)$"), _MAKE),
    (re.compile(r"(^|/)configure\.(ac|in)$"), _AUTOCONF),
    (re.compile(r"(^|/)(meson\.build|meson\.options|meson_options\.txt)$"), _PYTHON),
    (re.compile(r"^(pyproject\.toml|setup\.cfg)$"), _INTERPOLATED),
    # A setup.py and what stands beside it, what tools name so, and backends in the tree.
    (re.compile(r"^[^/]+\.py$|(^|/)(setup|conf|build|_build|backend)[^/]*\.py$"), _PYTHON),
    (re.compile(r"^[^/]*(build|tool|setup|backend|script)[^/]*/.+\.py$", re.IGNORECASE), _PYTHON),
)
"""Which files are read how: the first pattern that fits a path."""

_EVERYWHERE = frozenset(
    """
    PATH HOME USER LOGNAME SHELL PWD OLDPWD TERM COLORTERM TERM_PROGRAM LANG LANGUAGE TZ HOSTNAME
    DISPLAY EDITOR VISUAL PAGER MAIL SHLVL _ TMPDIR TMP TEMP VIRTUAL_ENV CONDA_PREFIX PS1 NO_COLOR
    LS_COLORS SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION SSH_TTY DBUS_SESSION_BUS_ADDRESS
    CCACHE_DIR SCCACHE_DIR
    """.split()
)
"""Variables of every process, and those that a build has its own of."""

_EVERYWHERE_PREFIXES = ("LC_", "XDG_", "PYTHON", "PIP_", "UV_", "WHEELWELL_")

_SECRET = re.compile(r"TOKEN|PASSW|SECRET|CREDENTIAL|PRIVATE|(^|_)(PASS|KEY|AUTH|PAT)(_|$)|APIKEY")


def is_build_file(path: str, backend_path: Collection[str] = ()) -> bool:
    """Say whether a file of that path, in POSIX form from the project's top, says how to build.

    `backend_path` are the directories of a backend in the tree (PEP 517).
    """
    if path.endswith(".py") and any(path.startswith(f"{each}/") for each in backend_path):
        return True
    return any(name.search(path) for name, _ in _NAMES)


def variables_read(path: str, text: str) -> frozenset[str]:
    """Return the names of the variables that a build file plainly reads.

    A guess: what is computed, or read far from the build files, is not seen.
    """
    known = (patterns for name, patterns in _NAMES if name.search(path))
    patterns = next(known, _PYTHON if path.endswith(".py") else ())
    text = _uncommented(path, text)
    return frozenset(found for each in patterns for found in each.findall(text))


def withheld(
    texts: Mapping[str, str], *, environ: Collection[str], given: Collection[str]
) -> tuple[str, ...]:
    """Return the variables that build files read and that were withheld, sorted.

    `texts` are build files by path, `environ` the caller's variables, `given` those that the build
    was given.
    """
    read = {name for path, text in texts.items() for name in variables_read(path, text)}
    return tuple(sorted(name for name in read & {*environ} - {*given} if not _is_everywhere(name)))


def advice(names: Collection[str]) -> str:
    """Return, in one line, which switches would pass withheld variables; empty for none."""
    if not names:
        return ""
    switches = " ".join(_switches(names))
    which = "a variable that is" if len(names) == 1 else "variables that are"
    return f"its build files read {which} set here and did not reach the build; to pass: {switches}"


def is_secret(name: str) -> bool:
    """Say whether a variable of that name is likely to hold a secret."""
    return _SECRET.search(name.upper()) is not None


def _switches(names: Collection[str]) -> Iterator[str]:
    return (f"{'--secret-env' if is_secret(name) else '--env'} {name}" for name in sorted(names))


def _is_everywhere(name: str) -> bool:
    return name in _EVERYWHERE or name.startswith(_EVERYWHERE_PREFIXES)


def _uncommented(path: str, text: str) -> str:
    start = "//" if path.endswith(".rs") else "#"
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(start))
