"""The connection to a scheduler: made in seconds, or an error that says what to look at."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from wheelwell.errors import ConfigurationError, FarmError

Client = Any
"""Dask's `Client`, which has no types that would help."""

PATIENCE = 5.0
"""How long, in seconds, a scheduler may be silent."""

_PORT = 8786
"""Dask's own for schedulers."""

_SETTINGS = "DASK_DISTRIBUTED__COMM__TLS__CA_FILE, …__TLS__CLIENT__CERT and …__TLS__CLIENT__KEY"


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where a scheduler is."""

    host: str
    port: int
    is_encrypted: bool

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'tls' if self.is_encrypted else 'tcp'}://{host}:{self.port}"


def parse_address(text: str) -> Address:
    """Read the address of a scheduler, or the file that it wrote it to.

    Raises `ConfigurationError`.
    """
    if "://" not in text and os.path.exists(text):
        return _address_in(text)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    else:
        is_bare = not (parts.username or parts.path.strip("/") or parts.query or parts.fragment)
        if parts.scheme in {"tcp", "tls"} and host and is_bare:
            return Address(host=host, port=port or _PORT, is_encrypted=parts.scheme == "tls")
    raise ConfigurationError(
        f"{text!r} is no address of a scheduler",
        hint=f"tls://HOST:{_PORT}, tcp://HOST:{_PORT}, or the file of its --scheduler-file",
    )


def _address_in(path: str) -> Address:
    try:
        with open(path, encoding="utf-8") as file:
            return parse_address(str(json.load(file)["address"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(
            f"{path} does not hold the address of a scheduler: {error}",
            hint="`dask scheduler --scheduler-file` writes such a file",
        ) from error


def connect(address: Address, *, warn: Callable[[str], None]) -> Client:
    """Return Dask's client of a scheduler.

    Raises `ConfigurationError`, and `FarmError` where the scheduler does not answer as one.
    """
    try:
        import distributed
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"a farm needs Dask's `distributed`, which is not there: {error}",
            hint="pip install 'wheelwell[farm]'",
        ) from error
    security = distributed.Security()  # as Dask's own configuration has it
    _reach(address, _context(security) if address.is_encrypted else None, warn=warn)
    try:
        return distributed.Client(
            str(address), timeout=2 * PATIENCE, security=security, set_as_default=False
        )
    except Exception as error:  # whatever it meets there, with or without words
        raise _no_scheduler(address, _reason(error)) from error


def ask(client: Client, question: str, **about: Any) -> Any:
    """Return what the scheduler answers. Raises `OSError` where it does not, in a while."""
    method = getattr(client.scheduler, question)
    return client.sync(method, callback_timeout=PATIENCE, **about)


def _reach(
    address: Address, context: ssl.SSLContext | None, *, warn: Callable[[str], None]
) -> None:
    """See that a scheduler listens. Dask itself waits for one without end, and tells little."""
    with _translated(address), contextlib.ExitStack() as stack:
        peer = socket.create_connection((address.host, address.port), timeout=PATIENCE)
        stack.enter_context(peer)
        if context is not None:
            peer = stack.enter_context(context.wrap_socket(peer, server_hostname=address.host))
        elif not ipaddress.ip_address(peer.getpeername()[0].partition("%")[0]).is_loopback:
            warn(
                f"what goes to {address} can be read on its way, and whoever reaches it can "
                "run programs on the workers: tls:// is for that"
            )
        if not _speaks(peer):
            raise _no_scheduler(address, "it says nothing")


def _speaks(peer: socket.socket) -> bool:
    """Say whether the other side begins to speak, as Dask does."""
    try:
        return bool(peer.recv(1))
    except (TimeoutError, ConnectionResetError):
        return False


def _no_scheduler(address: Address, why: str) -> FarmError:
    kind, place = ("tcp", "without") if address.is_encrypted else ("tls", "with")
    other = f"{kind}://{address.host}:{address.port}"
    return FarmError(
        f"what listens at {address} does not answer as a scheduler: {why}",
        hint=f"is it a scheduler? If it is one {place} TLS, it is {other}",
    )


@contextlib.contextmanager
def _translated(address: Address) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        raise FarmError(
            f"no encrypted connection to {address}: {_reason(error)}",
            hint=_advice(address, error),
        ) from error
    except socket.gaierror as error:
        raise FarmError(
            f"there is no host {address.host}: {error.strerror}",
            hint="is the name of the scheduler's machine right?",
        ) from error
    except TimeoutError as error:
        raise FarmError(
            f"{address} did not answer in {PATIENCE:g} s",
            hint="is the machine up, and does a firewall let this port through?",
        ) from error
    except OSError as error:
        raise FarmError(
            f"{address} cannot be reached: {error.strerror or error}",
            hint="has `dask scheduler` been started there, and does it say this address?",
        ) from error


def _context(security: Any) -> ssl.SSLContext:
    """Return what Dask encrypts with. Raises `ConfigurationError`."""
    try:
        context = security.get_connection_args("client")["ssl_context"]
    except OSError as error:  # as of a file that is not there, or is no certificate
        named = f"{error.filename}: " if error.filename else ""
        raise ConfigurationError(
            f"Dask's certificates cannot be read: {named}{error.strerror or error}",
            hint=f"they are named by {_SETTINGS}, or in Dask's configuration files",
        ) from error
    if not isinstance(context, ssl.SSLContext):
        raise ConfigurationError(
            "Dask's configuration names no certificates for tls://",
            hint=f"set {_SETTINGS}, or the same in Dask's configuration files",
        )
    return context


def _reason(error: BaseException) -> str:
    """Return what an error says, or what it came from says."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, ssl.SSLError) and found.reason:
            return found.reason.replace("_", " ").lower()
        if isinstance(found, OSError) and found.strerror:
            return found.strerror
        if found.__cause__ is None and found.__context__ is None:
            break
        found = found.__cause__ or found.__context__
    return str(found or error) or type(error).__name__


def _advice(address: Address, error: BaseException) -> str:
    """Return what to look at where no encrypted connection comes about."""
    reason = _reason(error)
    if "unknown ca" in reason:
        return "the scheduler's CA file (--tls-ca-file) does not know who signed our certificate"
    if "certificate" in reason:
        return f"is the CA that signed the scheduler's certificate the one of {_SETTINGS}?"
    return f"does the scheduler speak TLS at all? Else it is tcp://{address.host}:{address.port}"
