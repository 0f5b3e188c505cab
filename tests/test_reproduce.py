"""A build is done again, compared with the first, and told what differs and what that comes of."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import wheelwell
from support.others import contents
from support.projects import materialise
from support.stored import rot
from wheelwell.digest import sha256_chunks
from wheelwell.wheel import Origin

pytestmark = pytest.mark.slow

EMBED = """
import os, pathlib, time
import tinybackend
from tinybackend import *

def build_wheel(directory, settings=None, metadata=None):
    made = pathlib.Path("pure/made.py")
    {embed}
    return tinybackend.build_wheel(directory, settings, metadata)
"""


def project(tmp_path: Path, embed: str = "") -> Path:
    tree = materialise("pure", tmp_path)
    if embed:
        (tree / "embedding.py").write_text(EMBED.format(embed=embed))
        pyproject = tree / "pyproject.toml"
        text = pyproject.read_text().replace('"tinybackend"', '"embedding"', 1)
        pyproject.write_text(text)
    return tree


def test_a_build_that_gives_the_same_is_told_so_and_nothing_is_stored(
    cache_dir: Path, tmp_path: Path
) -> None:
    request = str(project(tmp_path))
    with wheelwell.open_cache(cache_dir) as cache:
        first = cache.get(request)
        before = contents(cache_dir / "wheels-v1")
        told = cache.reproduce(request)
        assert told.is_same
        assert told.findings == ()
        assert told.wheel.path == first.path
        after = contents(cache_dir / "wheels-v1")
        assert {path: status[:2] for path, status in after.items()} == {
            path: status[:2] for path, status in before.items()
        }
        assert cache.get(request).origin is Origin.LOCAL


@pytest.mark.parametrize(
    ("embed", "cause"),
    [
        ('made.write_text(f"AT = {time.time()}\\n")', "SOURCE_DATE_EPOCH"),
        ('made.write_text("AT = %r\\n" % os.urandom(3).hex())', ""),
        (
            "made.write_text(f\"HERE = '/build/{os.urandom(4).hex()}/made.c'\\n\")",
            "-ffile-prefix-map",
        ),
        (
            'made.write_text("A\\nB\\n" if time.time_ns() // 1000 % 2 else "B\\nA\\n")',
            "an order that is not fixed",
        ),
    ],
    ids=["time", "chance", "path", "order"],
)
def test_what_differs_is_told_with_what_it_comes_of(
    cache_dir: Path, tmp_path: Path, embed: str, cause: str
) -> None:
    request = str(project(tmp_path, embed))
    with wheelwell.open_cache(cache_dir) as cache:
        told = cache.reproduce(request)
        while told.is_same:  # an order may come about twice
            told = cache.reproduce(request)
    files = {finding.file: finding for finding in told.findings}
    assert cause in files["pure/made.py"].cause
    assert "RECORD" in " ".join(files)


def test_the_command_exits_with_5_and_keeps_the_second_wheel(
    cache_dir: Path, tmp_path: Path
) -> None:
    tree = project(tmp_path, 'made.write_text(f"AT = {time.time()}\\n")')
    command = [sys.executable, "-m", "wheelwell", "reproduce", "--cache-dir", str(cache_dir)]
    done = subprocess.run(
        [*command, "--json", "-o", str(tmp_path / "second"), str(tree)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 5, done.stderr
    told = json.loads(done.stdout)
    assert told["same"] is False
    assert Path(told["kept"]).read_bytes() != Path(told["path"]).read_bytes()
    shown = subprocess.run([*command, "-q", str(tree)], capture_output=True, text=True, check=False)
    assert "pure/made.py: " in shown.stdout
    assert "build times" in shown.stdout


def test_a_stored_wheel_that_is_damaged_is_built_again_before(
    cache_dir: Path, tmp_path: Path
) -> None:
    request = str(project(tmp_path))
    with wheelwell.open_cache(cache_dir, warn=lambda _: None) as cache:
        first = cache.get(request)
        rot(first.path)
        told = cache.reproduce(request)
        assert told.is_same
        assert told.wheel.path != first.path
        assert sha256_chunks([told.wheel.path.read_bytes()]) == told.sha256
