"""Build environments are prepared once, for any interpreter, by uv or pip, and never changed."""

from __future__ import annotations

import contextlib
import functools
import gzip
import importlib.util
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

import wheelwell
from support.builds import Getting, described, is_free, key_leases, kill, lines, stop
from support.index import IndexServer
from support.interpreters import interpreters
from support.processes import needs_proc, processes_matching, wait_until
from support.projects import make_sdist, make_wheel, materialise
from support.stored import holding
from wheelwell.builder import frontends
from wheelwell.builder.environment import (
    FRESH,
    READY,
    SETTLED,
    Environment,
    Environments,
    sorted_requirements,
)
from wheelwell.builder.frontends import find_uv
from wheelwell.builder.installer import Installer
from wheelwell.builder.preparation import Wanted
from wheelwell.builder.supervised import Supervised, Watch
from wheelwell.errors import BuildTimeout, Cancelled, EnvironmentFailed
from wheelwell.indexes import Connection, Indexes, Network
from wheelwell.interpreter import Interpreter
from wheelwell.store import lease

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

FRONTENDS = ("uv", "pip")
PASSWORD = "correct-horse"


class Preparing:
    """Prepares environments below a directory, with requirements from another one."""

    def __init__(self, directory: Path) -> None:
        self.root = directory / "environments"
        self.links = directory / "links"
        self.log = directory / "log"
        self.leases = directory / "leases"
        self.home = directory / "home"
        self.home.mkdir()
        self.indexes = Indexes(urls=(), find_links=(str(self.links),))
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ["HOME"],
            "PIP_CONFIG_FILE": os.devnull,
            "UV_CACHE_DIR": str(directory / "uv"),
        }
        make_wheel(self.links, "tinyreq", "1.0")

    def wanted(
        self,
        *requirements: str,
        constraints: tuple[str, ...] = (),
        network: Network = Network.AS_NEEDED,
        interpreter: Interpreter | None = None,
    ) -> Wanted:
        return Wanted(
            interpreter=interpreter or described(sys.executable),
            requirements=requirements,
            constraints=constraints,
            network=network,
        )

    def prepare(
        self, wanted: Wanted, *, is_cancelled: Callable[[], bool] = lambda: False
    ) -> Environment:
        return self.prepare_watched(wanted, Watch(log=self.log, is_cancelled=is_cancelled))

    def prepare_watched(self, wanted: Wanted, watch: Watch) -> Environment:
        with Supervised(leases=(), home=self.home, watch=watch) as supervised:
            return self.environments().prepare(wanted, supervised, self.log)

    def environments(self) -> Environments:
        return Environments(
            self.root,
            installer=Installer(
                indexes=self.indexes, connection=Connection(), environ=self.environ
            ),
            exclusively=lambda name, is_over: lease.acquire(self.lease(name), is_cancelled=is_over),
            make_directories=functools.partial(os.makedirs, exist_ok=True),
            share=lambda _: None,
        )

    def lease(self, name: str) -> str:
        return str(self.leases / f"{name}.lock")


@pytest.fixture
def preparing(tmp_path: Path) -> Preparing:
    return Preparing(tmp_path)


