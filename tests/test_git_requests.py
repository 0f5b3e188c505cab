"""A commit is a source: found without asking, fetched once, built with what version tools need."""

from __future__ import annotations

import json
import os
import shutil
import stat
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import wheelwell
from support.processes import wait_until
from support.projects import materialise
from support.repositories import DATE, Repository, Ssh, by_ssh
from wheelwell.errors import (
    Cancelled,
    FetchError,
    InvalidSource,
    NoMatchingSource,
    NotInCache,
    SourceError,
)
from wheelwell.indexes import Network
from wheelwell.wheel import Origin

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


class Told(wheelwell.Reporter):
    """A reporter that keeps what it is told."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.warnings: list[str] = []

    def began(self, step: str, subject: str) -> None:
        self.steps.append(step)

    def warned(self, message: str) -> None:
        self.warnings.append(message)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A project with static metadata, in one commit on `main`."""
    made = Repository(materialise("pure", tmp_path / "origin"))
    made.commit()
    return made


@pytest.fixture
def described(tmp_path: Path) -> Repository:
    """A project whose version its backend takes from Git, tagged v1.0."""
    made = Repository(materialise("dynamic-version", tmp_path / "origin", git_describe=True))
    made.commit()
    made.tag("v1.0")
    return made


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ssh:
    """The way to repositories, counted."""
    made = Ssh(tmp_path / "ssh")
    monkeypatch.setenv("GIT_SSH_COMMAND", str(made.command))
    return made


