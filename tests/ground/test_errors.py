"""An error stays what it is on its way from one process to another."""

from __future__ import annotations

import pickle

import pytest

from wheelwell import errors
from wheelwell.builder.supervised import CommandFailed

MADE: list[errors.WheelwellError] = [
    errors.WheelwellError("m", hint="h", log="/l"),
    errors.Degraded("s", evidence=("a", "b")),
    errors.HashMismatch("n", expected="e", found="f"),
    errors.FetchError("u", "r", status=404),
    errors.BuildError("m", lines=("a",), requirements={"b": "1"}, hint="h", log="/l"),
    errors.ExportConflict("m", is_other_build=True),
    errors.DamagedWheel("/p", expected="e", found="f"),
    CommandFailed(["/bin/cc"], -9),
]
PLAIN = [
    kind("m", hint="h")
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.WheelwellError)
    if kind not in {type(each) for each in MADE}
]


@pytest.mark.parametrize("error", [*MADE, *PLAIN], ids=lambda error: type(error).__name__)
def test_an_error_can_be_pickled_with_all_that_it_tells(error: errors.WheelwellError) -> None:
    error.suggest("something else")
    error.add_note("seen on the way")
    there = pickle.loads(pickle.dumps(error))

    assert type(there) is type(error)
    assert vars(there) == vars(error)
    assert (str(there), there.args, there.code) == (str(error), error.args, error.code)
