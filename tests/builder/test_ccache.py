"""ccache works: a build runs where the one before it ran, and finds what that one compiled."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import wheelwell
from support.projects import materialise

CCACHE = shutil.which("ccache")

pytestmark = pytest.mark.skipif(
    CCACHE is None or shutil.which("gcc") is None, reason="needs ccache and gcc"
)

# ccache keeps what is compiled, but not what is compiled and linked by one command.
BACKEND = """
import os, shlex, subprocess, sysconfig
from tinybackend import *
import tinybackend

def build_wheel(*arguments):
    compiler = shlex.split(os.environ.get("CC", "gcc"))
    include = "-I" + sysconfig.get_path("include")
    object = os.path.join(os.environ["TMPDIR"], "answer.o")
    subprocess.run([*compiler, include, "-c", "c_extension/_answer.c", "-o", object], check=True)
    return tinybackend.build_wheel(*arguments)
"""


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that compiles a C file; ccache keeps what it knows in a directory of the test."""
    monkeypatch.setenv("CCACHE_DIR", str(tmp_path / "ccache"))
    tree = materialise("c-extension", tmp_path, build_system={"build-backend": "compiling"})
    (tree / "compiling.py").write_text(BACKEND)
    return tree


def counted(*names: str) -> int:
    """Return the sum of some of ccache's statistics."""
    assert CCACHE is not None
    said = subprocess.check_output([CCACHE, "--print-stats"], text=True)
    found = dict(line.split("\t") for line in said.splitlines())
    return sum(int(found[name]) for name in names)


def hits() -> int:
    return counted("direct_cache_hit", "preprocessed_cache_hit")


def test_second_build_finds_what_the_first_compiled(
    tree: Path, cache_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CC", "ccache gcc")
    with wheelwell.open_cache(cache_dir) as cache:
        cache.get(str(tree))
        assert (hits(), counted("cache_miss")) == (0, 1)
        wheel = cache.get(str(tree), rebuild=True)
    assert (hits(), counted("cache_miss")) == (1, 1)
    assert wheel.record is not None
    roles = {each["role"]: each["identity"] for each in wheel.record.inputs["toolchain"]}
    assert roles["cc"] == "gcc", "not ccache"


def test_launcher_under_the_compiler_s_name_is_used_and_is_not_in_the_key(
    tree: Path, cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CCACHE is not None
    with wheelwell.open_cache(cache_dir) as cache:
        plain = cache.get(str(tree))
    assert counted("cache_miss") == 0
    (tmp_path / "bin").mkdir()
    for name in ("cc", "gcc"):
        (tmp_path / "bin" / name).symlink_to(CCACHE)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin{os.pathsep}{os.environ['PATH']}")
    with wheelwell.open_cache(cache_dir) as cache:
        assert cache.get(str(tree)).path == plain.path
        for built in (1, 2):
            cache.get(str(tree), rebuild=True)
            assert (hits(), counted("cache_miss")) == (built - 1, 1)
