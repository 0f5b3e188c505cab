"""A record is read as it was written, or refused with a `ValueError`: never believed in part."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.values import PURE, record_of
from wheelwell.digest import Sha256
from wheelwell.needs import Library, Needs
from wheelwell.record import SCHEMA, Observed, Record, Stamp
from wheelwell.settings import Settings

LIBRARY = Library(name="libc.so.6", versions=("GLIBC_2.34",), rpath=("/a",), runpath=("/b",))
RECORD = record_of(needs=Needs(libraries=(LIBRARY,), elsewhere=("libtorch.so",), cpu=("avx",)))

NUMBERS = st.integers(-(2**70), 2**70)
SECONDS = st.floats(0, allow_infinity=False)
CHARACTERS = st.characters(codec="utf-8") | st.sampled_from(["\udc80", "\udcff"])
TEXTS = st.text(CHARACTERS, max_size=10)
MANY = st.lists(TEXTS, max_size=3).map(tuple)
PARTS = st.text("abc019._+", min_size=1, max_size=6)
RECORDS = st.builds(
    lambda variables, **fields: replace(
        record_of(replace(PURE, settings=Settings(variables=variables))), **fields
    ),
    variables=st.dictionaries(TEXTS, TEXTS, max_size=3),
    build=st.text("0123456789abcdef", min_size=16, max_size=16),
    filename=st.lists(PARTS, min_size=5, max_size=6).map(lambda parts: "-".join(parts) + ".whl"),
    sha256=st.text("0123456789abcdef", min_size=64, max_size=64).map(Sha256),
    stamp=st.builds(Stamp, size=NUMBERS, mtime_ns=NUMBERS, ctime_ns=NUMBERS, inode=NUMBERS),
    native=st.lists(TEXTS, max_size=3).map(tuple),
    degraded=st.sampled_from(["yes", "no", "unknown"]),
    evidence=st.lists(TEXTS, max_size=3).map(tuple),
    system=TEXTS,
    needs=st.none()
    | st.builds(
        Needs,
        libraries=st.lists(st.builds(Library, name=TEXTS, versions=MANY), max_size=2).map(tuple),
        elsewhere=MANY,
        cpu=MANY,
    ),
    observed=st.builds(
        Observed,
        python=TEXTS,
        libc=TEXTS,
        requirements=st.dictionaries(TEXTS, TEXTS, max_size=3),
        origin=TEXTS,
        seconds=SECONDS,
        cpu_seconds=SECONDS,
        peak_memory=NUMBERS,
    ),
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats() | st.text(max_size=5) | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(RECORDS)
def test_record_is_read_as_it_was_written(record: Record) -> None:
    data = record.to_text().encode("ascii")
    assert Record.from_text(data.decode()) == record


def test_text_is_for_people_too() -> None:
    lines = RECORD.to_text().splitlines()
    assert ' "filename": "foo-1.0-py3-none-any.whl",' in lines
    assert f' "schema": {SCHEMA},' in lines
    assert RECORD.to_text().endswith("}\n")


@settings(deadline=None)
@given(JSON)
def test_any_json_is_refused(value: Any) -> None:
    assert is_refused(json.dumps(value))


@settings(deadline=None)
@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    assert is_refused(text)


def test_half_a_record_is_refused() -> None:
    text = RECORD.to_text().rstrip()
    for length in range(len(text)):
        assert is_refused(text[:length])


def test_deeply_nested_text_is_refused() -> None:
    with pytest.raises(ValueError, match="not a record"):
        Record.from_text("[" * 100_000)


PATHS = [
    *([name] for name in json.loads(RECORD.to_text())),
    *(["stamp", name] for name in Stamp.__slots__),
    *(["observed", name] for name in Observed.__slots__),
    ["inputs", "name"],
    *(["needs", name] for name in Needs.__slots__),
    *(["needs", "libraries", 0, name] for name in Library.__slots__),
]


@settings(deadline=None, max_examples=500)
@given(st.sampled_from(PATHS), JSON)
def test_changed_record_is_refused_or_can_be_used(path: list[str], value: Any) -> None:
    try:
        record = Record.from_text(json.dumps(changed(path, value)))
    except ValueError:
        return
    assert path[0] not in {"key", "inputs", "schema", "sha256"} or record == RECORD
    # What came through is what its fields promise.
    for field in (record.filename, record.build, record.observed.python, record.observed.origin):
        assert isinstance(field, str)
    for number in (record.stamp.size, record.stamp.inode):
        assert isinstance(number, int)
    assert isinstance(record.observed.requirements, dict)
    assert isinstance(record.observed.seconds, int | float)
    assert Record.from_text(record.to_text()).filename == record.filename


@pytest.mark.parametrize("path", PATHS)
def test_field_that_is_gone_is_refused_or_has_its_default(path: list[str]) -> None:
    value = json.loads(RECORD.to_text())
    inner = value
    for name in path[:-1]:
        inner = inner[name]
    del inner[path[-1]]
    optional = path[0] in {"degraded", "evidence", "system"} or path == ["needs"]
    optional |= path[0] == "observed" and path[-1] not in {"observed", "python", "libc"}
    if optional:
        assert Record.from_text(json.dumps(value)).filename == RECORD.filename
    else:
        assert is_refused(json.dumps(value))


NOT_NAMES = ["", ".", "..", "/", "../../x", "/etc/passwd", "a/b", "a\\b", "a\0b", "\ud800"]
OF_A_WHEEL = "-1.0-py3-none-any.whl"


@pytest.mark.parametrize("name", [*NOT_NAMES, None, 1, [], ["a"], {}])
def test_name_that_leads_elsewhere_is_refused(name: object) -> None:
    assert is_refused(json.dumps(changed(["build"], name)))
    assert is_refused(json.dumps(changed(["filename"], name)))


@pytest.mark.parametrize("name", NOT_NAMES[3:])
def test_name_that_leads_elsewhere_is_refused_though_it_ends_like_a_wheel(name: str) -> None:
    assert is_refused(json.dumps(changed(["filename"], name + OF_A_WHEEL)))


@pytest.mark.parametrize(
    "filename",
    ["foo.whl", "foo-1.0-py3-none-any.zip", "foo-1.0-py3-none.whl", "a-b-c-d-e-f-g.whl", "x"],
)
def test_file_that_is_no_wheel_is_refused(filename: str) -> None:
    with pytest.raises(ValueError, match="not the file name of a wheel"):
        Record.from_text(json.dumps(changed(["filename"], filename)))


def test_fields_of_a_newer_wheelwell_are_ignored() -> None:
    value = json.loads(RECORD.to_text())
    value["color"] = "green"
    value["stamp"]["device"] = 7
    value["observed"]["weather"] = ["fine"]
    assert Record.from_text(json.dumps(value)) == RECORD


def test_verdict_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="degraded is 'perhaps'"):
        Record.from_text(json.dumps(changed(["degraded"], "perhaps")))


def test_record_of_another_schema_is_refused() -> None:
    with pytest.raises(ValueError, match="schema 2"):
        Record.from_text(json.dumps(changed(["schema"], 2)))


def test_inputs_must_be_those_of_the_key() -> None:
    with pytest.raises(ValueError, match="key is not that of the inputs"):
        Record.from_text(json.dumps(changed(["inputs", "name"], "bar")))


def is_refused(text: str) -> bool:
    """Say whether a text is refused, in the one way that is allowed."""
    try:
        Record.from_text(text)
    except ValueError:
        return True
    return False


def changed(path: list[str], value: object) -> Any:
    """Return the record's JSON with one field changed."""
    told = json.loads(RECORD.to_text())
    inner = told
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return told
