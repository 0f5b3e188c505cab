"""Other users: wheelwell run by somebody who is not root, where the tests are run by root.

Modes do not bind root, so that only another user shows what they do. The interpreter of the tests
may be where nobody else may look: what cannot be reached is linked, or copied, to where it can.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

import wheelwell

NOBODY = 65534
SOMEBODY = 65533
"""A user that is neither root nor the one who runs wheelwell; it need not have a name."""

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

_LEFT_OUT = ("site-packages", "test", "idlelib", "tkinter", "ensurepip", "turtledemo")


class Others:
    """Runs wheelwell as another user, below a directory that everybody may enter."""

    def __init__(self, commons: Path) -> None:
        self.commons = commons
        self.temporary = _directory(commons / "tmp", 0o1777)
        self._home = _directory(commons / "home", 0o755)
        os.chown(self._home, NOBODY, NOBODY)
        self._packages = commons / "packages"
        _copy_packages(self._packages)
        self._python = self._reachable_python()

    def run(
        self,
        *arguments: str | Path,
        uid: int = NOBODY,
        gid: int = NOBODY,
        umask: int = -1,
        **environ: str,
    ) -> subprocess.CompletedProcess[str]:
        """Run the command `wheelwell` as a user, to its end."""
        argv = (self._python, "-m", "wheelwell", *map(str, arguments))
        return self._as_user(*argv, uid=uid, gid=gid, umask=umask, **environ)

    def own(self, path: Path, *, uid: int = NOBODY) -> None:
        """Give a tree to a user."""
        for place in (path, *path.rglob("*")):
            os.chown(place, uid, uid, follow_symlinks=False)

    def _as_user(
        self, *argv: str, uid: int = NOBODY, gid: int = NOBODY, umask: int = -1, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            user=uid,
            group=gid,
            umask=umask,
            extra_groups=[],
            cwd=self.commons,
            env={
                "HOME": str(self._home),
                "LD_LIBRARY_PATH": str(self.commons / "python" / "lib"),  # it may be shared
                "PATH": os.environ["PATH"],
                "PIP_CONFIG_FILE": os.devnull,
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONPATH": str(self._packages),
                "TMPDIR": str(self.temporary),
                **environ,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def _reachable_python(self) -> str:
        name = f"python{sys.version_info.major}.{sys.version_info.minor}"
        here = Path(sys.base_prefix, "bin", name)
        with contextlib.suppress(PermissionError):
            if self._as_user(str(here), "-c", "import ssl").returncode == 0:
                return str(here)
        copy = _directory(self.commons / "python", 0o755)
        shutil.copytree(
            Path(sys.base_prefix, "lib"),
            copy / "lib",
            copy_function=_link,
            ignore=lambda _, names: {each for each in names if each in _LEFT_OUT},
        )
        _directory(copy / "bin", 0o755)
        _link(str(here.resolve()), str(copy / "bin" / name))
        return str(copy / "bin" / name)


def contents(root: Path) -> dict[str, tuple[int, int, int]]:
    """Return all that is below a directory, with mode, size and time of the last change."""
    found = {}
    for path in (root, *root.rglob("*")):
        status = path.lstat()
        found[str(path)] = (stat.S_IMODE(status.st_mode), status.st_size, status.st_ctime_ns)
    return found


def _directory(path: Path, mode: int) -> Path:
    path.mkdir()
    path.chmod(mode)
    return path


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # it is on another disk
        shutil.copy2(source, target, follow_symlinks=False)


def _copy_packages(into: Path) -> None:
    """Copy wheelwell and all that it needs."""
    package = Path(wheelwell.__file__).parent
    shutil.copytree(package, into / "wheelwell", ignore=shutil.ignore_patterns("__pycache__"))
    for name in sorted(_needed("wheelwell") - {"wheelwell"}):
        for file in metadata.distribution(name).files or ():
            source = Path(str(file.locate()))
            if ".." not in file.parts and file.suffix != ".pyc" and source.is_file():
                target = into / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)


@functools.cache
def _needed(name: str) -> frozenset[str]:
    """Return a distribution with all that it needs, as far as it is installed."""
    found = {name}
    for requirement in metadata.requires(name) or ():
        needed = re.split(r"[^\w.-]", requirement, maxsplit=1)[0]
        if "extra ==" not in requirement:
            with contextlib.suppress(metadata.PackageNotFoundError):
                found |= _needed(needed)
    return frozenset(found)


@contextlib.contextmanager
def commons() -> Iterator[Path]:
    """Make a directory that everybody may enter, as pytest's own are not."""
    import tempfile

    with tempfile.TemporaryDirectory(dir="/tmp") as place:
        Path(place).chmod(0o755)
        yield Path(place)
