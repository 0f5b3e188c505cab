"""Keyrings: credentials that the user's system keeps, asked for as pip asks (never by a prompt)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable

from wheelwell.sources import waiting

Pair = tuple[str, str]
"""A user and a password."""

Keyring = Callable[[str, str | None], Pair | None]
"""Returns what is kept for a service, for that user or for any."""


def keyring_of(provider: str, *, warned: Callable[[str], None]) -> Keyring | None:
    """Return the keyring that pip's `--keyring-provider` names, or None for none.

    `auto` is none: pip too leaves a keyring alone where it may not ask the user (`--no-input`),
    unless one is named.
    """
    if provider == "import":
        return _imported(warned)
    if provider == "subprocess":
        return _subprocess if shutil.which("keyring") else None
    if provider not in {"auto", "disabled"}:
        warned(f"there is no keyring provider {provider!r}: import, subprocess, auto or disabled")
    return None


def _imported(warned: Callable[[str], None]) -> Keyring | None:
    try:
        import keyring  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        warned("the keyring provider is import, but there is no keyring package here")
        return None

    def ask(service: str, user: str | None) -> Pair | None:
        try:
            found = keyring.get_credential(service, user)
        except Exception as error:  # noqa: BLE001 - a backend may be anybody's
            warned(f"the keyring was asked in vain ({type(error).__name__})")
            return None
        return (found.username, found.password) if found else None

    return ask


def _subprocess(service: str, user: str | None) -> Pair | None:
    """Ask the command `keyring`, the first on `PATH`; it has nothing to read answers from."""
    names = [service] if user is None else [service, user]
    try:
        process = subprocess.Popen(
            ["keyring", "--mode=creds", "--output=json", "get", *names],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        )
    except OSError:  # what is there is no program
        return None
    with process:
        try:
            told = _output(process)
        finally:
            process.kill()
    try:
        found = json.loads(told) if process.returncode == 0 else {}
        return str(found["username"]), str(found["password"])
    except (ValueError, KeyError, TypeError):
        return None


def _output(process: subprocess.Popen[bytes]) -> bytes:
    while True:
        waiting.check()
        try:
            return process.communicate(timeout=waiting.TURN)[0]
        except subprocess.TimeoutExpired:
            continue
