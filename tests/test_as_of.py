"""Build requirements as of a date: a source builds as it did when it was uploaded.

The story is that of levenshtein 0.26.1: its backend's second version refuses what the first took.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import wheelwell
from support.index import IndexServer
from support.projects import BACKEND, Value, make_sdist, make_wheel, materialise
from wheelwell.buckets import DATES
from wheelwell.builder import frontends
from wheelwell.builder.frontends import find_uv
from wheelwell.errors import (
    BackendFailed,
    ConfigurationError,
    EnvironmentFailed,
    NotInCache,
    UnknownAge,
)
from wheelwell.wheel import Origin

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

FIRST = "2024-01-01T10:00:00.250000Z"
UPLOAD = "2024-06-01T10:00:00.750000Z"
SECOND = "2025-01-01T10:00:00Z"
AS_OF_UPLOAD = "2024-06-01T10:00:00Z"
REFUSAL = """

def build_wheel(*_):
    raise RuntimeError("Extra keys present in project")
"""

FROM_INDEX: Mapping[str, Value] = {
    "requires": ["theback"],
    "build-backend": "theback",
    "backend-path": [],
}


class Told(wheelwell.Reporter):
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.warnings: list[str] = []

    def began(self, step: str, subject: str) -> None:
        self.steps.append(step)

    def warned(self, message: str) -> None:
        self.warnings.append(message)


def backend(into: Path, version: str, more: str = "", *, name: str = "theback") -> Path:
    """Return a wheel with the test backend as a module, and what is to follow it."""
    files = {f"{name}.py": BACKEND.read_bytes() + more.encode()}
    return make_wheel(into / f"backend-{version}", name, version, files=files)


def project(into: Path, *, name: str = "pure", version: str = "1.0", **knobs: Any) -> Path:
    """Return an sdist whose backend comes from the index, and that may be built anywhere."""
    tree = materialise(
        "pure",
        into / name,
        project={"name": name, "version": version},
        build_system=FROM_INDEX,
        **knobs,
    )
    (tree / BACKEND.name).unlink()
    return make_sdist(tree, into)


@pytest.fixture(params=["uv", "pip"])
def frontend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the two that fill environments."""
    if request.param == "pip":
        monkeypatch.setattr(frontends, "find_uv", lambda _: None)
    elif find_uv(os.environ) is None:
        pytest.skip("uv is not here")
    return str(request.param)


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    return project(tmp_path, count=str(tmp_path / "builds"))


@pytest.fixture
def stocked(tmp_path: Path, sdist: Path, index: IndexServer) -> IndexServer:
    """An index with a backend, a source that it builds, and a newer backend that refuses it."""
    stock(index, tmp_path, sdist)
    return index


def stock(index: IndexServer, tmp_path: Path, sdist: Path) -> None:
    index.add(backend(tmp_path, "1.0"), upload_time=FIRST)
    index.add(sdist, upload_time=UPLOAD)
    index.add(backend(tmp_path, "2.0", REFUSAL), upload_time=SECOND)


Opened = Callable[..., wheelwell.WheelCache]


@pytest.fixture
def opened(cache_dir: Path) -> Iterator[Opened]:
    """Opens the cache at an index."""
    open_now: list[wheelwell.WheelCache] = []

    def open_at(index: str | IndexServer, as_of: str = "", **switches: Any) -> Any:
        url = index if isinstance(index, str) else index.url
        given = {"cache-dir": str(cache_dir), "index-url": url, "build-as-of": as_of, **switches}
        cache = wheelwell.open_cache(configuration=wheelwell.load_configuration(given))
        open_now.append(cache)
        return cache

    yield open_at
    for cache in open_now:
        cache.close()


def installed(wheel: wheelwell.Wheel) -> dict[str, str]:
    assert wheel.record is not None
    return dict(wheel.record.observed.requirements)


def keyed_as_of(wheel: wheelwell.Wheel) -> str:
    assert wheel.record is not None
    settings: Any = wheel.record.inputs["settings"]
    return str(settings["as_of"])


# As of a date.


