"""The content of a list: its bytes, read whole, but never without end."""

from __future__ import annotations

from wheelwell.errors import ConfigurationError

LIMIT = 64 << 20
"""How many bytes a list may have; the largest real locks have a few million."""


def read_bytes(path: str) -> bytes:
    """Return what is in a file. Raises `ConfigurationError`."""
    if "\0" in path:
        raise ConfigurationError(f"no file is called {path!r}")
    try:
        with open(path, "rb") as file:
            data = file.read(LIMIT + 1)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > LIMIT:
        raise ConfigurationError(f"{path} cannot be read: it has more than {LIMIT >> 20} MiB")
    return data
