"""Faults: what went wrong between us and a server, in our words and without its secrets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import urllib3

from wheelwell.errors import FetchError
from wheelwell.sources.session import RETRIES, WORTH_RETRYING
from wheelwell.sources.waiting import ENOUGH, SPAN, TooSlow
from wheelwell.urls import without_credentials

FAULTS = (urllib3.exceptions.HTTPError, OSError, ValueError)
"""What the client raises."""


def check_status(status: int, url: str, *, retry_after: str = "") -> None:
    """Raise `FetchError` where a server did not give what it was asked for."""
    if status in {200, 203}:  # others have no body, or a part of it
        return
    hint = ""
    if status in {401, 403, 407}:
        hint = "the server wants other credentials: put them into the URL, or into ~/.netrc"
    elif status in WORTH_RETRYING and retry_after:
        hint = f"the server says when to ask again: Retry-After: {retry_after[:40]}"
    elif status in WORTH_RETRYING:
        hint = f"it was asked {RETRIES + 1} times; try again later"
    raise FetchError(
        without_credentials(url), f"the server answered {status}", status=status, hint=hint
    )


@contextlib.contextmanager
def translated(url: str, timeout: float) -> Iterator[None]:
    """Turn the client's exceptions into ours. Their texts may hold credentials: none is shown."""
    try:
        yield
    except FAULTS as error:
        raise fault_of(error, url, timeout) from None


def fault_of(error: Exception, url: str, timeout: float) -> FetchError:
    """Return one of the client's exceptions as ours."""
    reason, hint = _explain(error, timeout)
    return FetchError(without_credentials(url), reason, hint=hint)


def is_worth_retrying(error: Exception) -> bool:
    """Say whether it may go better the next time: what is too slow takes as long again."""
    return not any(isinstance(each, TooSlow) for each in _chain(error))


def _explain(error: Exception, timeout: float) -> tuple[str, str]:
    causes = " ".join(type(each).__name__ for each in _chain(error))
    if "Cert" in causes:
        return "its certificate is not trusted", "PIP_CERT or REQUESTS_CA_BUNDLE can name it"
    if "SSL" in causes:
        return "no secure connection", "is it a server for https?"
    if "TooSlow" in causes:
        return f"fewer than {ENOUGH} bytes came in {SPAN * timeout:g} s", "try again later"
    if "Timeout" in causes:
        return f"no answer within {timeout:g} s", "is the server up, and is there a proxy to use?"
    if "IncompleteRead" in causes or "ProtocolError" in causes or "ConnectionReset" in causes:
        return "the connection broke off before the end", "try again"
    if "NameResolution" in causes or "gaierror" in causes:
        return "the host's name is not known", "is there a network? --offline asks for none"
    if "NewConnection" in causes or "ConnectionError" in causes:
        return "no connection", "is the server up, and is there a proxy to use?"
    if "DecodeError" in causes:
        return "its content is not encoded as its head says", ""
    if type(error) is OSError:  # of a file of certificates: the client's own have classes
        return str(error), ""
    return f"it is no URL that can be fetched ({type(error).__name__})", ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Walk the causes of an exception, the client's own nesting included."""
    seen: set[int] = set()
    pending: list[Any] = [error]
    while pending:
        each = pending.pop()
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            pending += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
