"""A directory in a Git work tree is what Git shows of it, and is only read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import wheelwell
from support.projects import materialise
from support.repositories import DATE, Repository
from wheelwell.wheel import Origin

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


class Told(wheelwell.Reporter):
    """A reporter that keeps its warnings."""

    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def checkout(tmp_path: Path) -> Repository:
    """A project with a rule for what is ignored, in one commit."""
    made = Repository(materialise("pure", tmp_path / "work"))
    made.commit({".gitignore": "build/\n*.so\n*.log\n", "pure/kept.log": "x"})
    made.git("add", "--force", "pure/kept.log")
    made.commit()
    return made


@pytest.fixture
def described(tmp_path: Path) -> Repository:
    """A project whose version its backend takes from Git, tagged v1.0."""
    made = Repository(materialise("dynamic-version", tmp_path / "work", git_describe=True))
    made.commit({"a.txt": "a"})
    made.tag("v1.0")
    return made


def get(cache_dir: Path, path: Path, **choices: object) -> wheelwell.Wheel:
    configuration = wheelwell.load_configuration({"no-index": True})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        return cache.get(str(path), **choices)  # type: ignore[arg-type]


def source(cache_dir: Path, path: Path, reporter: wheelwell.Reporter | None = None) -> str:
    configuration = wheelwell.load_configuration({"no-index": True})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        plan = cache.plan(str(path), reporter=reporter or wheelwell.Reporter())
        return plan.keyed.source.token


LEFTOVERS = [
    "build/lib/pure/x.py",
    "pure/native.so",
    "some.log",
    "pure/__pycache__/x.pyc",
    ".venv/x",
]


@pytest.mark.parametrize("name", LEFTOVERS)
def test_what_the_project_ignores_does_not_count(
    checkout: Repository, cache_dir: Path, name: str
) -> None:
    before = source(cache_dir, checkout.path)
    (checkout.path / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout.path / name).write_text("left")
    assert source(cache_dir, checkout.path) == before


CHANGES: dict[str, Callable[[Path], object]] = {
    "tracked": lambda top: (top / "pure/__init__.py").write_text("x = 2\n"),
    "tracked though ignored": lambda top: (top / "pure/kept.log").write_text("y"),
    "untracked": lambda top: (top / "pure/new.py").write_text("x = 2\n"),
    "removed": lambda top: (top / "pure/__init__.py").unlink(),
    "mode": lambda top: (top / "pure/__init__.py").chmod(0o755),
}


@pytest.mark.parametrize("change", CHANGES)
def test_any_edit_of_what_git_shows_misses_and_taken_back_hits(
    checkout: Repository, cache_dir: Path, change: str
) -> None:
    first = get(cache_dir, checkout.path)
    CHANGES[change](checkout.path)
    assert get(cache_dir, checkout.path).key != first.key
    checkout.git("stash", "--include-untracked")
    assert get(cache_dir, checkout.path).origin is Origin.LOCAL


def test_what_is_ignored_is_not_in_the_copy_and_what_is_tracked_is(
    checkout: Repository, cache_dir: Path
) -> None:
    (checkout.path / "pure/debug.log").write_text("left")
    with zipfile.ZipFile(get(cache_dir, checkout.path).path) as archive:
        names = archive.namelist()
    assert "pure/kept.log" in names
    assert "pure/debug.log" not in names


def test_key_is_that_of_the_same_files_outside_git(
    checkout: Repository, cache_dir: Path, tmp_path: Path
) -> None:
    shutil.copytree(checkout.path, tmp_path / "plain", ignore=shutil.ignore_patterns(".git"))
    assert source(cache_dir, tmp_path / "plain") == source(cache_dir, checkout.path)


def test_linked_work_tree_and_clone_have_the_same_key(
    checkout: Repository, cache_dir: Path, tmp_path: Path
) -> None:
    checkout.git("worktree", "add", "-q", str(tmp_path / "linked"))
    checkout.git("clone", "-q", ".", str(tmp_path / "clone"))
    wanted = source(cache_dir, checkout.path)
    assert source(cache_dir, tmp_path / "linked") == wanted
    assert source(cache_dir, tmp_path / "clone") == wanted


def test_project_that_its_repository_ignores_counts_as_it_lies_there(
    checkout: Repository, cache_dir: Path
) -> None:
    inner = materialise("pure", checkout.path / "build")
    before = source(cache_dir, inner)
    (inner / "pure/more.py").touch()
    assert source(cache_dir, inner) != before


def test_submodules_and_repositories_inside_are_walked(
    checkout: Repository, cache_dir: Path, tmp_path: Path
) -> None:
    other = Repository(tmp_path / "other")
    other.commit({"x.c": "", ".gitignore": "*.o\n"})
    checkout.git("submodule", "--quiet", "add", str(other.path), "sub")
    Repository(checkout.path / "nested").commit({"y.c": ""})
    before = source(cache_dir, checkout.path)
    (checkout.path / "sub/x.o").touch()
    assert source(cache_dir, checkout.path) == before
    for name in ("sub/x.c", "nested/y.c"):
        (checkout.path / name).write_text("int x;")
        after = source(cache_dir, checkout.path)
        assert after != before
        before = after


def test_link_in_a_tracked_directorys_place_is_a_link(
    checkout: Repository, cache_dir: Path, tmp_path: Path
) -> None:
    checkout.commit({"data/a": "a", "other/a": "b"})
    shutil.rmtree(checkout.path / "data")
    (checkout.path / "data").symlink_to("other")
    assert get(cache_dir, checkout.path).origin is Origin.BUILT


@pytest.mark.parametrize("name", ["pure", "dynamic-version"])
def test_users_tree_is_not_written_to(tmp_path: Path, cache_dir: Path, name: str) -> None:
    made = Repository(materialise(name, tmp_path / "work", git_describe=True))
    made.commit()
    made.tag("v1.0")
    os.utime(made.path / "pyproject.toml", (1, 1))  # Git would like to note that in its index
    before = _all(made.path)
    get(cache_dir, made.path)
    get(cache_dir, made.path)
    assert _all(made.path) == before


def _all(top: Path) -> dict[str, tuple[int, int, int]]:
    found = {}
    for path in [top, *top.rglob("*")]:
        status = path.lstat()
        found[str(path)] = (status.st_ino, status.st_mtime_ns, status.st_ctime_ns)
    return found


def test_version_is_what_git_describes_in_the_users_tree(
    described: Repository, cache_dir: Path
) -> None:
    def told() -> str:
        words = described.git("describe", "--tags", "--long", "--dirty").split("-", 2)
        return f"{words[0][1:]}.post{words[1]}+{words[2].replace('-', '.')}"

    seen = []
    for change in (
        lambda: None,
        lambda: described.commit({"b.txt": "b"}),
        lambda: (described.path / "a.txt").write_text("changed"),
        lambda: (described.path / "untracked.txt").write_text("new"),
        lambda: described.git("add", "untracked.txt"),
        lambda: described.git("reset", "-q", "--hard"),
        lambda: described.git("checkout", "-q", "--detach"),
    ):
        change()
        wheel = get(cache_dir, described.path)
        assert wheel.version == told(), change
        seen.append(wheel.version)
    assert len({*seen}) == 3
    assert get(cache_dir, described.path).origin is Origin.LOCAL


def test_new_tag_on_the_same_files_is_noticed(described: Repository, cache_dir: Path) -> None:
    first = get(cache_dir, described.path)
    described.git("tag", "-d", "v1.0")
    described.tag("v2.0")
    assert get(cache_dir, described.path).version.startswith("2.0")
    described.git("tag", "-d", "v2.0")
    described.git("tag", "-a", "-m", "v1.0", "v1.0")
    assert get(cache_dir, described.path).key == first.key


def test_tag_does_not_matter_where_the_version_is_static(
    checkout: Repository, cache_dir: Path
) -> None:
    before = source(cache_dir, checkout.path)
    checkout.tag("v9")
    checkout.commit()
    assert source(cache_dir, checkout.path) == before


def test_project_below_the_top_is_described_and_what_is_beside_it_does_not_count(
    tmp_path: Path, cache_dir: Path
) -> None:
    project = materialise("dynamic-version", tmp_path / "work/python", git_describe=True)
    made = Repository(tmp_path / "work")
    made.commit({"beside.txt": "x"})
    made.tag("v1.0")
    first = get(cache_dir, project)
    assert first.version == f"1.0.post0+g{made.head[:7]}"
    (made.path / "beside.txt").write_text("changed")
    assert get(cache_dir, project).key == first.key
    with (project / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert get(cache_dir, project).version.endswith(".dirty")


def test_shallow_clone_and_linked_work_tree_are_described(
    described: Repository, cache_dir: Path, tmp_path: Path
) -> None:
    described.commit({"b.txt": "b"})
    described.tag("v1.1")
    described.git("clone", "-q", "--depth=1", described.path.as_uri(), str(tmp_path / "shallow"))
    described.git("worktree", "add", "-q", "-b", "linked", str(tmp_path / "linked"))
    for place in ("shallow", "linked"):
        assert get(cache_dir, tmp_path / place).version.startswith("1.1.post0")


def test_files_of_a_described_directory_have_the_commits_time(
    described: Repository, cache_dir: Path
) -> None:
    with zipfile.ZipFile(get(cache_dir, described.path).path) as archive:
        assert {info.date_time[:3] for info in archive.infolist()} == {(2023, 11, 14)}
    assert DATE == 1_700_000_000


def test_what_only_a_filter_makes_the_same_is_no_change(
    described: Repository, cache_dir: Path
) -> None:
    described.git("config", "--global", "filter.shout.clean", "tr a-z A-Z")
    described.commit({".gitattributes": "*.loud filter=shout\n", "b.loud": "quiet"})
    described.tag("v1.1")
    described.git("status")
    assert described.git("cat-file", "blob", "HEAD:b.loud") == "QUIET"
    assert get(cache_dir, described.path).version == f"1.1.post0+g{described.head[:7]}"


HOSTILE = {
    "fsmonitor": ("core.fsmonitor", "{script}"),
    "clean filter": ("filter.evil.clean", "{script}"),
    "process filter": ("filter.evil.process", "{script}"),
    "pager": ("core.pager", "{script}"),
    "ssh": ("core.sshCommand", "{script}"),
    "hooks": ("core.hooksPath", "{hooks}"),
    "signatures": ("gpg.program", "{script}"),
    "external diff": ("diff.external", "{script}"),
}


def signer(directory: Path) -> Path:
    """Return a program that signs for Git, as GnuPG would."""
    program = directory / "signer"
    program.write_text(
        "#!/bin/sh\ncat > /dev/null\necho '[GNUPG:] SIG_CREATED ' >&2\n"
        "echo '-----BEGIN PGP SIGNATURE-----'\necho '-----END PGP SIGNATURE-----'\n"
    )
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("setting", HOSTILE)
def test_configuration_of_the_directory_runs_nothing(
    described: Repository, cache_dir: Path, tmp_path: Path, setting: str
) -> None:
    get(cache_dir, described.path)  # its backend's own git is past
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("script", "post-index-change", "post-checkout", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\ncat\n")
        (hooks / name).chmod(0o755)
    name, value = HOSTILE[setting]
    described.commit({".gitattributes": "* filter=evil\n"})
    described.git("-c", f"gpg.program={signer(tmp_path)}", "commit", "-qS", "--allow-empty", "-mx")
    described.git("config", "log.showSignature", "true")
    described.git("config", name, value.format(script=hooks / "script", hooks=hooks))
    os.utime(described.path / "a.txt", (1, 1))
    (tmp_path / "ran").unlink(missing_ok=True)
    (described.path / "b.txt").write_text("new")
    described_again = get(cache_dir, described.path)
    assert described_again.origin is Origin.BUILT
    assert not (tmp_path / "ran").exists()


def test_repository_of_another_user_is_not_asked_and_that_is_said(
    checkout: Repository, cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    told = Told()
    source(cache_dir, checkout.path, told)
    assert any("dubious ownership" in warning for warning in told.warnings)
    assert get(cache_dir, checkout.path).origin is Origin.BUILT


def test_broken_repository_is_not_asked_and_that_is_said(
    checkout: Repository, cache_dir: Path
) -> None:
    (checkout.path / ".git/index").write_bytes(b"no index")
    told = Told()
    source(cache_dir, checkout.path, told)
    assert len(told.warnings) == 1
    assert get(cache_dir, checkout.path).origin is Origin.BUILT


def test_directory_before_its_first_commit_is_built(tmp_path: Path, cache_dir: Path) -> None:
    made = Repository(materialise("pure", tmp_path))
    assert get(cache_dir, made.path).origin is Origin.BUILT
    fresh = Repository(materialise("dynamic-version", tmp_path / "other"))
    assert get(cache_dir, fresh.path).origin is Origin.BUILT
    assert get(cache_dir, fresh.path).origin is Origin.LOCAL


@pytest.mark.parametrize("is_tracked", [True, False])
def test_output_inside_the_project_does_not_change_it(
    tmp_path: Path, cache_dir: Path, is_tracked: bool
) -> None:
    project = materialise("pure", tmp_path)
    if is_tracked:
        Repository(project).commit()
    command = [sys.executable, "-m", "wheelwell", "get", ".", "--no-index", "--json"]
    command += ["--cache-dir", ".cache", "-o", "out"]

    def run() -> tuple[str, str]:
        done = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
        return json.loads(done.stdout)["origin"], done.stderr

    assert run()[0] == "built"
    origin, said = run()
    assert origin == "local"
    assert "changed" not in said
