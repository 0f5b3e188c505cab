"""Secret variables: they reach a build's hooks, and nothing that lasts or is shown."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping

from wheelwell.errors import BuildError, ConfigurationError, WheelwellError

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


def names_alone(secrets: Mapping[str, str]) -> dict[str, str]:
    """Return secrets as they may leave this process: their names, with empty values."""
    return dict.fromkeys(secrets, "")


def set_here(secrets: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return secrets that came by name with the values that they have here.

    What is not set here, or too short, stays empty: a hit does not need it.
    """
    found = {name: environ.get(name, "") for name in secrets}
    return {name: value if len(value) >= SHORTEST else "" for name, value in found.items()}


def check_set(secrets: Mapping[str, str]) -> None:
    """Raise `ConfigurationError` where the value of a secret is not known in this process."""
    for name, value in secrets.items():
        if not value:
            raise ConfigurationError(
                f"the secret variable {name} is not set where this is to be built",
                hint=f"secrets do not travel: set {name} in the environment of what builds",
            )


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


@contextlib.contextmanager
def masked_errors(secrets: Iterable[str]) -> Iterator[None]:
    """Mask secrets in the errors that the block raises: a backend's answer may hold some."""
    hidden = tuple(secrets)
    try:
        yield
    except WheelwellError as error:
        if not hidden:
            raise
        mask = masking(hidden)
        error.message, error.hint = mask(error.message), mask(error.hint)
        error.args = (error.message,)
        if isinstance(error, BuildError):
            error.lines = tuple(map(mask, error.lines))
        raise error from None  # what it came from is not ours to mask


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
