"""The session: connections, certificates, proxies and retries, as pip's users know them."""

from __future__ import annotations

import functools
import os
import ssl
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from wheelwell.indexes import Connection
from wheelwell.sources import waiting

RETRIES = 4
WORTH_RETRYING = (429, 500, 502, 503, 504)

LONGEST_PAUSE = 60.0
"""How long, in seconds, a server may tell us to wait before we ask again (`Retry-After`)."""

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


class Session(requests.Session):
    """Sends requests. Threads may share it."""

    def __init__(self, connection: Connection, *, agent: str) -> None:
        super().__init__()
        self._connection = connection
        self.headers["User-Agent"] = agent
        self.cert = connection.client_certificate or None
        self.mount("http://", _Adapter())
        self._unchecked = _Adapter()
        if connection.trusted_hosts:  # that a certificate is not checked is what the user wants
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)

    def get_adapter(self, url: str) -> requests.adapters.BaseAdapter:
        if is_trusted(url, self._connection):
            return self._unchecked
        if urlsplit(url).scheme == "https":
            return self._secure
        return super().get_adapter(url)

    @functools.cached_property
    def _secure(self) -> requests.adapters.BaseAdapter:
        """Trust what the user names instead of what the system trusts, as pip does."""
        named = bool(self._connection.certificates) or any(map(os.environ.get, _BUNDLES))
        return _Adapter() if named else _SystemAdapter()  # which takes some milliseconds to make

    def exchange(self, request: requests.PreparedRequest) -> requests.Response:
        """Send one request, and return the answer, its body unread. Redirects are not followed."""
        connection, url = self._connection, request.url or ""
        kinds = ("http", "https") if connection.proxy else ()
        # With the call, because the environment's would win over the session's.
        verify = False if is_trusted(url, connection) else connection.certificates or None
        settings = self.merge_environment_settings(
            url, dict.fromkeys(kinds, connection.proxy), stream=True, verify=verify, cert=None
        )
        return self.send(request, timeout=connection.timeout, allow_redirects=False, **settings)


def is_trusted(url: str, connection: Connection) -> bool:
    """Say whether the user trusts a host whatever its certificate says."""
    host = urlsplit(url).netloc.rpartition("@")[2]
    return not {host, host.rpartition(":")[0]}.isdisjoint(connection.trusted_hosts)


class Backoff(urllib3.Retry):
    """Retries after pauses that the caller can end, and gives up where they would be too long."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: urllib3.BaseHTTPResponse | None = None,
        error: Exception | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Self:
        if error is not None and isinstance(error.__cause__, waiting.TooSlow):
            raise error
        if response is not None and (self.get_retry_after(response) or 0) > LONGEST_PAUSE:
            raise urllib3.exceptions.MaxRetryError(args[0] if args else None, url or "", error)  # type: ignore[arg-type]
        return super().increment(method, url, response, error, *args, **kwargs)

    def sleep_for_retry(self, response: urllib3.BaseHTTPResponse) -> bool:
        seconds = self.get_retry_after(response)
        if seconds:
            waiting.pause(seconds)
        return bool(seconds)

    def _sleep_backoff(self) -> None:
        waiting.pause(self.get_backoff_time())


class _Connection(HTTPConnection):
    response_class = waiting.PatientResponse  # type: ignore[mutable-override]


class _SecureConnection(HTTPSConnection):
    response_class = waiting.PatientResponse  # type: ignore[mutable-override]


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection  # type: ignore[mutable-override]


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection  # type: ignore[mutable-override]


_POOLS: Mapping[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _SecurePool}


class _Adapter(requests.adapters.HTTPAdapter):
    """Connects in our way."""

    def __init__(self) -> None:
        super().__init__(
            max_retries=Backoff(
                total=RETRIES,
                backoff_factor=0.25,
                status_forcelist=WORTH_RETRYING,
                raise_on_status=False,
                allowed_methods=("GET",),
            )
        )

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager


class _SystemAdapter(_Adapter):
    """Trusts what the system trusts (`SSL_CERT_FILE` and `SSL_CERT_DIR` say so too) as pip does."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=_system_context(), **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, ssl_context=_system_context(), **kwargs)


@functools.cache
def _system_context() -> ssl.SSLContext:
    return ssl.create_default_context()
