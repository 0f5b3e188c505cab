"""Git, run so that it asks nobody, runs no hooks, and reaches only what it should."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wheelwell.errors import Cancelled, FetchError, SourceError
from wheelwell.remote import SCHEMES, Remote
from wheelwell.urls import hiding

POLL = 0.1
"""How often, in seconds, a caller who waits for Git is asked whether it still wants to."""

# What a hook, or the shell of a Git command, has set to point Git at its own repository
# (git rev-parse --local-env-vars), and what would change what is read or written.
_FOREIGN = frozenset(
    """
    GIT_ALTERNATE_OBJECT_DIRECTORIES GIT_CONFIG GIT_CONFIG_PARAMETERS GIT_OBJECT_DIRECTORY GIT_DIR
    GIT_WORK_TREE GIT_IMPLICIT_WORK_TREE GIT_GRAFT_FILE GIT_INDEX_FILE GIT_NO_REPLACE_OBJECTS
    GIT_REPLACE_REF_BASE GIT_PREFIX GIT_SHALLOW_FILE GIT_COMMON_DIR GIT_NAMESPACE
    GIT_CEILING_DIRECTORIES GIT_DEFAULT_HASH GIT_TEMPLATE_DIR GIT_ATTR_SOURCE GIT_ICASE_PATHSPECS
    GIT_LITERAL_PATHSPECS GIT_GLOB_PATHSPECS GIT_NOGLOB_PATHSPECS GIT_INTERNAL_SUPER_PREFIX
    GIT_QUARANTINE_PATH GIT_LFS_SKIP_SMUDGE
    """.split()
)
# No prompt of its own, of ssh, or of a credential helper; messages in the one language we read.
_SILENT = {
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS_REQUIRE": "never",
    "GCM_INTERACTIVE": "never",
    "LC_ALL": "C",
    "LANGUAGE": "",
}
# What would run programs, or change bytes, by somebody else's choice.
_SAFE = (
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
)
_NOT_THE_USERS = (
    *("-c", f"core.attributesFile={os.devnull}"),
    *("-c", "core.autocrlf=false"),
    *("-c", "core.eol=lf"),
    *("-c", "advice.detachedHead=false"),
)


def _trusted(repository: str | Path) -> tuple[str, str]:
    """Return what lets Git work in a repository of ours that another user of the cache made."""
    return "-c", f"safe.directory={os.path.realpath(repository)}"


class GitFailed(Exception):
    """Git ended with an error, for a reason that is not told apart further."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.said = said