@pytest.fixture
def git_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a line for each `git` that is started from when it is there."""
    calls, counting = tmp_path / "git-calls", tmp_path / "counting" / "git"
    counting.parent.mkdir()
    really = shutil.which("git")
    counting.write_text(f'#!/bin/sh\n[ -e {calls} ] && echo "$@" >> {calls}\nexec {really} "$@"\n')
    counting.chmod(0o755)
    monkeypatch.setenv("PATH", f"{counting.parent}{os.pathsep}{os.environ['PATH']}")
    return calls


def get(cache_dir: Path, request: str, **choices: object) -> wheelwell.Wheel:
    configuration = wheelwell.load_configuration({"no-index": True})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        return cache.get(request, **choices)  # type: ignore[arg-type]


def files(wheel: wheelwell.Wheel) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel.path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_every_way_to_name_a_commit_leads_to_one_wheel(
    repository: Repository, cache_dir: Path
) -> None:
    repository.tag("v1.0")
    repository.git("tag", "light")
    head = repository.head
    first = get(cache_dir, repository.uri)
    assert (first.origin, first.version) == (Origin.BUILT, "1.0")
    refs = ["main", "v1.0", "light", head, head.upper(), head[:7], "refs/heads/main"]
    for ref in refs:
        wheel = get(cache_dir, f"{repository.uri}@{ref}")
        assert (ref, wheel.origin, wheel.key) == (ref, Origin.LOCAL, first.key)
    assert get(cache_dir, f"pure @ {repository.uri}/.git/@main").key == first.key
    assert get(cache_dir, f"{repository.uri}#egg=pure").key == first.key


def test_full_commit_is_not_looked_up_again_and_starts_no_git(
    repository: Repository, cache_dir: Path, ssh: Ssh, git_calls: Path
) -> None:
    request = f"{by_ssh(repository)}@{repository.head}"
    get(cache_dir, request)
    asked = ssh.calls
    git_calls.touch()
    for again in (request, f"pure @ {request}", request.replace("git@", "other@")):
        assert get(cache_dir, again).origin is Origin.LOCAL
        assert get(cache_dir, again, network=Network.NEVER).origin is Origin.LOCAL
    assert ssh.calls == asked
    assert not git_calls.read_text()


def test_full_commit_with_tags_is_not_looked_up_again_either(
    described: Repository, cache_dir: Path, ssh: Ssh, git_calls: Path
) -> None:
    get(cache_dir, f"{by_ssh(described)}@main")
    assert ssh.calls == len(["its refs", "its objects"])
    again = f"{by_ssh(described)}@{described.head}"
    git_calls.touch()
    assert get(cache_dir, again, network=Network.NEVER).origin is Origin.LOCAL
    assert not git_calls.read_text()


def test_directory_that_is_held_starts_one_git(
    repository: Repository, cache_dir: Path, git_calls: Path
) -> None:
    get(cache_dir, str(repository.path))
    git_calls.touch()
    assert get(cache_dir, str(repository.path)).origin is Origin.LOCAL
    assert len(git_calls.read_text().splitlines()) == 1


def test_branch_that_did_not_move_is_asked_for_once(
    repository: Repository, cache_dir: Path, ssh: Ssh
) -> None:
    get(cache_dir, f"{by_ssh(repository)}@main")
    asked = ssh.calls
    assert get(cache_dir, f"{by_ssh(repository)}@main").origin is Origin.LOCAL
    assert ssh.calls == asked + 1


def test_branch_that_moved_is_another_source(repository: Repository, cache_dir: Path) -> None:
    first = get(cache_dir, f"{repository.uri}@main")
    repository.commit({"pure/more.py": ""})
    second = get(cache_dir, f"{repository.uri}@main")
    assert second.origin is Origin.BUILT
    assert "pure/more.py" in files(second)
    assert get(cache_dir, f"{repository.uri}@{second.source[4:44]}^".rstrip("^")).key == second.key
    repository.git("reset", "--hard", "-q", "HEAD~1")
    assert get(cache_dir, f"{repository.uri}@main").key == first.key


def test_offline_a_held_commit_is_built_and_a_branch_is_not_in_the_cache(
    repository: Repository, cache_dir: Path, ssh: Ssh
) -> None:
    older = repository.head
    repository.commit({"pure/more.py": ""})
    get(cache_dir, f"{by_ssh(repository)}@main")
    asked = ssh.calls
    wheel = get(cache_dir, f"{by_ssh(repository)}@{older}", network=Network.NEVER)
    assert wheel.origin is Origin.BUILT
    for ref in ("main", older[:7], "0" * 40):
        with pytest.raises(NotInCache):
            get(cache_dir, f"{by_ssh(repository)}@{ref}", network=Network.NEVER)
    assert ssh.calls == asked


def test_commit_of_no_branch_is_fetched_by_its_name(
    repository: Repository, cache_dir: Path
) -> None:
    repository.git("config", "uploadpack.allowAnySHA1InWant", "true")
    repository.git("checkout", "-q", "--detach")
    lost = repository.commit({"pure/lost.py": ""})
    repository.git("checkout", "-q", "main")
    repository.git("update-ref", "refs/pull/1/head", lost)
    assert "pure/lost.py" in files(get(cache_dir, f"{repository.uri}@{lost}"))
    assert get(cache_dir, f"{repository.uri}@refs/pull/1/head").origin is Origin.LOCAL


def test_branch_comes_before_a_tag_of_its_name_and_that_is_said(
    repository: Repository, cache_dir: Path
) -> None:
    repository.git("branch", "both")
    older = repository.head
    repository.commit({"pure/more.py": ""})
    repository.tag("both")
    wheel = get(cache_dir, f"{repository.uri}@both")
    assert older in wheel.source
    assert "branch" in wheel.note


@pytest.mark.parametrize("ref", ["mian", "abcdef0", "0" * 40, "refs/heads/none"])
def test_ref_that_does_not_exist_is_told(repository: Repository, cache_dir: Path, ref: str) -> None:
    with pytest.raises(NoMatchingSource, match=ref) as raised:
        get(cache_dir, f"{repository.uri}@{ref}")
    assert ref != "mian" or "main" in raised.value.hint


def test_repository_that_does_not_exist_is_told(tmp_path: Path, cache_dir: Path) -> None:
    for ref in ("main", "0" * 40):
        with pytest.raises(FetchError, match="no such repository") as raised:
            get(cache_dir, f"git+file://{tmp_path}/none@{ref}")
        assert raised.value.hint


def test_repository_without_commits_is_told(tmp_path: Path, cache_dir: Path) -> None:
    with pytest.raises(NoMatchingSource, match="empty repository"):
        get(cache_dir, Repository(tmp_path / "empty").uri)


DENIALS = {
    "git@host.example: Permission denied (publickey).": "credentials",
    "Host key verification failed.": "not known to ssh",
    "ssh: Could not resolve hostname host.example": "Could not resolve",
}


@pytest.mark.parametrize("said", DENIALS)
def test_what_ssh_says_becomes_one_reason_and_a_hint(
    repository: Repository,
    cache_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    said: str,
) -> None:
    reason = DENIALS[said]
    denying = Ssh(tmp_path / "denying", deny=said)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(denying.command))
    for ref in ("main", repository.head):
        with pytest.raises(FetchError, match=reason) as raised:
            get(cache_dir, f"{by_ssh(repository)}@{ref}")
        assert raised.value.hint


def test_without_git_a_repository_is_an_error_and_a_directory_is_built(
    repository: Repository, cache_dir: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError, match="Git is not installed"):
        get(cache_dir, repository.uri)
    assert get(cache_dir, str(repository.path)).origin is Origin.BUILT


def test_name_that_is_not_the_projects_is_refused(repository: Repository, cache_dir: Path) -> None:
    with pytest.raises(InvalidSource, match="not of other"):
        get(cache_dir, f"other @ {repository.uri}")


def test_what_is_no_project_is_refused(tmp_path: Path, cache_dir: Path) -> None:
    bare = Repository(tmp_path / "bare")
    bare.commit({"readme": ""})
    with pytest.raises(InvalidSource, match="no Python project"):
        get(cache_dir, bare.uri)
    with pytest.raises(InvalidSource, match="no directory python"):
        get(cache_dir, f"{bare.uri}#subdirectory=python")


def test_version_of_tags_is_told_by_the_history_in_the_build(
    described: Repository, cache_dir: Path
) -> None:
    described.commit({"more": ""})
    wheel = get(cache_dir, described.uri)
    assert wheel.version == f"1.0.post1+g{described.head[:7]}"
    assert get(cache_dir, f"{described.uri}@{described.head}").origin is Origin.LOCAL


def test_new_tag_on_the_same_commit_is_noticed_when_it_or_its_branch_is_asked_for(
    described: Repository, cache_dir: Path
) -> None:
    first = get(cache_dir, f"{described.uri}@v1.0")
    described.git("tag", "-d", "v1.0")
    described.tag("v2.0")
    second = get(cache_dir, f"{described.uri}@v2.0")
    described.git("tag", "-d", "v2.0")
    described.tag("v3.0")
    third = get(cache_dir, f"{described.uri}@main")
    assert [wheel.version[:9] for wheel in (first, second, third)] == [
        f"{tag}.0.post0" for tag in (1, 2, 3)
    ]
    assert {wheel.origin for wheel in (first, second, third)} == {Origin.BUILT}


def test_full_commit_keeps_the_tags_that_are_held_until_a_refresh(
    described: Repository, cache_dir: Path, ssh: Ssh
) -> None:
    request = f"{by_ssh(described)}@{described.head}"
    first = get(cache_dir, request)
    described.git("tag", "-d", "v1.0")
    described.tag("v2.0")
    assert get(cache_dir, request).key == first.key
    assert get(cache_dir, request, network=Network.REFRESH).version.startswith("2.0")


def test_tags_do_not_reach_a_build_whose_key_does_not_hold_them(
    repository: Repository, cache_dir: Path
) -> None:
    first = get(cache_dir, repository.uri)
    repository.tag("v9")
    assert get(cache_dir, repository.uri).key == first.key
    kept = get(cache_dir, repository.uri, keep=True, rebuild=True)
    (top,) = (cache_dir / "slots").glob("*/*/source/project")
    assert kept.origin is Origin.BUILT
    assert not (top / ".git" / "packed-refs").exists()
    assert not any((top / ".git" / "refs").rglob("v9"))


def test_project_in_a_subdirectory_sees_the_repository_above_it(
    tmp_path: Path, cache_dir: Path
) -> None:
    materialise("dynamic-version", tmp_path / "origin/python", git_describe=True)
    made = Repository(tmp_path / "origin")
    made.commit({"src/native.c": "int x;\n"})
    made.tag("v1.0")
    request = f"{made.uri}#subdirectory=python/dynamic-version"
    wheel = get(cache_dir, request)
    assert wheel.version.startswith("1.0.post0")
    assert wheel.record is not None
    assert wheel.record.inputs["toolchain"]  # of the C file beside it
    assert get(cache_dir, request).origin is Origin.LOCAL


def test_submodules_are_checked_out_and_theirs_too(tmp_path: Path, cache_dir: Path) -> None:
    leaf, middle = Repository(tmp_path / "leaf"), Repository(tmp_path / "middle")
    leaf.commit({"leaf.txt": "leaf"})
    middle.git("submodule", "--quiet", "add", "../leaf", "leaf")
    middle.commit({"native.c": "int x;\n"})
    top = Repository(materialise("pure", tmp_path))
    top.git("submodule", "--quiet", "add", middle.path.as_uri(), "pure/middle")
    top.commit()
    wheel = get(cache_dir, top.uri)
    assert files(wheel)["pure/middle/leaf/leaf.txt"] == b"leaf"
    assert wheel.record is not None
    assert wheel.record.inputs["toolchain"]
    assert get(cache_dir, f"{top.uri}@{top.head}").origin is Origin.LOCAL


def test_submodule_on_this_machine_is_refused_to_a_repository_from_elsewhere(
    tmp_path: Path, cache_dir: Path, ssh: Ssh
) -> None:
    secret = Repository(tmp_path / "secret")
    secret.commit({"secret.txt": "secret"})
    top = Repository(materialise("pure", tmp_path))
    top.git("submodule", "--quiet", "add", secret.path.as_uri(), "pure/secret")
    top.commit()
    with pytest.raises(InvalidSource, match="on this machine"):
        get(cache_dir, by_ssh(top))


def test_submodule_that_nobody_tells_of_is_left_empty_and_that_is_said(
    tmp_path: Path, cache_dir: Path
) -> None:
    leaf = Repository(tmp_path / "leaf")
    leaf.commit({"leaf.txt": "leaf"})
    top = Repository(materialise("pure", tmp_path))
    top.git("submodule", "--quiet", "add", leaf.path.as_uri(), "leaf")
    top.git("rm", "-q", "--cached", ".gitmodules")
    (top.path / ".gitmodules").unlink()
    top.commit()
    told = Told()
    assert get(cache_dir, top.uri, reporter=told).origin is Origin.BUILT
    assert any("leaf" in warning for warning in told.warnings)


def test_files_have_the_commits_time_and_their_modes(
    repository: Repository, cache_dir: Path
) -> None:
    (repository.path / "run").write_text("#!/bin/sh\n")
    (repository.path / "run").chmod(0o755)
    (repository.path / "link").symlink_to("run")
    repository.commit()
    wheel = get(cache_dir, repository.uri, keep=True)
    (top,) = (cache_dir / "slots").glob("*/*/source/project")
    assert (top / "pyproject.toml").stat().st_mtime == DATE
    assert stat.S_IMODE((top / "run").stat().st_mode) & 0o111
    assert os.readlink(top / "link") == "run"
    with zipfile.ZipFile(wheel.path) as archive:
        assert {info.date_time[:3] for info in archive.infolist()} == {(2023, 11, 14)}


def test_own_settings_of_git_do_not_change_what_is_built(
    repository: Repository, cache_dir: Path, tmp_path: Path
) -> None:
    repository.commit({"pure/data.txt": "a\nb\n", ".gitattributes": "*.txt filter=shout\n"})
    plain = files(get(cache_dir, repository.uri))
    home = Path(os.environ["HOME"])
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
        (hooks / name).chmod(0o755)
    attributes = tmp_path / "attributes"
    attributes.write_text("*.txt eol=crlf\n")
    (home / ".gitconfig").write_text(
        f"[core]\n autocrlf = true\n hooksPath = {hooks}\n attributesFile = {attributes}\n"
        f'[init]\n templateDir = {tmp_path}\n[filter "shout"]\n smudge = tr a-z A-Z\n'
    )
    other = get(tmp_path / "other", repository.uri)
    assert files(other) == plain
    assert not (tmp_path / "ran").exists()


def test_own_rewriting_of_urls_counts(repository: Repository, cache_dir: Path) -> None:
    base = repository.path.parent.as_uri()
    text = f'[url "{base}/"]\n insteadOf = https://host.example/\n'
    (Path(os.environ["HOME"]) / ".gitconfig").write_text(text)
    request = f"git+https://host.example/{repository.path.name}"
    wheel = get(cache_dir, request)
    assert wheel.origin is Origin.BUILT
    assert wheel.record is not None
    assert wheel.record.observed.origin == f"{request}@{repository.head}"


def test_credentials_are_neither_stored_nor_shown(
    repository: Repository, cache_dir: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    base = repository.path.parent.as_uri()
    secret = "https://me:s3cr3t-word@host.example/"
    config = Path(os.environ["HOME"]) / ".gitconfig"
    request = f"git+{secret}{repository.path.name}"
    config.write_text(f'[url "{base}/"]\n insteadOf = https://host.example/\n')
    # The URL with credentials is longer than any rewriting of the plain one, and is not rewritten.
    with pytest.raises(SourceError) as raised:
        get(cache_dir, f"{request}@main")
    assert "s3cr3t" not in str(raised.value) + raised.value.hint
    head = repository.head
    get(cache_dir, f"git+https://host.example/{repository.path.name}@{head}")
    told = get(cache_dir, f"{request}@{head}", rebuild=True)
    assert "s3cr3t" not in json.dumps(told.to_json())
    for path in cache_dir.rglob("*"):
        if path.is_file():
            assert b"s3cr3t" not in path.read_bytes(), path


def _cut(repository: Path) -> None:
    for pack in [*repository.glob("objects/pack/*.pack"), *repository.glob("objects/??/*")]:
        pack.chmod(0o600)
        pack.write_bytes(pack.read_bytes()[:10])


def _empty(repository: Path) -> None:
    (repository / "HEAD").unlink()


def _lock(repository: Path) -> None:
    (repository / "packed-refs.lock").touch()
    (repository / "refs" / "heads" / "main.lock").touch()


@pytest.mark.parametrize("damage", [_cut, _empty, _lock])
def test_damaged_repository_is_fetched_anew(
    repository: Repository, cache_dir: Path, damage: object
) -> None:
    get(cache_dir, f"{repository.uri}@main")
    (kept,) = (cache_dir / "git-v1").iterdir()
    damage(kept)  # type: ignore[operator]
    again = get(cache_dir, f"{repository.uri}@main", rebuild=True)
    assert again.origin is Origin.BUILT
    repository.commit({"pure/more.py": ""})
    told = Told()
    assert "pure/more.py" in files(get(cache_dir, f"{repository.uri}@main", reporter=told))
    assert not told.warnings  # what a Git that was killed left locked is no damage
    assert [path.name for path in (cache_dir / "git-v1").iterdir()] == [kept.name]


def test_repository_that_was_half_made_is_made_anew(
    repository: Repository, cache_dir: Path
) -> None:
    get(cache_dir, repository.uri)
    (kept,) = (cache_dir / "git-v1").iterdir()
    kept.rename(kept.with_name(f"{kept.name}.new"))
    (kept.with_name(f"{kept.name}.new") / "HEAD").unlink()
    assert get(cache_dir, repository.uri, rebuild=True).origin is Origin.BUILT
    assert [path.name for path in (cache_dir / "git-v1").iterdir()] == [kept.name]


def test_many_at_once_fetch_a_repository_once(
    repository: Repository, cache_dir: Path, ssh: Ssh
) -> None:
    request = f"{by_ssh(repository)}@{repository.head}"
    together = threading.Barrier(4)
    configuration = wheelwell.load_configuration({"no-index": True})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:

        def ask(_: int) -> wheelwell.Wheel:
            together.wait()
            return cache.get(request)

        with ThreadPoolExecutor(4) as pool:
            wheels = [*pool.map(ask, range(4))]
    assert len({wheel.path for wheel in wheels}) == 1
    assert ssh.calls == 1


def test_cancelled_fetch_ends_with_all_that_it_started(
    repository: Repository, cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = tmp_path / "started"
    hanging = tmp_path / "hanging"
    hanging.write_text(
        f"#!/bin/sh\necho $$ > {started}.new\nmv {started}.new {started}\nexec sleep 600\n"
    )
    hanging.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(hanging))
    cancel = threading.Event()

    def cancel_once_started() -> None:
        wait_until(started.exists)
        cancel.set()

    canceller = threading.Thread(target=cancel_once_started)
    canceller.start()
    with pytest.raises(Cancelled):
        get(cache_dir, f"{by_ssh(repository)}@main", cancel=cancel)
    canceller.join()
    process = int(started.read_text())
    wait_until(lambda: not Path(f"/proc/{process}/cmdline").exists() or _is_gone(process))


def _is_gone(process: int) -> bool:
    try:
        return not Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return True


LFS = """#!/bin/sh
# Replaces every pointer in the work tree, as `git lfs pull` does.
echo "$@" >> {log}
grep -rl --exclude-dir=.git '^version https://git-lfs' . | while read f; do
    echo fetched > "$f"