@pytest.mark.parametrize("is_html", [False, True], ids=["json", "html"])
def test_build_requirements_are_those_of_the_date(
    is_html: bool, frontend: str, opened: Opened, sdist: Path, tmp_path: Path
) -> None:
    with IndexServer(html_only=is_html) as index:
        stock(index, tmp_path, sdist)
        with pytest.raises(BackendFailed, match="Extra keys"):
            opened(index).get("pure==1.0")
        wheel = opened(index, "2024-12-31").get("pure==1.0")
    assert installed(wheel) == {"theback": "1.0"}
    assert keyed_as_of(wheel) == "2025-01-01T00:00:00Z"


def test_each_instant_has_a_key_of_its_own_and_each_spelling_of_it_the_same(
    opened: Opened, stocked: IndexServer
) -> None:
    keys = {
        as_of: opened(stocked, as_of).plan("pure==1.0").key
        for as_of in ("", "2024-12-30", "2024-12-31", "2025-01-01T01:00:00+01:00")
    }
    assert keys["2024-12-31"] == keys["2025-01-01T01:00:00+01:00"]
    assert len({*keys.values()}) == 3


def test_what_is_built_on_the_way_is_built_as_of_the_date_too(
    frontend: str, opened: Opened, tmp_path: Path, index: IndexServer
) -> None:
    index.add(backend(tmp_path, "1.0"), upload_time=FIRST)
    index.add(backend(tmp_path, "2.0", REFUSAL), upload_time=SECOND)
    index.add(project(tmp_path, name="between"), upload_time=FIRST)
    tree = materialise("pure", tmp_path, build_system={"requires": ["between"]})
    with pytest.raises(EnvironmentFailed):
        opened(index).get(str(tree))
    assert installed(opened(index, "2024-12-31").get(str(tree))) == {"between": "1.0"}


def test_a_file_whose_age_is_not_told_is_an_error_that_names_it(
    frontend: str, opened: Opened, stocked: IndexServer, tmp_path: Path
) -> None:
    stocked.add(backend(tmp_path, "1.1"))
    with pytest.raises(EnvironmentFailed) as caught:
        opened(stocked, "2024-12-31").get("pure==1.0")
    assert "theback-1.1-py3-none-any.whl" in caught.value.message
    assert stocked.host in caught.value.message
    assert "--build-index-url" in caught.value.hint


def test_an_index_that_tells_no_age_is_an_error_even_where_the_installer_has_a_way_around(
    frontend: str, opened: Opened, stocked: IndexServer, tmp_path: Path
) -> None:
    needy = project(tmp_path / "needy", name="needy")
    for version, told in (("1.0", FIRST), ("1.5", UPLOAD)):
        wants = {"dependencies": ["ageless"]} if version == "1.5" else {}
        wheel = make_wheel(tmp_path / version, "maybe", version, project=wants)
        stocked.add(wheel, upload_time=told)
    stocked.add(make_wheel(tmp_path, "ageless", "1.0"))
    stocked.add(needy, upload_time=UPLOAD)
    wanting = wheelwell.Settings(requirements=("maybe",), as_of="2024-12-31")
    with pytest.raises(EnvironmentFailed, match=r"ageless-1\.0"):
        opened(stocked).get("needy==1.0", settings=wanting)


def test_a_copy_at_find_links_is_as_old_as_its_original_at_the_index(
    opened: Opened, stocked: IndexServer, tmp_path: Path
) -> None:
    links = tmp_path / "links"
    links.mkdir()
    for version in ("1.0", "2.0"):
        (original,) = (tmp_path / f"backend-{version}").iterdir()
        (links / original.name).write_bytes(original.read_bytes())
    wheel = opened(stocked, "2024-12-31", **{"find-links": [str(links)]}).get("pure==1.0")
    assert installed(wheel) == {"theback": "1.0"}


