"""What is written down about a build is what was built, by whom, where and at what cost."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from support.projects import make_wheel
from support.values import CPYTHON_313, PURE
from wheelwell.builder.builder import Built
from wheelwell.builder.check import Checked
from wheelwell.builder.recording import record_of
from wheelwell.builder.supervised import Usage
from wheelwell.interpreter import Interpreter
from wheelwell.record import Record


def recorded(tmp_path: Path, *, host: Interpreter = CPYTHON_313) -> tuple[Path, Record]:
    """Return a wheel, and the record of the build that gave it."""
    wheel = make_wheel(tmp_path, "foo", "1.0")
    built = Built(
        wheel=wheel,
        log=tmp_path / "build.log",
        checked=Checked(native=("foo/a.so", "foo/b.so")),
        installed={"setuptools": "80.9.0"},
        frontend="uv 0.9.0",
        seconds=1.23456,
        usage=Usage(cpu_seconds=2.34567, peak_memory=123_456_789),
    )
    origin = "https://files.example/foo-1.0.tar.gz"
    return wheel, record_of(PURE, built, origin=origin, host=host, version="0.5")


def test_record_is_of_the_wheel_and_its_key(tmp_path: Path) -> None:
    wheel, record = recorded(tmp_path)
    assert record.key == PURE.key()
    assert record.inputs == PURE.inputs()
    assert record.filename == wheel.name
    assert record.sha256 == hashlib.sha256(wheel.read_bytes()).hexdigest()
    assert record.native == ("foo/a.so", "foo/b.so")


def test_record_tells_what_no_key_can_hold(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    _, record = recorded(tmp_path)
    observed = record.observed
    assert observed.python == "3.13.0"
    assert observed.libc == "glibc 2.36"
    assert observed.requirements == {"setuptools": "80.9.0"}
    assert observed.wheelwell == "0.5"
    assert observed.frontend == f"build {metadata.version('build')}, uv 0.9.0"
    assert observed.origin == "https://files.example/foo-1.0.tar.gz"
    assert observed.seconds == 1.235
    assert observed.cpu_seconds == 2.346
    assert observed.peak_memory == 123_456_789
    assert before <= datetime.fromisoformat(observed.built_at) <= datetime.now(UTC)


def test_machine_without_a_libc_of_a_name_has_none(tmp_path: Path) -> None:
    _, record = recorded(tmp_path, host=replace(CPYTHON_313, libc=("", "")))
    assert record.observed.libc == ""


def test_record_that_the_store_has_completed_can_be_read_again(tmp_path: Path) -> None:
    _, record = recorded(tmp_path)
    assert Record.from_text(record.to_text()) == record
