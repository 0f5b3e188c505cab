"""Remotes: where Git repositories are, and which of the many spellings of that are safe to use."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field

from wheelwell.digest import Sha256, sha256_text
from wheelwell.errors import InvalidRequest
from wheelwell.urls import is_readable, without_credentials

SCHEMES = ("https", "ssh", "file")
"""How repositories are reached. Nobody vouches for what comes by `http:` or `git:`, and `ext::`
and its like run commands."""

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.IGNORECASE)
_SHORT = re.compile(r"[0-9a-f]{4,63}", re.IGNORECASE)
_SCP = re.compile(r"((?:[^/@:\s]+@)?[^/:@\s]+):(?!/?/)(\S+)")  # user@host:path
_NO_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^/|/$|\.$|\.lock$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Remote:
    """A repository somewhere, that may be asked for what it holds."""

    url: str = field(repr=False)
    """Credentials included."""

    @property
    def shown(self) -> str:
        """Its URL without credentials; the user of `ssh:` is none."""
        user = _user(self.url) if self.url.startswith("ssh:") else ""
        scheme, _, rest = without_credentials(self.url).partition("://")
        return f"{scheme}://{user}{rest}"

    @property
    def name(self) -> Sha256:
        """What it is known by here: spellings that lead to the same place share it."""
        scheme, _, rest = without_credentials(self.url).partition("://")
        host, slash, path = rest.partition("/")
        path = path.rstrip("/").removesuffix(".git")
        return sha256_text(f"{scheme}://{host.lower()}{slash}{path}")

    @property
    def is_local(self) -> bool:
        """Say whether it is on this machine."""
        return self.url.startswith("file:")


def is_commit(ref: str) -> bool:
    """Say whether `ref` is a commit's full name, with which nothing has to be looked up."""
    return _COMMIT.fullmatch(ref) is not None


def is_short_commit(ref: str) -> bool:
    """Say whether `ref` could be the start of a commit's name."""
    return _SHORT.fullmatch(ref) is not None and not is_commit(ref)


def parse_remote(text: str) -> tuple[Remote, str]:
    """Read `git+https://host/path@ref`, its fragment taken off; return the remote and the ref.

    Raises `InvalidRequest`.
    """
    from urllib.parse import unquote, urlsplit, urlunsplit

    if not is_readable(text):
        raise InvalidRequest(f"{without_credentials(text)} is no URL of a Git repository")
    parts = urlsplit(text)
    path, at, ref = parts.path.rpartition("@")
    if not at:
        path, ref = parts.path, ""
    ref = unquote(ref)
    if at:
        check_ref(ref, text)
    kind = parts.scheme.removeprefix("git+")
    if kind == "file" and not path.startswith("/"):
        path = ""
    url = urlunsplit(parts._replace(scheme=kind, path=path))
    return _checked(url), ref.lower() if is_commit(ref) else ref


def check_ref(ref: str, text: str) -> None:
    """Raise `InvalidRequest` where Git could not have such a ref (git-check-ref-format)."""
    if not ref or ref.startswith("-") or _NO_REF.search(ref) or not _is_encodable(ref):
        raise InvalidRequest(
            f"{without_credentials(text)}: {ref!r} is no branch, tag or commit",
            hint="as in git+https://…@main; none at all is the default branch",
        )


def submodule_remote(told: str, parent: Remote) -> Remote:
    """Return where a submodule is, as `.gitmodules` tells it. Raises `InvalidRequest`.

    A path counts from where the repository above it is. A place on this machine counts only where
    that one is here too: what somebody else wrote must not choose files of this machine.
    """
    if told.startswith(("./", "../")):
        scheme, _, rest = parent.url.partition("://")
        host, _, path = rest.partition("/")
        joined = posixpath.normpath(posixpath.join(f"/{path.rstrip('/')}", told))
        return _checked(f"{scheme}://{host}{joined}")
    if told.startswith("/") and parent.is_local:
        told = f"file://{told}"
    elif scp := _SCP.fullmatch(told):
        told = f"ssh://{scp[1]}/{scp[2]}"
    remote = _checked(told)
    if remote.is_local and not parent.is_local:
        raise InvalidRequest(f"{parent.shown} has a submodule on this machine: {remote.shown}")
    return remote


def _checked(url: str) -> Remote:
    from urllib.parse import unquote, urlsplit

    shown = without_credentials(url)
    if not is_readable(url) or not url.isprintable() or not _is_encodable(url):
        raise InvalidRequest(f"{shown} is no URL of a Git repository")
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES or "::" in url.partition("://")[0]:
        raise InvalidRequest(
            f"{shown}: Git repositories are not asked by {parts.scheme or 'no scheme'}:",
            hint="git+https:, git+ssh: and git+file: are known",
        )
    is_hosted = bool(parts.hostname)
    if parts.scheme == "file" and parts.netloc not in {"", "localhost"}:
        raise InvalidRequest(f"{shown}: a repository on another machine cannot be read as a file")
    if parts.scheme != "file" and not is_hosted:
        raise InvalidRequest(f"{shown} names no host")
    if any(unquote(part or "").startswith("-") for part in (parts.username, parts.hostname)):
        raise InvalidRequest(f"{shown}: neither user nor host begins with a dash")
    path = unquote(parts.path)
    if not path.startswith("/") or not path.strip("/") or path.startswith("/-"):
        raise InvalidRequest(f"{shown} names no repository")
    return Remote(url=url)


def _user(url: str) -> str:
    info = url.partition("://")[2].partition("/")[0].rpartition("@")[0]
    return f"{info.partition(':')[0]}@" if info else ""


def _is_encodable(text: str) -> bool:
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False
