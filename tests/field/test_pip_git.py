"""Git, of which pip caches few spellings, and clones what it has already built."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from field.conftest import User
from support.processes import wait_until
from support.repositories import Repository

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


@pytest.fixture
def repository(user: User, tmp_path: Path) -> Repository:
    """A repository with one commit of a project, and a tag."""
    made = Repository(tmp_path / "origin.git")
    shutil.copytree(user.project("pure"), made.path, dirs_exist_ok=True)
    made.commit()
    made.tag("v1.0")
    return made


def test_every_spelling_of_a_commit_is_one_build(user: User, repository: Repository) -> None:
    """A branch, a tag, a short or an upper-case SHA are never cached by pip; `.git` splits it."""
    plain = repository.uri.removesuffix(".git")
    shutil.copytree(repository.path, plain.removeprefix("git+file://"))
    spellings = [
        f"{repository.uri}@{repository.head}",
        f"{repository.uri}@{repository.head.upper()}",
        f"{repository.uri}@{repository.head[:10]}",
        f"{repository.uri}@main",
        f"{repository.uri}@v1.0",
        f"{repository.uri}/@{repository.head}",
        f"{plain}@{repository.head}",
        f"{repository.uri}@{repository.head}#egg=pure",
        f"pure @ {repository.uri}@{repository.head}",
        repository.uri,
        # What is known of a full commit needs nobody to be asked.
        f"git+https://host.example/origin@{repository.head}",
        f"git+https://ada:hunter2hunter@host.example/origin.git@{repository.head}",
        f"git+ssh://git@host.example/origin.git/@{repository.head}",
    ]
    keys = {user.get(spelling)["key"] for spelling in spellings}

    assert len(keys) == 1
    assert user.builds == 1


@pytest.mark.parametrize("name", ["", "pure @ "])
def test_a_full_commit_is_a_hit_with_the_repository_gone(
    user: User, repository: Repository, name: str
) -> None:
    """Without a name pip clones and builds a commit each time, although the wheel is stored."""
    request = f"{name}{repository.uri}@{repository.head}"
    built = user.get(request)
    shutil.rmtree(repository.path)
    shutil.rmtree(user.cache_dir / "git-v1")

    assert user.get(request)["path"] == built["path"]


def test_a_branch_that_moved_is_another_source(user: User, repository: Repository) -> None:
    """Where a branch is cached at all, it must not be cached for good."""
    before = user.get(f"{repository.uri}@main")
    repository.commit({"pure/new.py": ""})
    after = user.get(f"{repository.uri}@main")

    assert before["source"] != after["source"]
    assert user.builds == 2


def test_two_that_want_the_same_repositories_in_opposite_order_both_end(user: User) -> None:
    """uv #6691: each held the lock that the other waited for."""
    gate = user.home / "gate"
    made = [Repository(user.project(name, wait_for=str(gate))) for name in ("pure", "pure")]
    one, other = (f"{each.uri}@{each.commit({'pure/n.py': str(n)})}" for n, each in enumerate(made))
    forwards, backwards = (user.home / name for name in ("forwards", "backwards"))
    forwards.write_text(f"{one}\n{other}\n")
    backwards.write_text(f"{other}\n{one}\n")
    command = [sys.executable, "-m", "wheelwell", "get", "-q", "--no-index"]
    command += ["--cache-dir", str(user.cache_dir), "-r"]
    asking = [subprocess.Popen([*command, str(each)]) for each in (forwards, backwards)]
    wait_until(lambda: user.builds == 2, message="each builds what the other wants next")
    gate.touch()

    assert [process.wait(timeout=60) for process in asking] == [0, 0]
    assert user.builds == 2
