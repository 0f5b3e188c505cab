"""Secret variables: they reach a build's hooks, and nothing that lasts or is shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from wheelwell.errors import ConfigurationError

SHORTEST = 4
"""How many characters a secret has at least: a shorter one is found everywhere in a log."""

MASK = "****"


def secret(name: str, environ: Mapping[str, str]) -> str:
    """Return the value of a variable that is to be secret. Raises `ConfigurationError`.

    Only its name may be given, so that no value stands in a command line or a file.
    """
    if not name or "=" in name:
        raise ConfigurationError(
            f"a secret variable is given by its name alone, not {name.partition('=')[0]}=VALUE",
            hint="set it in the environment, and name it with --secret-env NAME",
        )
    if name not in environ:
        raise ConfigurationError(
            f"the secret variable {name} is not set here",
            hint=f"set {name} in the environment of this command",
        )
    if len(environ[name]) < SHORTEST:
        raise ConfigurationError(
            f"the secret variable {name} has fewer than {SHORTEST} characters, "
            "which cannot be masked in a log",
            hint=f"if it is no secret, --env {name} passes it as a part of the key",
        )
    return environ[name]


def masking(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return what masks, in a text, every one of `secrets` that stands in it.

    Also as a URL, a JSON or a Python text has it, and the lines of one that has several, because
    a log comes line by line.
    """
    forms = {form for value in secrets for whole in _pieces(value) for form in _forms(whole)}
    longest_first = sorted(forms, key=lambda form: (-len(form), form))

    def mask(text: str) -> str:
        for form in longest_first:
            text = text.replace(form, MASK)
        return text

    return mask


def _pieces(value: str) -> set[str]:
    pieces = {value, value.strip(), *map(str.strip, value.splitlines())}
    return {piece for piece in pieces if len(piece) >= SHORTEST}


def _forms(text: str) -> set[str]:
    from urllib.parse import quote, quote_plus

    shown = text.encode(errors="surrogateescape").decode(errors="replace")  # as logs are read
    return {
        text,
        shown,
        quote(shown),
        quote(shown, safe=""),
        quote_plus(shown),
        repr(shown)[1:-1],
        json.dumps(shown)[1:-1],
        json.dumps(shown, ensure_ascii=False)[1:-1],
    }
