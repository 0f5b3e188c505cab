"""The list of a wheelhouse says for which Python each version is, where there are several."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from packaging.markers import Marker

from wheelwell.digest import Sha256
from wheelwell.lists.requirements import read
from wheelwell.outcome import Failure, Outcome, Result, Sdist
from wheelwell.warm.pins import MARK, pins
from wheelwell.wheel import Origin, Wheel


def outcome(name: str, version: str, python: str, digit: str, *, sdist: str = "") -> Outcome:
    wheel = Wheel(
        request=name,
        name=name,
        version=version,
        path=Path(f"/{name}-{version}-py3-none-any.whl"),
        sha256=Sha256(digit * 64),
        origin=Origin.BUILT,
        reason="",
        seconds=0.0,
        python=python,
        source="",
        key=None,
        record=None,
    )
    source = Sdist(filename="x", sha256=Sha256(sdist * 64)) if sdist else None
    return Outcome(request=name, python=python, result=Result.BUILT, wheel=wheel, sdist=source)


def environment(version: str, implementation: str = "cpython") -> dict[str, str]:
    series = ".".join(version.split(".")[:2])
    return {
        "python_version": series,
        "python_full_version": version,
        "implementation_name": implementation,
    }


def read_back(tmp_path: Path, text: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return what the list says, by pin: marker and hashes."""
    path = tmp_path / "requirements.txt"
    path.write_text(text)
    listed = read(str(path))
    assert listed.switches == {"no-index": True, "find-links": [str(tmp_path)]}
    return {
        f"{each.name}=={each.pin}": (each.marker, tuple(h[7:8] for h in each.hashes))
        for each in listed.requests
    }


def test_one_version_for_all_has_no_marker_and_all_hashes(tmp_path: Path) -> None:
    text = pins(
        [outcome("a", "1.0", "3.11", "1", sdist="3"), outcome("a", "1.0", "3.12", "2", sdist="3")],
        {"3.11": environment("3.11.4"), "3.12": environment("3.12.1")},
    )
    assert text.startswith(f"{MARK}\n")
    assert read_back(tmp_path, text) == {"a==1.0": ("", ("1", "3", "2"))}


def test_versions_and_projects_of_single_pythons_have_markers(tmp_path: Path) -> None:
    environments = {name: environment(f"{name}.1") for name in ("3.9", "3.11", "3.12")}
    found = [outcome("a", "1.0", "3.9", "1")]
    found += [outcome("a", "2.0", python, "2") for python in ("3.11", "3.12")]
    found += [outcome("b", "1.0", "3.12", "3")]
    told = read_back(tmp_path, pins(found, environments))
    assert {pin: hashes for pin, (_, hashes) in told.items()} == {
        "a==1.0": ("1",),
        "a==2.0": ("2",),
        "b==1.0": ("3",),
    }
    for pin, pythons in (("a==1.0", {"3.9"}), ("a==2.0", {"3.11", "3.12"}), ("b==1.0", {"3.12"})):
        marker = Marker(told[pin][0])
        assert {name for name, each in environments.items() if marker.evaluate(each)} == pythons


def test_pythons_of_one_series_are_told_apart_by_more(tmp_path: Path) -> None:
    environments = {
        "old": environment("3.12.1"),
        "new": environment("3.12.4"),
        "other": environment("3.12.4", "pypy"),
    }
    found = [outcome("a", f"{number}.0", name, "1") for number, name in enumerate(environments)]
    told = read_back(tmp_path, pins(found, environments))
    for number, name in enumerate(environments):
        marker = Marker(told[f"a=={number}.0"][0])
        assert [each for each in environments if marker.evaluate(environments[each])] == [name]


def test_what_no_marker_tells_apart_and_what_is_not_there_are_comments(tmp_path: Path) -> None:
    environments = {"3.13": environment("3.13.0"), "3.13t": environment("3.13.0")}
    failed = Outcome(request="c==1.0", python="3.13", result=Result.FAILED, failure=Failure.COMPILE)
    of_build = replace(outcome("d", "1.0", "3.13", "4"), needed_by="a")
    found = [outcome("a", "1.0", "3.13", "1"), outcome("a", "2.0", "3.13t", "2"), failed, of_build]
    text = pins(found, environments)
    assert list(read_back(tmp_path, text)) == ["a==1.0"]
    assert "# for 3.13t: a==2.0, which no marker tells" in text
    assert "# not here: c==1.0 for 3.13 (compile)" in text
