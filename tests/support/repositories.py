"""Git repositories for tests, and an ssh that reaches them without a network."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from wheelwell.sources.git import Git
from wheelwell.sources.repositories import Lease, Repositories
from wheelwell.store import lease
from wheelwell.store.inside import make_directories
from wheelwell.store.layout import Layout

WHO = {
    "GIT_AUTHOR_NAME": "Ann",
    "GIT_AUTHOR_EMAIL": "ann@host.example",
    "GIT_COMMITTER_NAME": "Ann",
    "GIT_COMMITTER_EMAIL": "ann@host.example",
}
DATE = 1_700_000_000
"""The time of every commit, so that equal trees make equal commits."""

_SSH = """#!/bin/sh
echo "$@" >> {log}
{deny}
for command; do :; done
exec sh -c "$command"
"""


class Repository:
    """A repository with a work tree."""

    def __init__(self, path: Path, *, object_format: str = "sha1") -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", f"--object-format={object_format}")

    @property
    def uri(self) -> str:
        """What a request for it begins with."""
        return f"git+{self.path.as_uri()}"

    @property
    def head(self) -> str:
        """The full commit that is checked out."""
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str, **environ: str) -> str:
        """Run Git in it, and return what it prints."""
        date = {"GIT_AUTHOR_DATE": f"{DATE} +0000", "GIT_COMMITTER_DATE": f"{DATE} +0000"}
        done = subprocess.run(
            ["git", "-c", "protocol.file.allow=always", *arguments],
            cwd=self.path,
            env={**os.environ, **WHO, **date, **environ},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, files: Mapping[str, str] | None = None) -> str:
        """Write files, commit all that is there, and return the commit."""
        for name, text in (files or {}).items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "-q", "--allow-empty", "-m", "a change")
        return self.head

    def tag(self, name: str) -> None:
        """Give the commit that is checked out an annotated tag."""
        self.git("tag", "-a", "-m", name, name)


class Ssh:
    """A command in place of ssh, which counts its calls; the hosts are all this machine."""

    def __init__(self, directory: Path, *, deny: str = "") -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._log = directory / "calls"
        self.command = directory / "ssh"
        refuse = f"echo '{deny}' >&2; exit 255" if deny else ""
        self.command.write_text(_SSH.format(log=self._log, deny=refuse))
        self.command.chmod(0o755)

    @property
    def calls(self) -> int:
        """How often it was called."""
        return len(self._log.read_text().splitlines()) if self._log.exists() else 0


def by_ssh(repository: Repository) -> str:
    """Return what a request for a repository begins with, if it is reached by `Ssh`."""
    return f"git+ssh://git@host.example{repository.path}"


def kept_in(layout: Layout, environ: Mapping[str, str] | None = None) -> Repositories:
    """Return the repositories that a cache keeps."""
    return Repositories(
        root=Path(layout.repositories),
        git=Git(environ=environ or dict(os.environ)),
        exclusively=functools.partial(_exclusively, layout),
        make_directories=functools.partial(make_directories, below=layout.root),
    )


def _exclusively(
    layout: Layout, name: str, is_over: Callable[[], bool]
) -> AbstractContextManager[Lease]:
    return lease.acquire(layout.lease(name), is_cancelled=is_over)
