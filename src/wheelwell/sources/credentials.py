"""Credentials: which go along with a request, in the order in which pip looks for them."""

from __future__ import annotations

import os.path
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit, urlunsplit

import requests.utils

from wheelwell.sources.keyring import Keyring, Pair, keyring_of


@dataclass(slots=True)
class Credentials:
    """Knows whose password goes where. Threads share it.

    A URL's own come first, then those of the index that it belongs to, then netrc's; a keyring is
    asked once a server has refused.
    """

    indexes: Sequence[str] = ()
    """The URLs of indexes, perhaps with credentials."""

    provider: str = "auto"
    """Which keyring: pip's `--keyring-provider`."""

    _told: dict[str, Pair] = field(default_factory=dict, repr=False)
    """What a keyring told, by host and port."""

    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def of(self, url: str) -> Pair | None:
        """Return user and password for a request, or None."""
        user, password = _own(url)
        if password is not None:
            return user or "", password
        of_index = _own(self._index(url))
        if of_index[1] is not None and user in {None, of_index[0]}:
            return of_index[0] or "", of_index[1]
        if found := requests.utils.get_netrc_auth(url):
            return found
        user = user or of_index[0]
        told = self._told.get(_host(url))
        if told and user in {None, told[0]}:
            return told
        return None if user is None else (user, "")  # some indexes take a token as the user

    def after_refusal(self, url: str, *, warned: Callable[[str], None]) -> Pair | None:
        """Return what a keyring tells of a URL's index, or of its host, or None."""
        user, password = _own(url)
        index = self._index(url)
        if password is not None or _own(index)[1] is not None:
            return None
        with self._lock:
            keyring = keyring_of(self.provider, warned=warned)
            if keyring is None:
                return None
            found = _asked(keyring, [_bare(index), _host(url)], user or _own(index)[0])
            if found:
                self._told[_host(url)] = found
            return found

    def _index(self, url: str) -> str:
        """Return the index at the same host that has most of its path in common, or nothing."""
        asked = urlsplit(url)
        here = [each for each in self.indexes if _host(each) == _host(url)]
        here = [each for each in here if urlsplit(each).scheme == asked.scheme]

        def common(index: str) -> int:
            return len(os.path.commonpath([asked.path or "/", urlsplit(index).path or "/"]))

        return max(here, key=common, default="")


def _asked(keyring: Keyring, services: Sequence[str], user: str | None) -> Pair | None:
    for service in filter(None, services):
        if found := keyring(service, user):
            return found
    return None


def _own(url: str) -> tuple[str | None, str | None]:
    parts = urlsplit(url)
    user, password = parts.username, parts.password
    return (
        unquote(user) if user is not None else None,
        unquote(password) if password is not None else None,
    )


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _bare(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(netloc=urlsplit(url).netloc.rpartition("@")[2]))
