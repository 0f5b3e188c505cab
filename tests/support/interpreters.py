"""The Python interpreters that this machine has for tests."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13", "3.14")


@functools.cache
def interpreters() -> dict[str, Path]:
    """Return the interpreters that really run, by ``X.Y``: this one, PATH's, its neighbours."""
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = {here: Path(sys.executable)}
    for version in VERSIONS:
        for candidate in _candidates(version):
            if version not in found and _runs(candidate, version):
                found[version] = candidate
    return dict(sorted(found.items()))


def _candidates(version: str) -> list[Path]:
    """Return where an interpreter may be: pyenv and uv install them side by side."""
    on_path = shutil.which(f"python{version}")
    neighbours = Path(sys.base_prefix).parent.glob(f"*/bin/python{version}")
    return [*sorted(neighbours), *([Path(on_path)] if on_path else [])]


def _runs(python: Path, version: str) -> bool:
    """Tell whether it runs: a shim for a version that is not active does not."""
    say = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", say], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == version
