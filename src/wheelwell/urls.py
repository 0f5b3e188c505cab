"""URLs as they may be stored and shown: without anything that is secret in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

UNREADABLE = "(a URL that cannot be read)"
"""What is shown where it cannot be told which part of a URL is secret."""


_INNER = re.compile(r"(?<=//)[^/]*@|(?<=/)[^/]*:[^/]*@")
"""What a path holds of credentials where the URL is mistyped, as in `https://https://user…@…`."""


def without_credentials(url: str) -> str:
    """Return `url` without user, password, query and fragment: what names a place, not a person.

    Signed links carry their signature in the query; some indexes take a token as the user.
    """
    if not {"@", "?", "#"} & {*url}:
        return url  # as nearly all are; importing the parser takes 3 ms
    from urllib.parse import urlsplit, urlunsplit

    if not is_readable(url):
        return UNREADABLE
    parts = urlsplit(url)
    is_path = parts.scheme == "file" or url.startswith(("/", "./", "../", "~"))
    if not parts.netloc and not is_path and "@" in parts.path:
        return UNREADABLE  # `user:password@host/` or `https//user…`, its scheme mistyped
    host = parts.netloc.rpartition("@")[2]
    path = parts.path if is_path else _INNER.sub("****@", parts.path)
    return urlunsplit(parts._replace(netloc=host, path=path, query="", fragment=""))


def without_passwords(url: str) -> str:
    """Return `url` as it may leave this process: what it names can still be fetched.

    Over HTTP a user may be a token, and goes too; elsewhere it is part of the address, as in
    `ssh://git@…`.
    """
    if "@" not in url:
        return url
    from urllib.parse import urlsplit, urlunsplit

    if without_credentials(url) == UNREADABLE:
        return UNREADABLE
    parts = urlsplit(url)
    if not parts.netloc:
        return url  # a path, or a file's
    info, _, host = parts.netloc.rpartition("@")
    user = "" if parts.scheme.endswith(("http", "https")) else info.partition(":")[0]
    netloc, path = f"{user}@{host}" if user else host, _INNER.sub("****@", parts.path)
    return urlunsplit(parts._replace(netloc=netloc, path=path))


def is_readable(url: str) -> bool:
    """Say whether `url` has the parts that its scheme asks for, as RFC 3986 divides them."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        port = parts.port  # a ValueError: a password with a / in it looks like a port, for one
    except ValueError:
        return False
    return parts.scheme not in {"http", "https"} or bool(parts.hostname and port != 0)


def hiding(urls: Iterable[str]) -> Callable[[str], str]:
    """Return what hides, in a text, everything of `urls` that is secret.

    Other programs print URLs as they like: pip masks the password alone, and a token may be the
    user, or in the query.
    """
    from urllib.parse import unquote, urlsplit

    secrets: set[str] = set()
    for url in filter(is_readable, urls):
        parts = urlsplit(url)
        info = parts.netloc.rpartition("@")[0]
        user = info.partition(":")[0]
        words = {parts.password or "", unquote(parts.password or ""), parts.query}
        secrets |= {word for word in words if len(word) > 3}
        if info:
            secrets |= {f"{info}@", f"{user}:****@", f"{user}@", f"{unquote(user)}@"}
    longest_first = sorted(secrets, key=len, reverse=True)

    def hide(text: str) -> str:
        for secret in longest_first:
            text = text.replace(secret, "****@" if secret.endswith("@") else "****")
        return text

    return hide