@dataclass(frozen=True, kw_only=True)
class Git:
    """Runs Git. Threads share it."""

    environ: Mapping[str, str]
    """The caller's own variables."""

    @functools.cached_property
    def program(self) -> str:
        """The path of Git; empty where there is none."""
        return shutil.which("git", path=self.environ.get("PATH")) or ""

    @property
    def has_lfs(self) -> bool:
        """Whether files in Git LFS can be fetched."""
        return shutil.which("git-lfs", path=self.environ.get("PATH")) is not None

    def read(self, repository: str | Path, *arguments: str, text: str | bytes = b"") -> bytes:
        """Run Git in a repository on this machine, and return what it prints.

        Nothing is asked over the network, nothing is written into a user's repository, and the
        user's own configuration counts (which files to ignore, whom to trust), but for what would
        run a program. Raises `GitFailed`.
        """
        environ = self._environ({"GIT_OPTIONAL_LOCKS": "0", "GIT_ALLOW_PROTOCOL": "none"})
        return self._local([*_SAFE, *arguments], repository, environ, text)

    def write(self, repository: str | Path, *arguments: str, text: str | bytes = b"") -> bytes:
        """Run Git in a repository of wheelwell's own: no configuration but its own counts.

        Raises `GitFailed`.
        """
        environ = self._environ(
            {
                "GIT_ALLOW_PROTOCOL": "none",
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
                "GIT_ATTR_NOSYSTEM": "1",
                "GIT_CONFIG_COUNT": "0",
            }
        )
        switches = (*_SAFE, *_NOT_THE_USERS, *_trusted(repository))
        return self._local([*switches, *arguments], repository, environ, text)

    def ask(
        self,
        remote: Remote,
        repository: str | Path | None,
        *arguments: str,
        is_cancelled: Callable[[], bool],
        leases: Sequence[int] = (),
    ) -> bytes:
        """Run a command of Git that may reach `remote`, and return what it prints.

        In `arguments` the remote is `remote.shown`: its credentials pass in Git's environment,
        where no list of processes shows them, and reach no configuration. `leases` are inherited:
        they are held as long as any process of it lives. Raises `SourceError`, `Cancelled`, and
        `GitFailed` for what is perhaps not the remote's fault.
        """
        trusted = _trusted(repository) if repository else ()
        command = [self._found(), *_SAFE, *trusted, *arguments]
        process = subprocess.Popen(
            command,
            cwd=repository or "/",
            env=self._networked(remote),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=tuple(leases),
            start_new_session=True,  # no terminal that could be asked; and all of it can be ended
        )
        with process:
            out, said = _communicate(process, is_cancelled)
        if process.returncode:
            raise _translated(remote, hiding([remote.url])(said.decode(errors="replace")))
        return out

    def _local(
        self,
        arguments: Sequence[str],
        repository: str | Path,
        environ: Mapping[str, str],
        text: str | bytes,
    ) -> bytes:
        done = subprocess.run(
            [self._found(), *arguments],
            cwd=repository,
            env=environ,
            input=os.fsencode(text) if isinstance(text, str) else text,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise GitFailed(done.stderr.decode(errors="replace").strip())
        return done.stdout

    def _found(self) -> str:
        if not self.program:
            raise SourceError(
                "Git is not installed, or not on PATH",
                hint="install it: source distributions of an index need no Git",
            )
        return self.program

    def _environ(self, fixed: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in self.environ.items() if name not in _FOREIGN}
        return {**kept, **_SILENT, **fixed}

    def _networked(self, remote: Remote) -> dict[str, str]:
        environ = self._environ({"GIT_ALLOW_PROTOCOL": ":".join(SCHEMES)})
        environ.setdefault("GIT_HTTP_LOW_SPEED_LIMIT", "1")
        environ.setdefault("GIT_HTTP_LOW_SPEED_TIME", "60")
        if remote.url.startswith("ssh:") and not {"GIT_SSH_COMMAND", "GIT_SSH"} & {*environ}:
            environ["GIT_SSH_COMMAND"] = f"{self._configured_ssh()} -o BatchMode=yes"
        if remote.url != remote.shown:
            count = int(environ.get("GIT_CONFIG_COUNT") or 0)
            environ["GIT_CONFIG_COUNT"] = str(count + 1)
            environ[f"GIT_CONFIG_KEY_{count}"] = f"url.{remote.url}.insteadOf"
            environ[f"GIT_CONFIG_VALUE_{count}"] = remote.shown
        return environ

    def _configured_ssh(self) -> str:
        with contextlib.suppress(GitFailed):
            return self.read("/", "config", "--get", "core.sshCommand").decode().strip() or "ssh"
        return "ssh"


def _communicate(
    process: subprocess.Popen[bytes], is_cancelled: Callable[[], bool]
) -> tuple[bytes, bytes]:
    try:
        while True:
            try:
                return process.communicate(timeout=POLL)
            except subprocess.TimeoutExpired:
                if is_cancelled():
                    raise Cancelled("cancelled while a repository was fetched") from None
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        raise


_REASONS = (
    (
        re.compile(r"Host key verification failed", re.IGNORECASE),
        "its host is not known to ssh",
        "connect to it once by hand, or add it to ~/.ssh/known_hosts",
    ),
    (
        re.compile(
            r"could not read (Username|Password)|Authentication failed|Permission denied"
            r"|Access denied|terminal prompts disabled|error: 40[13]",
            re.IGNORECASE,
        ),
        "it asks for credentials, and takes none that are at hand",
        "nobody is asked for a password: use a credential helper, .netrc or an ssh agent",
    ),
    (
        re.compile(r"dubious ownership", re.IGNORECASE),
        "it belongs to another user, and Git does not trust it",
        "git config --global --add safe.directory followed by its path tells Git to",
    ),
    (
        re.compile(
            r"repository .*not found|does not exist|not appear to be a git repository|error: 404",
            re.IGNORECASE,
        ),
        "there is no such repository",
        "is the URL right?",
    ),
    (
        re.compile(
            r"unable to access|Could not resolve|Connection (?:refused|timed out|reset|closed)"
            r"|unable to connect|Network is unreachable|early EOF|hung up|No route to host"
            r"|Operation timed out|not from terminal",
            re.IGNORECASE,
        ),
        "",
        "a full commit that was fetched before needs no network",
    ),
    (
        re.compile(r"transport '[^']*' not allowed", re.IGNORECASE),
        "Git is led to a transport that is not allowed",
        "https, ssh and file are: see url.<base>.insteadOf in Git's configuration",
    ),
)


_PREFIX = re.compile(r"^(?:fatal|error): (?:unable to access '[^']*': )?")


def _translated(remote: Remote, said: str) -> Exception:
    for pattern, reason, hint in _REASONS:
        for line in said.splitlines():
            if pattern.search(line):
                return FetchError(remote.shown, reason or _PREFIX.sub("", line.strip()), hint=hint)
    return GitFailed(said)


def first_line(said: str) -> str:
    """Return what Git said of an error, in one line."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return _PREFIX.sub("", (telling or lines or ["Git ended with an error, and said nothing"])[0])
