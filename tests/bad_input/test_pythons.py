"""Pythons that are not there, do not start, are none, or never answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.refusals import Cache

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

SMALL = """
from wheelwell.builder import probe
probe._TIMEOUT = 1
"""
OLD = """#!/bin/sh
case "$*" in
    *%d.%d*) echo 3.6 ;;
    *) echo "SyntaxError: invalid syntax" >&2; exit 1 ;;
esac
"""
SCRIPTS = {
    "failing": ("#!/bin/sh\necho broken >&2; exit 3\n", "(status 3): broken"),
    "silent": ("#!/bin/sh\nexit 0\n", "is no Python: its answer makes no sense"),
    "nonsense": ("#!/bin/sh\necho '{\"tags\": 1}'\n", "is no Python: its answer makes no sense"),
    "killed": ("#!/bin/sh\nkill -9 $$\n", "does not work as a Python (status -9)"),
    "no-interpreter": ("#!/no/such/interpreter\n", "does not start: "),
    "no-program": ("\x7fELF and no more", "does not start: "),
    "old": (OLD, "is Python 3.6: that is too old, wheels are built for 3.9 and later"),
    "hanging": ("#!/bin/sh\nsleep 611 & wait\n", "gave no answer within 1 s"),
    "hanging-child": ("#!/bin/sh\nsleep 611\n", "gave no answer within 1 s"),
    "endless": ("#!/bin/sh\nyes\n", "gave no answer within 1 s"),
}


@pytest.mark.parametrize(("script", "says"), SCRIPTS.values(), ids=SCRIPTS)
def test_python_that_is_none(
    cache: Cache, sdist: Path, tmp_path: Path, script: str, says: str
) -> None:
    python = tmp_path / "python"
    python.write_text(script)
    python.chmod(0o755)
    environ = {"MARK_OF_TEST": str(cache.directory)}
    says_all = [f"error: {python} ", says, "try: --python takes"]
    cache.refuses(
        sdist, "--python", python, status=2, says=says_all, first=SMALL, environ=environ, limit=30
    )


@pytest.mark.parametrize(
    ("python", "says"),
    [
        ("3.99", "there is no Python 3.99 on this machine"),
        ("2.7", "Python 2.7: that is too old"),
        ("3.8", "Python 3.8: that is too old"),
        ("no-such-command", "there is no command no-such-command on PATH"),
        ("./no/such/python", "there is no Python at "),
        ("/etc", "is no virtual environment: there is no bin/python"),
        ("/etc/passwd", "does not start: "),
    ],
)
def test_python_that_is_not_there(cache: Cache, sdist: Path, python: str, says: str) -> None:
    cache.refuses(sdist, "--python", python, status=2, says=[says])


def test_answer_does_not_wait_for_what_a_python_left_running(
    cache: Cache, sdist: Path, tmp_path: Path
) -> None:
    import sys

    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nsleep 611 &\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    environ = {"MARK_OF_TEST": str(cache.directory)}
    told = cache.get(sdist, "--python", python, environ=environ, limit=60)
    assert told.status == 0, told.stderr
    cache.assert_nothing_is_half_done()
