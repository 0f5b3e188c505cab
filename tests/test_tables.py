"""The table of a project holds for what is asked for, as soon as its name is known."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.builds import lines
from support.projects import make_sdist, make_wheel, materialise
from wheelwell.errors import BuildTimeout, EnvironmentFailed
from wheelwell.overrides import Overrides
from wheelwell.settings import Settings


def configured(
    packages: Mapping[str, Overrides], *, links: Path | None = None, **changes: Any
) -> wheelwell.Configuration:
    switches = {"no-index": True, "find-links": [str(links)] if links else []}
    return replace(wheelwell.load_configuration(switches), packages=packages, **changes)


def told(wheel: wheelwell.Wheel, name: str) -> dict[str, Any]:
    with zipfile.ZipFile(wheel.path) as archive:
        found: dict[str, Any] = json.loads(archive.read(f"environ_shown/_{name}.json"))
    return found


@pytest.mark.parametrize("kind", ["path", "sdist", "name"])
def test_a_table_holds_however_the_project_is_asked_for(
    kind: str, tmp_path: Path, cache_dir: Path
) -> None:
    tree = materialise("environ-shown", tmp_path)
    sdist = make_sdist(tree, tmp_path / "links")
    request = {"path": str(tree), "sdist": str(sdist), "name": "environ_shown"}[kind]
    configuration = configured(
        {"environ-shown": Overrides(variables={"ONE": "1"})}, links=sdist.parent
    )
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        wheel = cache.get(request)
    assert told(wheel, "environ")["ONE"] == "1"


def test_a_table_does_not_hold_for_settings_that_are_given_whole(
    tmp_path: Path, cache_dir: Path
) -> None:
    configuration = configured({"environ-shown": Overrides(variables={"ONE": "1"})})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        wheel = cache.get(str(materialise("environ-shown", tmp_path)), settings=Settings())
    assert "ONE" not in told(wheel, "environ")


def test_a_name_in_the_project_table_is_enough(tmp_path: Path, cache_dir: Path) -> None:
    asked = tmp_path / "asked"
    tree = materialise("dynamic-version", tmp_path, count_metadata=str(asked))
    configuration = configured({"dynamic-version": Overrides(config={"version": ("7.0",)})})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        assert cache.get(str(tree)).version == "7.0"
        assert cache.get(str(tree)).version == "7.0"
    assert lines(asked) == 1


def test_a_table_holds_for_a_name_that_only_the_backend_tells(
    tmp_path: Path, cache_dir: Path
) -> None:
    tree = tmp_path / "nameless"
    tree.mkdir()
    (tree / "own.py").write_text(BACKEND)
    (tree / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n'
    )
    configuration = configured({"told-late": Overrides(config={"version": ("7.0",)})})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        plan = cache.plan(str(tree))
    assert (plan.keyed.name, plan.keyed.version) == ("told-late", "7.0")
    assert plan.settings.config == {"version": ("7.0",)}


BACKEND = """
from pathlib import Path

def prepare_metadata_for_build_wheel(directory, config_settings=None):
    version = (config_settings or {}).get("version", "1.0")
    place = Path(directory, f"told_late-{version}.dist-info")
    place.mkdir()
    metadata = ["Metadata-Version: 2.1", "Name: Told.Late", f"Version: {version}", ""]
    (place / "METADATA").write_text("\\n".join(metadata))
    return place.name

def build_wheel(directory, config_settings=None, metadata_directory=None):
    raise SystemExit("not asked for")
"""


@pytest.mark.parametrize("is_switched", [False, True])
def test_the_timeout_is_the_tables_unless_one_is_asked_for(
    is_switched: bool, tmp_path: Path, cache_dir: Path
) -> None:
    tree = materialise("backend-hangs", tmp_path)
    configuration = configured({"backend-hangs": Overrides(timeout=0.4)}, timeout=500.0)
    timeout = 0.3 if is_switched else None
    with (
        wheelwell.open_cache(cache_dir, configuration=configuration) as cache,
        pytest.raises(BuildTimeout, match="longer than 0.3 s" if is_switched else "0.4 s"),
    ):
        cache.get(str(tree), timeout=timeout)


def test_build_requirements_of_a_table_are_installed_for_that_project(
    tmp_path: Path, cache_dir: Path
) -> None:
    links = tmp_path / "links"
    make_wheel(links, "helper", "1.0")
    make_wheel(links, "helper", "2.0")
    table = Overrides(requirements=("helper",), constraints=("helper<2",))
    tree = materialise("environ-shown", tmp_path, show_world=True)
    other = materialise("pure", tmp_path)
    configuration = configured({"environ-shown": table}, links=links)
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        wheel, another = cache.get(str(tree)), cache.get(str(other))
    assert told(wheel, "world")["installed"] == {"helper": "1.0"}
    assert another.record is not None
    assert another.record.observed.requirements == {}


def test_isolation_is_off_for_the_tables_project_alone(tmp_path: Path, cache_dir: Path) -> None:
    requires = {"requires": ["never-there"]}
    tree = materialise("environ-shown", tmp_path, build_system=requires)
    configuration = configured({"environ-shown": Overrides(is_isolated=False)})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        with pytest.raises(EnvironmentFailed, match="without build isolation"):
            cache.get(str(tree))
        wheel = cache.get(str(materialise("pure", tmp_path)))
    assert wheel.record is not None
    assert wheel.record.inputs["settings"]["isolation"] == "on"
