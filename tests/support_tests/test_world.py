"""Tests see nothing of the settings of the machine that runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

INNER = """
import os
import pytest

def told():
    return {name: os.environ.get(name) for name in %r}

def test_plain():
    print("plain", sorted(name for name, value in told().items() if value == "machine"))

@pytest.mark.network
def test_networked():
    print("networked", sorted(name for name, value in told().items() if value == "machine"))
"""
ALWAYS_HIDDEN = {
    "CC",
    "CFLAGS",
    "NO_COLOR",
    "PYTHONDONTWRITEBYTECODE",
    "VIRTUAL_ENV",
    "WHEELWELL_X",
    "XDG_CACHE_HOME",
}
OF_NETWORK = {"HOME", "PIP_INDEX_URL", "UV_INDEX", "XDG_CONFIG_HOME", "https_proxy"}
NEVER_HIDDEN = {"SSL_CERT_FILE"}


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a plain and a networked test see of a machine that has all these set."""
    place = tmp_path_factory.mktemp("inner")
    conftest = Path(__file__).parents[1] / "conftest.py"
    (place / "conftest.py").write_text(conftest.read_text())
    names = sorted(ALWAYS_HIDDEN | OF_NETWORK | NEVER_HIDDEN)
    (place / "test_inner.py").write_text(INNER % (names,))
    environ = {**os.environ, **dict.fromkeys(names, "machine")}
    environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-m", "pytest", "-s", "-q", "-o", "markers=network", str(place)]
    done = subprocess.run(
        command, cwd=place, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line.lstrip(".") for line in done.stdout.splitlines() if " [" in line]
    return dict(line.split(" ", 1) for line in lines)


def test_plain_test_sees_nothing_of_the_machine(seen: dict[str, str]) -> None:
    assert seen["plain"] == str(sorted(NEVER_HIDDEN))


def test_networked_test_sees_how_to_reach_the_network(seen: dict[str, str]) -> None:
    assert seen["networked"] == str(sorted(NEVER_HIDDEN | OF_NETWORK))
