"""The installer: uv where it is present, else pip, fills environments with build requirements."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from wheelwell.builder.dated_index import DatedIndex, dated_variables
from wheelwell.builder.frontends import frontend
from wheelwell.builder.leftovers import MARK
from wheelwell.builder.preparation import Preparation, Wanted
from wheelwell.builder.supervised import CommandFailed, Supervised
from wheelwell.digest import sha256_of
from wheelwell.errors import EnvironmentFailed, NotInCache, SourceError
from wheelwell.indexes import Connection, Indexes, Network
from wheelwell.urls import hiding

_PASSED = frozenset(
    """
    HOME LANG LOGNAME NETRC PATH TERM TMPDIR TZ USER
    ALL_PROXY FTP_PROXY HTTP_PROXY HTTPS_PROXY NO_PROXY
    all_proxy ftp_proxy http_proxy https_proxy no_proxy
    CURL_CA_BUNDLE REQUESTS_CA_BUNDLE SSL_CERT_DIR SSL_CERT_FILE SSL_CLIENT_CERT
    DBUS_SESSION_BUS_ADDRESS SSH_AGENT_PID SSH_AUTH_SOCK
    DYLD_FALLBACK_LIBRARY_PATH DYLD_LIBRARY_PATH LD_LIBRARY_PATH
    """.split()
)
"""Variables of the caller that pip and uv are given: how to reach indexes, and who asks."""

_PASSED_PREFIXES = ("PIP_", "UV_", "XDG_", "LC_", "GIT_", "KEYRING_", "PYTHON_KEYRING_")

_OF_PLACE = frozenset(
    """
    PIP_DRY_RUN PIP_PREFIX PIP_PYTHON PIP_ROOT PIP_TARGET
    UV_PROJECT UV_PYTHON UV_SYSTEM_PYTHON UV_VENV_SEED UV_WORKING_DIR UV_WORKING_DIRECTORY
    """.split()
)
"""Variables of pip and uv that say where to install, which is not the user's choice here."""


PageBefore = Callable[[str, str, Network], bytes | None]
"""Gives a project's page, by its name, as an index would have answered before an instant."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Installer:
    """Fills environments. Threads share it."""

    indexes: Indexes
    connection: Connection
    environ: Mapping[str, str]
    """The caller's variables."""

    page_before: PageBefore = lambda *_: None

    def inputs(self, wanted: Wanted) -> dict[str, object]:
        """Return all that decides what an environment holds, without credentials."""
        installer = {
            name: value
            for name, value in self.environ.items()
            if name.startswith(("UV_", "PIP_")) and "PASSWORD" not in name
        }
        return {
            "python": [wanted.interpreter.executable, wanted.interpreter.version],
            "requirements": wanted.requirements,
            "constraints": wanted.constraints,
            "as_of": wanted.as_of,
            "wheels": sorted(wheel.sha256 for wheel in wanted.wheels),
            "indexes": self.indexes.named(),
            "installer": sha256_of(installer),  # may hold credentials: only its hash is named
        }

    @contextlib.contextmanager
    def preparing(
        self, path: Path, wanted: Wanted, supervised: Supervised
    ) -> Iterator[Preparation]:
        """Let an environment be prepared at `path`, a new directory, while the block runs.

        What it does raises `CommandFailed`, `EnvironmentFailed` where it cannot be had as of its
        instant, and as `Supervised.run` does.
        """
        environ = {**self.variables(wanted.network), MARK: str(supervised.home)}
        hide = hiding([*self.indexes.urls, *self.indexes.find_links])
        by = frontend(self.environ)
        if not wanted.as_of:
            run = _Running(supervised, environ, hide)
            yield Preparation(path, wanted, by, run, has_index=bool(self.indexes.urls))
            return
        index = DatedIndex(lambda name: self.page_before(name, wanted.as_of, wanted.network))
        cache = path / "cache"
        with index.serving(), _explaining(index, wanted.as_of):
            dated = dated_variables(
                environ, url=index.url, cache=str(cache), connection=self.connection
            )
            shown = f"(the index as of {wanted.as_of})/"
            run = _Running(supervised, dated, lambda text: hide(text.replace(index.url, shown)))
            yield Preparation(path, wanted, by, run, has_index=True)
        shutil.rmtree(cache, ignore_errors=True)

    def variables(self, network: Network) -> dict[str, str]:
        """Return the variables of pip and uv: the caller's own, and the indexes that are in force.

        No others: a build requirement that is built on the way gets none of the caller's either.

        Variables, not switches: everybody on the machine can see a switch, credentials and all.
        """
        environ = {
            name: value
            for name, value in self.environ.items()
            if name in _PASSED or (name.startswith(_PASSED_PREFIXES) and name not in _OF_PLACE)
        }
        environ |= {
            "UV_PYTHON_DOWNLOADS": "never",
            "UV_LINK_MODE": "copy",  # else a build could edit uv's cache through a link
            "UV_NO_PROGRESS": "1",
            "NO_COLOR": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_NO_INPUT": "1",
            "PIP_PROGRESS_BAR": "off",
            "PIP_REQUIRE_VIRTUALENV": "0",
            "PIP_USER": "0",
        }
        if network is Network.NEVER:
            environ |= {"UV_OFFLINE": "1", "PIP_NO_INDEX": "1"}
        if self.connection.certificates:
            environ.setdefault("SSL_CERT_FILE", self.connection.certificates)
        if hosts := " ".join(self.connection.trusted_hosts):
            environ |= {"PIP_TRUSTED_HOST": hosts, "UV_INSECURE_HOST": hosts}
        return environ | self._index_variables()

    def _index_variables(self) -> dict[str, str]:
        if self.indexes == Indexes():
            return {}  # nothing is set: pip's and uv's own configuration stands
        links = [_link(place) for place in self.indexes.find_links]
        found = {
            "PIP_FIND_LINKS": " ".join(links),
            "UV_FIND_LINKS": ",".join(links),
            "UV_INDEX_STRATEGY": "unsafe-best-match",  # all indexes are equal, as they are to pip
        }
        if not self.indexes.urls:
            return found | {"PIP_NO_INDEX": "1"}
        first, *others = self.indexes.urls
        found |= {"PIP_EXTRA_INDEX_URL": " ".join(others), "UV_INDEX": " ".join(others)}
        if first:  # else it is their own default, or what the caller's variables say
            found |= {"PIP_INDEX_URL": first, "UV_DEFAULT_INDEX": first}
        return {name: value for name, value in found.items() if value or name.startswith("PIP_")}


@dataclass(frozen=True, slots=True)
class _Running:
    """Runs the commands of a frontend."""

    supervised: Supervised
    environ: Mapping[str, str]
    hide: Callable[[str], str]

    def __call__(self, *argv: str) -> None:
        # Far from any project: uv takes settings from those around its working directory.
        self.supervised.run(argv, cwd="/", environ=self.environ, hide=self.hide)


@contextlib.contextmanager
def _explaining(index: DatedIndex, as_of: str) -> Iterator[None]:
    """Tell what a dated index could not answer, not what an installer made of that."""
    try:
        try:
            yield
        except CommandFailed:
            index.check()
            raise
        index.check()  # it may have found a way around, which would be another answer
    except (SourceError, NotInCache) as error:
        raise EnvironmentFailed(
            f"the build requirements as of {as_of} cannot be told: {error.message}",
            hint=error.hint,
        ) from error


def _link(place: str) -> str:
    """Return a place of `--find-links` as a URL: pip takes a space for the end of a path."""
    return place if "://" in place else Path(place).expanduser().absolute().as_uri()
