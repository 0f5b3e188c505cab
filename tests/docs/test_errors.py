"""The reference of the errors is complete: every class with its code, its facts, its exit code."""

from __future__ import annotations

from docs.markdown import REFERENCE, read, rows, spans
from wheelwell import errors
from wheelwell.cli import exits


def _error_classes() -> list[type[errors.WheelwellError]]:
    return [
        each
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.WheelwellError)
    ]


def test_every_error_is_in_the_reference_with_parent_code_and_exit_code() -> None:
    told = [
        (spans(name), spans(parent), spans(code), int(status))
        for name, parent, code, _, status in rows(read(REFERENCE / "errors.md"))
    ]
    assert told == [
        (
            [each.__name__],
            [each.__base__.__name__] if each.__base__ not in {None, Exception} else [],
            [each.code],
            _status(each),
        )
        for each in _error_classes()
    ]


def _status(error: type[errors.WheelwellError]) -> int:
    if issubclass(error, errors.UsageError):
        return exits.USAGE
    if issubclass(error, errors.Degraded):
        return exits.DEGRADED
    return exits.NOT_IN_CACHE if issubclass(error, errors.NotInCache) else exits.FAILED


def test_an_error_has_a_code_of_its_own() -> None:
    codes = [each.code for each in _error_classes()]
    assert len({*codes}) == len(codes)


def test_what_an_error_tells_besides_is_in_the_reference() -> None:
    told = {*spans(read(REFERENCE / "errors.md"))}
    plain = vars(errors.WheelwellError("")).keys()
    made: list[errors.WheelwellError] = [
        errors.HashMismatch("n", expected="e", found="f"),
        errors.FetchError("u", "r"),
        errors.BuildError("m"),
        errors.Degraded("s", evidence=()),
    ]
    assert {name for each in made for name in vars(each)} <= told | plain
    assert plain <= told