def test_a_directory_that_is_an_index_serves_behind_a_proxy_that_does_not(
    frontend: str, opened: Opened, sdist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "PIP_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    page = tmp_path / "simple" / "theback" / "index.html"
    page.parent.mkdir(parents=True)
    files = [(backend(tmp_path, "1.0"), FIRST), (backend(tmp_path, "2.0", REFUSAL), SECOND)]
    page.write_text(
        "".join(
            f'<a href="{path.as_uri()}" data-upload-time="{told}">{path.name}</a>'
            for path, told in files
        )
    )
    cache = opened((tmp_path / "simple").as_uri(), "2024-12-31")
    offline = cache.get(str(sdist), network=wheelwell.Network.NEVER)
    assert installed(offline) == {"theback": "1.0"}


def test_credentials_reach_the_index_and_are_not_shown(
    frontend: str, opened: Opened, sdist: Path, tmp_path: Path
) -> None:
    with IndexServer(credentials=("correct-horse", "battery")) as index:
        stock(index, tmp_path, sdist)
        cache = opened(index.url_with_credentials, "2024-12-31")
        assert installed(cache.get("pure==1.0")) == {"theback": "1.0"}
        index.answer("/files/theback-1.0-py3-none-any.whl", status=404)
        with pytest.raises(EnvironmentFailed) as caught:
            cache.get("pure==1.0", rebuild=True, network=wheelwell.Network.REFRESH)
    assert caught.value.log is not None
    for text in (caught.value.message, Path(caught.value.log).read_text()):
        assert "correct-horse" not in text, "a token may be the user"
        assert "battery" not in text
        assert "127.0.0.1" not in text.replace(index.host, "")


def test_wheels_that_installers_have_cached_are_left_aside(
    frontend: str,
    opened: Opened,
    index: IndexServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs = tmp_path / "theirs"
    for name in ("UV_CACHE_DIR", "PIP_CACHE_DIR"):
        monkeypatch.setenv(name, str(theirs))
    builds = tmp_path / "builds"
    index.add(backend(tmp_path, "1.0"), upload_time=FIRST)
    index.add(project(tmp_path, name="between", count=str(builds)), upload_time=FIRST)
    tree = materialise("pure", tmp_path, build_system={"requires": ["between"]})
    uv, pip = str(find_uv(os.environ)), (sys.executable, "-m", "pip")
    fill = {"uv": (uv, "pip", "install"), "pip": (*pip, "install")}
    where = ("--index-url", index.url, "--target", str(tmp_path / "own"))
    subprocess.run([*fill[frontend], *where, "between"], check=True)
    kept = _files(theirs)
    assert len(builds.read_text().splitlines()) == 1, "today's wheel is there"
    wheel = opened(index, "2024-12-31").get(str(tree))
    assert len(builds.read_text().splitlines()) == 2
    assert _files(theirs) == kept
    assert not [*(wheel.path.parents[5] / "environments-v1").glob("*/*/cache")]


def _files(directory: Path) -> set[Path]:
    return {path for path in directory.rglob("*") if path.is_file()}


def test_without_the_network_what_was_prepared_does_and_else_it_is_said(
    opened: Opened, stocked: IndexServer, sdist: Path
) -> None:
    never = wheelwell.Network.NEVER
    cache = opened(stocked, "2024-12-31")
    with pytest.raises(EnvironmentFailed, match="versions of theback would have to be looked up"):
        cache.get(str(sdist), network=never)
    cache.get(str(sdist))
    asked = len(stocked.requests)
    assert cache.get(str(sdist), network=never, rebuild=True).origin is Origin.BUILT
    assert len(stocked.requests) == asked


def test_what_is_not_over_is_not_known(opened: Opened, stocked: IndexServer) -> None:
    with pytest.raises(ConfigurationError, match="2999-01-02T00:00:00Z is not known yet"):
        opened(stocked, "2999-01-01").get("pure==1.0")


# As of the upload.


def test_upload_is_when_the_source_came_to_the_index_and_a_hit_needs_no_network(
    opened: Opened, stocked: IndexServer
) -> None:
    built = opened(stocked, "upload").get("pure==1.0")
    assert keyed_as_of(built) == AS_OF_UPLOAD
    asked = len(stocked.requests)
    again = opened(stocked, "upload").get("pure==1.0")
    assert (again.origin, again.key) == (Origin.LOCAL, built.key)
    assert opened(stocked, AS_OF_UPLOAD).get("pure==1.0").key == built.key
    assert len(stocked.requests) == asked


def test_upload_of_a_file_is_that_of_the_same_bytes_at_the_index(
    opened: Opened, stocked: IndexServer, sdist: Path
) -> None:
    assert opened(stocked, "upload").plan(str(sdist)).settings.as_of == AS_OF_UPLOAD
    asked = len(stocked.requests)
    assert opened(stocked, "upload").plan(str(sdist)).settings.as_of == AS_OF_UPLOAD
    assert len(stocked.requests) == asked, "it is remembered"


def test_upload_that_nobody_tells_is_an_error(
    opened: Opened, index: IndexServer, sdist: Path, tmp_path: Path
) -> None:
    index.add(backend(tmp_path, "1.0"), upload_time=FIRST)
    index.add(sdist)
    for request in ("pure==1.0", str(sdist)):
        with pytest.raises(UnknownAge, match="when this archive of pure was uploaded") as caught:
            opened(index, "upload").get(request)
        assert "--build-as-of 2024" in caught.value.hint


def test_upload_of_a_directory_is_an_error(
    opened: Opened, index: IndexServer, tmp_path: Path
) -> None:
    with pytest.raises(UnknownAge, match="only an archive is uploaded"):
        opened(index, "upload").get(str(materialise("pure", tmp_path)))


# What is said where a backend fails.


def test_failed_backend_that_is_newer_than_the_source_is_told_with_the_switch(
    opened: Opened, stocked: IndexServer
) -> None:
    with pytest.raises(BackendFailed) as caught:
        opened(stocked).get("pure==1.0")
    assert caught.value.hint == (
        "--build-as-of upload: theback 2.0 is newer than this source, which was uploaded 2024-06-01"
    )
    assert caught.value.as_of == ""  # only `auto` goes there by itself
    assert caught.value.requirements == {"theback": "2.0"}


def test_failed_requirement_that_is_newer_than_the_source_is_told_too(
    opened: Opened, stocked: IndexServer, tmp_path: Path
) -> None:
    stocked.remove("theback-1.0-py3-none-any.whl")
    stocked.remove("theback-2.0-py3-none-any.whl")
    broken = materialise("backend-raises", tmp_path, project={"name": "theback"})
    stocked.add(make_sdist(broken, tmp_path), upload_time=SECOND)
    with pytest.raises(EnvironmentFailed) as caught:
        opened(stocked).get("pure==1.0")
    assert "theback 1.0 is newer than this source" in caught.value.hint


def test_failed_backend_that_is_older_than_the_source_is_not_to_blame(
    opened: Opened, index: IndexServer, sdist: Path, tmp_path: Path
) -> None:
    index.add(backend(tmp_path, "1.0", REFUSAL), upload_time=FIRST)
    index.add(sdist, upload_time=UPLOAD)
    with pytest.raises(BackendFailed) as caught:
        opened(index, "auto").get("pure==1.0")
    assert not caught.value.is_hint_telling
    assert caught.value.as_of == ""


def test_the_requirement_that_the_failure_names_is_told_before_another_that_is_newer(
    opened: Opened, stocked: IndexServer, sdist: Path, tmp_path: Path
) -> None:
    more = REFUSAL.replace("Extra keys", "no `extra` with the_Back >= 2: extra keys")
    stocked.add(backend(tmp_path, "3.0", more), upload_time=SECOND)
    stocked.add(make_wheel(tmp_path / "other", "a-tool", "1.0"), upload_time=SECOND)
    system = {**FROM_INDEX, "requires": ["a-tool", "the-back", "theback"]}
    stocked.add(make_wheel(tmp_path / "other", "the-back", "1.5"), upload_time=SECOND)
    tree = materialise("pure", tmp_path / "two", build_system=system, project={"version": "2.0"})
    stocked.add(make_sdist(tree, tmp_path), upload_time=UPLOAD)
    with pytest.raises(BackendFailed) as caught:
        opened(stocked).get("pure==2.0")
    assert "the-back 1.5 is newer than this source" in caught.value.hint


@pytest.mark.parametrize(
    ("module", "hint"),
    [
        ("mypyc", "--build-requirement with what brings the module mypyc"),
        ("pkg_resources", "--build-as-of upload: theback 2.0 is newer"),
        ("theback.old", "--build-as-of upload: theback 2.0 is newer"),
    ],
)
def test_a_module_that_no_requirement_ever_brought_is_not_put_down_to_dates(
    module: str, hint: str, opened: Opened, index: IndexServer, tmp_path: Path
) -> None:
    error = f"ModuleNotFoundError(\"No module named '{module}'\")"
    more = REFUSAL.replace('RuntimeError("Extra keys present in project")', error)
    index.add(backend(tmp_path, "2.0", more), upload_time=SECOND)
    index.add(project(tmp_path), upload_time=UPLOAD)
    with pytest.raises(BackendFailed) as caught:
        opened(index).get("pure==1.0")
    assert caught.value.hint.startswith(hint)


def test_what_python_has_lost_is_not_put_down_to_dates(
    opened: Opened, index: IndexServer, tmp_path: Path
) -> None:
    error = "ImportError(\"cannot import name 'Mapping' from 'collections' (x.py)\")"
    more = REFUSAL.replace('RuntimeError("Extra keys present in project")', error)
    index.add(backend(tmp_path, "2.0", more), upload_time=SECOND)
    index.add(project(tmp_path), upload_time=UPLOAD)
    with pytest.raises(BackendFailed) as caught:
        opened(index).get("pure==1.0")
    assert "collections.Mapping is gone since 3.10" in caught.value.hint
    assert "--build-as-of" not in caught.value.hint


def test_missing_header_is_not_put_down_to_dates(
    opened: Opened, index: IndexServer, tmp_path: Path
) -> None:
    more = REFUSAL.replace("Extra keys present in project", "x.h: No such file or directory")
    index.add(backend(tmp_path, "2.0", more), upload_time=SECOND)
    index.add(project(tmp_path), upload_time=UPLOAD)
    with pytest.raises(BackendFailed, match=r"x\.h") as caught:
        opened(index).get("pure==1.0")
    assert not caught.value.is_hint_telling


def test_an_index_is_not_told_the_name_of_a_file_that_fails_to_build(
    opened: Opened, stocked: IndexServer, sdist: Path
) -> None:
    with pytest.raises(BackendFailed):
        opened(stocked).get(str(sdist))
    assert stocked.asked("/simple/pure/") == 0


def test_failure_is_told_though_the_index_is_gone_meanwhile(
    opened: Opened, stocked: IndexServer
) -> None:
    cache = opened(stocked)
    with pytest.raises(BackendFailed):
        cache.get("pure==1.0")
    stocked.answer("/simple/theback/", status=403)
    with pytest.raises(BackendFailed, match="Extra keys") as caught:
        cache.get("pure==1.0")
    assert not caught.value.is_hint_telling


# As it must be.


def test_auto_builds_as_of_the_upload_where_today_fails_and_hits_afterwards(
    opened: Opened, stocked: IndexServer
) -> None:
    first, second = Told(), Told()
    built = opened(stocked, "auto").get("pure==1.0", reporter=first)
    assert (built.origin, keyed_as_of(built)) == (Origin.BUILT, AS_OF_UPLOAD)
    assert first.steps.count("building") == 2
    (warning,) = first.warnings
    assert "pure==1.0 does not build" in warning
    assert "theback 2.0" in warning
    asked = len(stocked.requests)
    again = opened(stocked, "auto").get("pure==1.0", reporter=second)
    assert (again.origin, again.key) == (Origin.LOCAL, built.key)
    assert (second.steps, second.warnings) == ([], [])
    assert len(stocked.requests) == asked
    assert opened(stocked, "upload").get("pure==1.0").origin is Origin.LOCAL


def test_auto_that_builds_today_is_keyed_without_a_date(
    opened: Opened, stocked: IndexServer
) -> None:
    stocked.remove("theback-2.0-py3-none-any.whl")
    told = Told()
    wheel = opened(stocked, "auto").get("pure==1.0", reporter=told)
    assert keyed_as_of(wheel) == ""
    assert told.warnings == []
    assert opened(stocked).get("pure==1.0").key == wheel.key


def test_auto_looks_anew_where_everything_is_refreshed(
    opened: Opened, stocked: IndexServer
) -> None:
    opened(stocked, "auto").get("pure==1.0")
    stocked.remove("theback-2.0-py3-none-any.whl")
    refreshed = opened(stocked, "auto").get("pure==1.0", network=wheelwell.Network.REFRESH)
    assert keyed_as_of(refreshed) == ""


def test_auto_is_remembered_for_these_settings_alone(opened: Opened, stocked: IndexServer) -> None:
    cache = opened(stocked, "auto")
    cache.get("pure==1.0")
    assert cache.plan("pure==1.0").settings.as_of == AS_OF_UPLOAD
    other = wheelwell.Settings(config={"x": ("y",)}, as_of="auto")
    assert cache.plan("pure==1.0", settings=other).settings.as_of == ""


def test_auto_remembers_nothing_that_was_damaged(
    opened: Opened, stocked: IndexServer, cache_dir: Path
) -> None:
    cache = opened(stocked, "auto")
    cache.get("pure==1.0")
    (fact,) = (cache_dir / DATES).iterdir()
    for damage in ("[]", '{"as_of": 3}', '{"as_of": "upload"}'):
        fact.write_text(damage)
        assert opened(stocked, "auto").plan("pure==1.0").settings.as_of == ""


def test_auto_that_fails_as_of_the_upload_too_tells_of_both(
    opened: Opened, index: IndexServer, sdist: Path, tmp_path: Path, cache_dir: Path
) -> None:
    index.add(backend(tmp_path, "1.0", REFUSAL.replace("Extra", "Old")), upload_time=FIRST)
    index.add(sdist, upload_time=UPLOAD)
    index.add(backend(tmp_path, "2.0", REFUSAL), upload_time=SECOND)
    with pytest.raises(BackendFailed, match="Extra keys") as caught:
        opened(index, "auto").get("pure==1.0")
    assert (
        caught.value.hint == f"as of its upload, {AS_OF_UPLOAD}, it fails too: build_wheel failed"
    )
    assert not (cache_dir / DATES).exists()


def test_auto_without_leave_to_build_builds_nothing(opened: Opened, stocked: IndexServer) -> None:
    cache = opened(stocked, "auto")
    assert cache.lookup("pure==1.0") is None
    with pytest.raises(NotInCache):
        cache.get("pure==1.0", build=False)
    cache.get("pure==1.0")
    assert cache.lookup("pure==1.0") is not None


def test_auto_serves_a_source_whose_backend_alone_knows_its_version(
    opened: Opened, index: IndexServer, tmp_path: Path
) -> None:
    refusal = REFUSAL.replace("build_wheel", "prepare_metadata_for_build_wheel")
    tree = materialise(
        "dynamic-version",
        tmp_path,
        build_system=FROM_INDEX,
    )
    sdist = make_sdist(tree, tmp_path, metadata_version=None)
    index.add(backend(tmp_path, "1.0"), upload_time=FIRST)
    index.add(sdist, upload_time=UPLOAD)
    index.add(backend(tmp_path, "2.0", refusal), upload_time=SECOND)
    wheel = opened(index, "auto").get("dynamic-version")
    assert installed(wheel) == {"theback": "1.0"}
    assert opened(index, "auto").get("dynamic-version").origin is Origin.LOCAL


# The command.


def wheelwell_get(*arguments: str, cache_dir: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "wheelwell", "get", *arguments, "--cache-dir", str(cache_dir)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("date", ["yesterday", "2024-11-15T12:00:00", "2999-01-01"])
def test_command_refuses_what_is_no_date_with_status_2(
    date: str, stocked: IndexServer, cache_dir: Path
) -> None:
    switches = ("--build-as-of", date, "--index-url", stocked.url)
    done = wheelwell_get("pure==1.0", *switches, cache_dir=cache_dir)
    assert done.returncode == 2
    assert "try: " in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_command_builds_as_of_the_upload(stocked: IndexServer, cache_dir: Path) -> None:
    switches = ("--build-as-of", "auto", "--index-url", stocked.url, "--json")
    done = wheelwell_get("pure==1.0", *switches, cache_dir=cache_dir)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["origin"] == "built"
    assert "warning: pure==1.0 does not build (--build-as-of upload: theback 2.0" in done.stderr


def test_project_s_file_may_set_the_date_and_the_switch_wins(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.wheelwell]\nbuild-as-of = "2024-11-15"\n')
    load = wheelwell.load_configuration
    environ = {"HOME": str(tmp_path), "PIP_CONFIG_FILE": "/dev/null"}
    found = load(environ=environ, directory=str(tmp_path))
    assert found.settings.as_of == "2024-11-16T00:00:00Z"
    assert not found.warnings
    switched = load({"build-as-of": ""}, environ=environ, directory=str(tmp_path))
    assert replace(found.settings, as_of="") == switched.settings
    variable = {**environ, "WHEELWELL_BUILD_AS_OF": "auto"}
    assert load(environ=variable, directory=str(tmp_path)).settings.as_of == "auto"