@pytest.fixture(params=FRONTENDS)
def frontend(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the two that fill environments."""
    if request.param == "pip":
        monkeypatch.setattr(frontends, "find_uv", lambda _: None)
    elif find_uv(os.environ) is None:
        pytest.skip("uv is not here")
    return str(request.param)


def age(prepared: Environment, seconds: float) -> None:
    """Let an environment be older than it is."""
    path = prepared.path / READY
    fact = json.loads(path.read_text())
    path.write_text(json.dumps({**fact, "created": fact["created"] - seconds}))


def said_by(prepared: Environment, program: str) -> str:
    return subprocess.check_output([prepared.python, "-c", program], text=True).strip()


# What is prepared.


@pytest.mark.parametrize("version", sorted(interpreters()))
def test_environment_is_of_the_interpreter_and_holds_the_requirements(
    version: str, frontend: str, preparing: Preparing
) -> None:
    interpreter = described(interpreters()[version])
    prepared = preparing.prepare(preparing.wanted("tinyreq", interpreter=interpreter))
    program = "import sys, tinyreq; print(tinyreq.__version__, '%d.%d' % sys.version_info[:2])"
    assert said_by(prepared, program) == f"1.0 {version}"
    assert said_by(prepared, "import sys; print(sys.prefix)") == str(prepared.path)
    assert prepared.installed == {"tinyreq": "1.0"}
    assert prepared.frontend.startswith(f"{frontend} ")
    assert prepared.frontend.split()[1][0].isdigit()


def test_environment_without_requirements_is_empty(frontend: str, preparing: Preparing) -> None:
    prepared = preparing.prepare(preparing.wanted())
    assert prepared.installed == {}
    assert said_by(prepared, "import sys; print(sys.prefix)") == str(prepared.path)


@pytest.mark.slow
def test_interpreter_s_own_pip_is_used_where_wheelwell_has_none(
    preparing: Preparing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frontends, "find_uv", lambda _: None)
    monkeypatch.setattr(frontends, "_own_pip", lambda: "")
    prepared = preparing.prepare(preparing.wanted("tinyreq"))
    assert prepared.installed["tinyreq"] == "1.0"


def test_constraints_choose_the_version(frontend: str, preparing: Preparing) -> None:
    make_wheel(preparing.links, "tinyreq", "2.0")
    prepared = preparing.prepare(preparing.wanted("tinyreq", constraints=("tinyreq<2",)))
    assert prepared.installed == {"tinyreq": "1.0"}


def test_directory_of_links_may_have_a_space_in_its_name(
    frontend: str, preparing: Preparing, tmp_path: Path
) -> None:
    spaced = tmp_path / "two words, ü"
    make_wheel(spaced, "other", "1.0")
    preparing.indexes = replace(preparing.indexes, find_links=(str(spaced), str(preparing.links)))
    prepared = preparing.prepare(preparing.wanted("other", "tinyreq"))
    assert prepared.installed == {"other": "1.0", "tinyreq": "1.0"}


def test_variables_that_say_where_to_install_are_not_heeded(
    frontend: str, preparing: Preparing, tmp_path: Path
) -> None:
    elsewhere = str(tmp_path / "elsewhere")
    preparing.environ |= {
        **dict.fromkeys(("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"), elsewhere),
        **dict.fromkeys(("PIP_USER", "PIP_REQUIRE_VIRTUALENV", "PIP_DRY_RUN"), "1"),
        **dict.fromkeys(("UV_SYSTEM_PYTHON", "UV_VENV_SEED"), "1"),
        **dict.fromkeys(("UV_PYTHON", "UV_PROJECT", "UV_WORKING_DIR", "PIP_PYTHON"), "/nowhere"),
        **dict.fromkeys(("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"), "/nowhere"),
    }
    prepared = preparing.prepare(preparing.wanted("tinyreq"))
    assert prepared.installed == {"tinyreq": "1.0"}
    assert not Path(elsewhere).exists()


def test_settings_of_a_project_around_the_cache_are_not_heeded(
    preparing: Preparing, tmp_path: Path
) -> None:
    (tmp_path / "uv.toml").write_text("this is no TOML")
    assert preparing.prepare(preparing.wanted("tinyreq")).installed == {"tinyreq": "1.0"}


def test_files_are_copies_so_that_a_build_cannot_edit_uv_s_cache(
    frontend: str, preparing: Preparing
) -> None:
    prepared = preparing.prepare(preparing.wanted("tinyreq"))
    (module,) = prepared.path.glob("lib/python*/site-packages/tinyreq/__init__.py")
    assert module.stat().st_nlink == 1
    assert not module.is_symlink()


def test_requirements_are_named_once_and_in_order() -> None:
    assert sorted_requirements([" b", "a", "b "]) == ("a", "b")


# Which frontend.


def test_uv_of_the_extra_comes_first_then_that_on_path_then_pip(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    extra = find_uv({"PATH": str(tmp_path)})
    assert extra is None or Path(extra).parent != tmp_path
    on_path = tmp_path / "uv"
    on_path.write_text("#!/bin/sh\n")
    on_path.chmod(0o755)
    assert find_uv({"PATH": str(tmp_path)}) in {extra, str(on_path)}
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert find_uv({"PATH": str(tmp_path)}) == str(on_path)
    assert find_uv({"PATH": "/nowhere"}) is None
    assert find_uv({}) is None


# When it is prepared anew.


def test_environment_is_reused_while_it_is_fresh(preparing: Preparing) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    age(first, FRESH - 60)
    assert preparing.prepare(preparing.wanted("tinyreq")) == first


def test_environment_is_made_anew_when_it_is_old(preparing: Preparing) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    make_wheel(preparing.links, "tinyreq", "1.1")
    age(first, FRESH)
    second = preparing.prepare(preparing.wanted("tinyreq"))
    assert second.path != first.path
    assert second.installed == {"tinyreq": "1.1"}
    assert first.path.exists(), "a build may be in it"


def test_environment_from_the_future_is_made_anew(preparing: Preparing) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    make_wheel(preparing.links, "tinyreq", "1.1")
    age(first, -3600)
    assert preparing.prepare(preparing.wanted("tinyreq")).path != first.path


def test_environment_is_made_anew_when_everything_is_refreshed(preparing: Preparing) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    make_wheel(preparing.links, "tinyreq", "1.1")
    refreshed = preparing.prepare(preparing.wanted("tinyreq", network=Network.REFRESH))
    assert refreshed.path != first.path
    assert preparing.prepare(preparing.wanted("tinyreq")) == refreshed


def test_old_environment_is_fresh_again_where_nothing_new_was_released(
    frontend: str, preparing: Preparing
) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    age(first, 10 * FRESH)
    assert preparing.prepare(preparing.wanted("tinyreq")) == first
    assert [*first.path.parent.iterdir()] == [first.path]
    make_wheel(preparing.links, "tinyreq", "1.1")
    assert preparing.prepare(preparing.wanted("tinyreq")) == first, "it is fresh"


def test_environment_as_of_an_instant_that_is_long_over_is_good_for_ever(
    preparing: Preparing,
) -> None:
    wanted = replace(preparing.wanted(), as_of="2020-01-01T00:00:00Z")
    fact = preparing.prepare(wanted).path / READY
    age(preparing.prepare(wanted), 1000 * FRESH)
    before = fact.read_text()
    preparing.prepare(wanted)
    assert fact.read_text() == before, "it was not made anew"


def test_environment_as_of_an_instant_that_is_hardly_over_ages_as_any_other(
    preparing: Preparing,
) -> None:
    now = time.gmtime(time.time() - SETTLED / 2)
    wanted = replace(preparing.wanted(), as_of=time.strftime("%Y-%m-%dT%H:%M:%SZ", now))
    fact = preparing.prepare(wanted).path / READY
    age(preparing.prepare(wanted), FRESH)
    before = fact.read_text()
    preparing.prepare(wanted)
    assert fact.read_text() != before, "it was made anew, and found to be the same"


def test_environment_is_for_one_instant_alone(preparing: Preparing) -> None:
    wanted = preparing.wanted()
    instants = ("", "2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z")
    found = {preparing.prepare(replace(wanted, as_of=each)).path.parent for each in instants}
    assert len(found) == 3


def test_environment_that_was_never_finished_is_removed(preparing: Preparing) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    (first.path / READY).unlink()
    second = preparing.prepare(preparing.wanted("tinyreq"))
    assert [*first.path.parent.iterdir()] == [second.path]


def test_environment_that_was_written_into_stays_for_the_builds_in_it(
    preparing: Preparing,
) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    (first.path / "written").touch()
    preparing.environments().release(first)
    second = preparing.prepare(preparing.wanted("tinyreq"))
    assert second.path != first.path
    assert (first.path / "written").exists()


def test_old_environment_does_where_there_is_no_network(preparing: Preparing) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    age(first, 10 * FRESH)
    assert preparing.prepare(preparing.wanted("tinyreq", network=Network.NEVER)).path == first.path


def test_no_index_is_asked_where_there_is_no_network(
    frontend: str, preparing: Preparing, index: IndexServer
) -> None:
    preparing.indexes = Indexes(urls=(index.url,), find_links=(str(preparing.links),))
    prepared = preparing.prepare(preparing.wanted("tinyreq", network=Network.NEVER))
    assert prepared.installed == {"tinyreq": "1.0"}
    with pytest.raises(EnvironmentFailed):
        preparing.prepare(preparing.wanted("absent", network=Network.NEVER))
    assert index.requests == []


CHANGES = pytest.mark.parametrize(
    "change",
    [
        lambda preparing: preparing.wanted("tinyreq>=1"),
        lambda preparing: preparing.wanted("tinyreq", constraints=("tinyreq<9",)),
    ],
    ids=["requirements", "constraints"],
)


@CHANGES
def test_what_comes_to_the_same_has_one_environment(
    change: Callable[[Preparing], Wanted], frontend: str, preparing: Preparing
) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    for _ in range(2):
        assert preparing.prepare(change(preparing)) == first
    assert [*preparing.root.glob("*/*/bin")] == [first.path / "bin"]


@CHANGES
def test_what_comes_to_something_else_has_another_environment(
    change: Callable[[Preparing], Wanted], preparing: Preparing
) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    assert preparing.prepare(change(preparing)) == first
    make_wheel(preparing.links, "tinyreq", "1.1")
    refreshed = preparing.prepare(replace(change(preparing), network=Network.REFRESH))
    assert refreshed.path != first.path
    assert refreshed.installed == {"tinyreq": "1.1"}
    assert preparing.prepare(preparing.wanted("tinyreq")) == first


@CHANGES
def test_one_environment_for_several_is_fresh_again_where_nothing_new_was_released(
    change: Callable[[Preparing], Wanted], preparing: Preparing
) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    preparing.prepare(change(preparing))
    for note in preparing.root.glob(f"*/*/{READY}"):
        fact = json.loads(note.read_text())
        note.write_text(json.dumps({**fact, "created": fact["created"] - FRESH}))
    assert preparing.prepare(change(preparing)) == first
    assert preparing.prepare(preparing.wanted("tinyreq")) == first
    assert len([*preparing.root.glob("*/*")]) == 2, "the environment, and the note that names it"


@pytest.mark.parametrize("spoil", ["written into", "taken back", "removed", "elsewhere"])
@CHANGES
def test_one_environment_for_several_that_is_no_good_is_made_anew(
    change: Callable[[Preparing], Wanted], spoil: str, preparing: Preparing, tmp_path: Path
) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    preparing.prepare(change(preparing))
    if spoil == "written into":
        (first.path / "bin" / "new").touch()
    elif spoil == "taken back":
        (first.path / READY).unlink()
    elif spoil == "removed":
        shutil.rmtree(first.path)
    else:
        (note,) = (
            each for each in preparing.root.glob(f"*/*/{READY}") if each.parent != first.path
        )
        away = shutil.copytree(first.path, tmp_path / "away" / "from" / "here", symlinks=True)
        note.write_text(json.dumps({**json.loads(note.read_text()), "same_as": str(away)}))
        (first.path / READY).unlink()
    second = preparing.prepare(change(preparing))
    assert second.path.parent.parent == preparing.root
    assert second.path != first.path
    assert second.installed == {"tinyreq": "1.0"}


def test_environment_is_for_these_indexes_and_settings_alone(preparing: Preparing) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    preparing.environ["UV_PRERELEASE"] = "allow"
    second = preparing.prepare(preparing.wanted("tinyreq"))
    (preparing.links.parent / "more").mkdir()
    more = (*preparing.indexes.find_links, str(preparing.links.parent / "more"))
    preparing.indexes = replace(preparing.indexes, find_links=more)
    third = preparing.prepare(preparing.wanted("tinyreq"))
    assert len({each.path.parent for each in (first, second, third)}) == 3


@pytest.mark.parametrize("damage", ["", "[]", "{}", '{"created": "yesterday"}', "\x00"])
def test_environment_whose_note_is_damaged_is_made_anew(damage: str, preparing: Preparing) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    (first.path / READY).write_text(damage)
    assert preparing.prepare(preparing.wanted("tinyreq")).path != first.path


# Nobody changes it.


def test_environment_that_a_build_wrote_into_is_not_used_again(preparing: Preparing) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    preparing.environments().release(first)
    assert preparing.prepare(preparing.wanted("tinyreq")) == first
    (first.path / "bin" / "new").touch()
    preparing.environments().release(first)
    second = preparing.prepare(preparing.wanted("tinyreq"))
    assert second.path != first.path
    assert first.path.exists(), "another build may be in it"


def test_environment_that_a_killed_build_wrote_into_is_not_used_again(
    preparing: Preparing,
) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    (module,) = first.path.glob("lib/python*/site-packages/tinyreq/__init__.py")
    module.write_text("changed = True")
    assert preparing.prepare(preparing.wanted("tinyreq")).path != first.path


def test_byte_code_is_no_change(preparing: Preparing) -> None:
    first = preparing.prepare(preparing.wanted("tinyreq"))
    said_by(first, "import tinyreq")
    assert [*first.path.glob("lib/python*/site-packages/tinyreq/__pycache__/*")]
    preparing.environments().release(first)
    assert preparing.prepare(preparing.wanted("tinyreq")) == first


WRITING = """
import os, sys
def build_wheel(into, settings=None, metadata=None):
    open(os.path.join(sys.prefix, "bin", "written"), "w").close()
    {then}
"""


@pytest.mark.parametrize(
    "then",
    [
        "import tinybackend; return tinybackend.build_wheel(into, settings, metadata)",
        "raise RuntimeError",
    ],
    ids=["succeeds", "fails"],
)
def test_build_that_writes_into_its_environment_is_the_last_in_it(
    then: str, tmp_path: Path, cache_dir: Path
) -> None:
    tree = materialise("pure", tmp_path, build_system={"build-backend": "writing"})
    (tree / "writing.py").write_text(WRITING.format(then=then))
    with wheelwell.open_cache(cache_dir) as cache:
        for _ in range(2):
            with contextlib.suppress(wheelwell.WheelwellError):
                cache.get(str(tree), rebuild=True)
    written = [*cache_dir.glob("environments-v1/*/*/bin/written")]
    assert len(written) == 2
    assert not [*cache_dir.glob(f"environments-v1/*/*/{READY}")]


# Where it cannot be prepared.


def test_requirement_that_is_not_there_is_told_and_nothing_is_left(
    frontend: str, preparing: Preparing
) -> None:
    with pytest.raises(EnvironmentFailed, match="absent-thing") as caught:
        preparing.prepare(preparing.wanted("absent-thing>=2", "tinyreq"))
    assert any("absent-thing" in line for line in caught.value.lines)
    assert "absent-thing>=2, tinyreq" in caught.value.message
    assert [*preparing.root.glob("*/*")] == []


def test_requirement_that_came_meanwhile_is_found(frontend: str, preparing: Preparing) -> None:
    with pytest.raises(EnvironmentFailed):
        preparing.prepare(preparing.wanted("late"))
    make_wheel(preparing.links, "late", "1.0")
    assert preparing.prepare(preparing.wanted("late")).installed == {"late": "1.0"}


def test_telling_lines_are_of_this_environment_and_not_of_what_was_logged_before(
    preparing: Preparing,
) -> None:
    preparing.log.write_text("error: something else\n")
    with pytest.raises(EnvironmentFailed) as caught:
        preparing.prepare(preparing.wanted("absent"))
    assert not any("something else" in line for line in caught.value.lines)


def test_preparation_that_was_cancelled_leaves_nothing(
    preparing: Preparing, index: IndexServer
) -> None:
    preparing.indexes = Indexes(urls=(index.url,))
    never = threading.Event()
    index.answer("/simple/absent/", until=never)
    with pytest.raises(Cancelled):
        preparing.prepare(
            preparing.wanted("absent"), is_cancelled=lambda: bool(index.asked("/simple/absent/"))
        )
    never.set()
    assert [*preparing.root.glob("*/*")] == []


def test_directory_of_a_preparation_that_may_still_be_ending_is_not_used_again(
    preparing: Preparing,
) -> None:
    """A caller was killed; its installer writes on for as long as it takes to end it."""
    first = preparing.prepare(preparing.wanted("tinyreq"))
    (first.path / READY).unlink()
    second = preparing.prepare(preparing.wanted("tinyreq"))
    assert second.path != first.path


# One at a time.


def test_two_builds_at_once_prepare_one_environment(
    tmp_path: Path, cache_dir: Path, preparing: Preparing
) -> None:
    switches = ("--find-links", str(preparing.links))
    needs = {"requires": ["tinyreq"]}
    first, second, third = (
        materialise("pure", tmp_path / name, project={"name": name}, build_system=needs)
        for name in ("first", "second", "third")
    )
    with Getting(first, cache_dir, *switches) as getting:
        assert getting.end() == 0
    (made,) = cache_dir.glob("environments-v1/*/*")
    (made / READY).unlink()
    held = lease.try_acquire(str(cache_dir / "leases" / f"environment-{made.parent.name}.lock"))
    assert held is not None
    with Getting(second, cache_dir, *switches) as one, Getting(third, cache_dir, *switches) as two:
        with held:
            for getting in (one, two):
                wait_until(lambda getting=getting: "preparing" in getting.said)  # type: ignore[misc]
            assert [*made.parent.iterdir()] == [made]
        assert one.end() == 0, one.said
        assert two.end() == 0, two.said
    logs = [gzip.decompress(log.read_bytes()) for log in cache_dir.rglob("build.log.gz")]
    assert [b"tinyreq" in log for log in logs].count(True) == 2, "the first one, and one of these"


def test_waiting_for_another_s_preparation_can_be_cancelled(preparing: Preparing) -> None:
    with ThreadPoolExecutor() as threads, holding_all(preparing):
        wanted = preparing.wanted("tinyreq")
        waiting = threads.submit(preparing.prepare, wanted, is_cancelled=lambda: True)
        assert isinstance(waiting.exception(timeout=30), Cancelled)


def test_waiting_for_another_s_preparation_has_a_limit(preparing: Preparing) -> None:
    watch = Watch(log=preparing.log, deadline=0.0, timeout=1.0)
    with ThreadPoolExecutor() as threads, holding_all(preparing):
        waiting = threads.submit(preparing.prepare_watched, preparing.wanted("tinyreq"), watch)
        assert isinstance(waiting.exception(timeout=30), BuildTimeout)


@contextlib.contextmanager
def holding_all(preparing: Preparing) -> Iterator[None]:
    """Let another process hold the right to prepare an environment with `tinyreq`."""
    prepared = preparing.prepare(preparing.wanted("tinyreq"))
    (prepared.path / READY).unlink()
    with holding(preparing.lease(f"environment-{prepared.path.parent.name}")):
        yield


# Indexes.


def test_all_indexes_are_equal(frontend: str, preparing: Preparing, index: IndexServer) -> None:
    with IndexServer() as other:
        index.add(make_wheel(preparing.root, "tinyreq", "1.5"))
        other.add(make_wheel(preparing.root, "tinyreq", "1.7"))
        for urls in ((index.url, other.url), (other.url, index.url)):
            preparing.indexes = Indexes(urls=urls)
            assert preparing.prepare(preparing.wanted("tinyreq")).installed == {"tinyreq": "1.7"}


@pytest.mark.parametrize("place", ["variable", "file"])
def test_pip_s_own_index_settings_are_in_force(
    place: str, frontend: str, tmp_path: Path, index: IndexServer, cache_dir: Path
) -> None:
    index.add(make_wheel(tmp_path / "wheels", "tinyreq", "1.0"))
    tree = materialise("pure", tmp_path, build_system={"requires": ["tinyreq"]})
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    if place == "variable":
        environ |= {"PIP_INDEX_URL": index.url, "PIP_CONFIG_FILE": os.devnull}
    else:
        (tmp_path / "pip.conf").write_text(f"[global]\nindex-url = {index.url}\n")
        environ["PIP_CONFIG_FILE"] = str(tmp_path / "pip.conf")
    configuration = wheelwell.load_configuration(environ=environ)
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        wheel = cache.get(str(tree))
    assert wheel.record is not None
    assert wheel.record.observed.requirements == {"tinyreq": "1.0"}
    assert index.asked("/simple/tinyreq/")


@needs_proc
def test_credentials_of_an_index_are_nowhere_to_be_seen(
    frontend: str, preparing: Preparing
) -> None:
    with IndexServer(credentials=("ada", PASSWORD)) as index:
        index.add(make_wheel(preparing.root / "scratch", "tinyreq", "1.0"))
        shutil.rmtree(preparing.root)
        go = threading.Event()
        index.answer("/simple/tinyreq/", until=go)
        preparing.indexes = Indexes(urls=(index.url_with_credentials,))
        commands: list[str] = []

        def look() -> None:
            wait_until(lambda: index.asked("/simple/tinyreq/"))
            commands.extend(every_command())
            go.set()

        looking = threading.Thread(target=look)
        looking.start()
        prepared = preparing.prepare(preparing.wanted("tinyreq"))
        looking.join()
    assert prepared.installed == {"tinyreq": "1.0"}
    installing = [command for command in commands if str(preparing.root) in command]
    assert installing
    assert not [command for command in commands if PASSWORD in command]
    seen = [prepared.path / READY, preparing.log, *prepared.path.rglob("*.txt")]
    assert not [path for path in seen if PASSWORD in path.read_text()]


def test_credentials_of_an_index_that_fails_are_not_told(
    frontend: str, preparing: Preparing
) -> None:
    with IndexServer(credentials=("ada", PASSWORD)) as index:
        preparing.indexes = Indexes(urls=(index.url_with_credentials,))
        with pytest.raises(EnvironmentFailed) as caught:
            preparing.prepare(preparing.wanted("absent"))
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in preparing.log.read_text()


def every_command() -> Iterator[str]:
    """Return the command lines of all processes: everybody may read them."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_text(errors="replace").replace("\0", " ")


# What is killed while an environment is prepared.


@pytest.fixture
def mark() -> Iterator[str]:
    """What ends the command lines of some processes, which end with the test."""
    mark = f"mark-{secrets.token_hex(8)}"
    yield mark
    kill(*processes_matching(f"\0{mark}\0"))


@needs_proc
@pytest.mark.parametrize("victims", ["both", "caller", "supervisor"])
def test_nothing_of_a_killed_preparation_goes_on(
    victims: str, frontend: str, mark: str, tmp_path: Path, cache_dir: Path
) -> None:
    """A requirement may have to be built, by pip or uv, whose processes have the user's HOME."""
    builds, go = tmp_path / "builds", tmp_path / "go"
    requirement = materialise(
        "backend-spawns", tmp_path, mark=mark, count=str(builds), wait_for=str(go)
    )
    make_sdist(requirement, tmp_path / "links")
    tree = materialise("pure", tmp_path, build_system={"requires": ["backend-spawns"]})
    switches = ("--find-links", str(tmp_path / "links"))
    without_uv = {"PYTHONPATH": _without_uv(tmp_path)} if frontend == "pip" else {}
    with Getting(tree, cache_dir, *switches, environ=without_uv) as getting:
        wait_until(lambda: len(processes_matching(f"\0{mark}\0")) >= 3, message=getting.said)
        supervisor = getting.supervisor()
        stop(getting.process.pid)
        stop(supervisor)
        if victims in {"both", "supervisor"}:
            kill(supervisor)
        if victims in {"both", "caller"}:
            kill(getting.process.pid)
            getting.process.wait()
        for process in {getting.process.pid, supervisor}:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGCONT)
        if victims == "supervisor":
            assert getting.end() == 1
        wait_until(lambda: is_free(key_leases(cache_dir)[0]))
    if victims == "both":
        first = processes_matching(f"\0{mark}\0")
        assert first
        with Getting(tree, cache_dir, *switches, environ=without_uv) as second:
            wait_until(lambda: lines(builds) == 2, message=second.said)
            assert not {*first} & {*processes_matching(f"\0{mark}\0")}
            second.process.terminate()
            assert second.end() == 143, second.said
    assert processes_matching(f"\0{mark}\0") == []


def _without_uv(directory: Path) -> str:
    """Return a directory of modules in which there is something else under uv's name."""
    hiding = directory / "hiding"
    hiding.mkdir()
    (hiding / "sitecustomize.py").write_text(
        "from wheelwell.builder import frontends\nfrontends.find_uv = lambda _: None\n"
    )
    return os.pathsep.join([str(hiding), *filter(None, [os.environ.get("PYTHONPATH")])])