done
"""
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 1\n"


def test_files_in_lfs_are_fetched_where_that_is_installed_and_it_is_said_where_not(
    repository: Repository, cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit({".gitattributes": "*.bin filter=lfs\n", "pure/data.bin": POINTER})
    bare = tmp_path / "bin"
    bare.mkdir()
    request = f"{repository.uri}@{repository.head}"
    pointers = get(cache_dir, request)
    assert "git-lfs is not installed" in pointers.note
    assert files(pointers)["pure/data.bin"] == POINTER.encode()
    assert "git-lfs is not installed" in get(cache_dir, request).note

    (bare / "git-lfs").write_text(LFS.format(log=tmp_path / "lfs"))
    (bare / "git-lfs").chmod(0o755)
    monkeypatch.setenv("PATH", f"{bare}{os.pathsep}{os.environ['PATH']}")
    fetched = get(cache_dir, request)
    assert (fetched.origin, fetched.note) == (Origin.BUILT, "")
    assert files(fetched)["pure/data.bin"] == b"fetched\n"
    assert get(cache_dir, request).origin is Origin.LOCAL


def test_repository_that_names_objects_by_sha256_is_built(tmp_path: Path, cache_dir: Path) -> None:
    made = Repository(materialise("pure", tmp_path), object_format="sha256")
    made.commit()
    wheel = get(cache_dir, made.uri)
    assert len(made.head) == 64
    assert get(cache_dir, f"{made.uri}@{made.head}").key == wheel.key


def test_variables_of_a_hook_do_not_lead_astray(
    repository: Repository, cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Repository(tmp_path / "other")
    other.commit({"x": ""})
    monkeypatch.setenv("GIT_DIR", str(other.path / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other.path / ".git" / "index"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.path))
    assert get(cache_dir, f"{repository.uri}@main").version == "1.0"
    assert get(cache_dir, str(repository.path)).version == "1.0"
