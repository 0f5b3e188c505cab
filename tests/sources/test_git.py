"""Git is run so that it asks nobody, shows no credentials, and takes allowed ways only."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from support.repositories import Repository, Ssh
from wheelwell.errors import FetchError
from wheelwell.remote import Remote
from wheelwell.sources.git import Git, GitFailed

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


def never() -> bool:
    return False


def asked(git: Git, remote: Remote) -> str:
    return git.ask(remote, None, "ls-remote", remote.shown, is_cancelled=never).decode()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "origin")
    made.commit({"a": ""})
    return made


@pytest.fixture
def gitconfig() -> Path:
    return Path(os.environ["HOME"]) / ".gitconfig"


def test_credentials_of_a_url_reach_git_but_no_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a fake Git: what it is given, and what the real one makes of that."""
    seen = tmp_path / "seen"
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    really = subprocess.run(["which", "git"], capture_output=True, text=True, check=True)
    program = really.stdout.strip()
    fake.write_text(
        f'#!/bin/sh\necho "$@" > {seen}\nfor url; do :; done\n'
        f'exec {program} ls-remote --get-url "$url"\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.name")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "Ann")
    remote = Remote(url="https://me:s3cr3t@host.example/a.git")
    assert asked(Git(environ=os.environ), remote).strip() == remote.url
    assert "https://host.example/a.git" in seen.read_text()
    assert "s3cr3t" not in seen.read_text()


def test_credentials_are_hidden_in_what_git_says(gitconfig: Path, repository: Repository) -> None:
    remote = Remote(url="https://me:s3cr3t@host.example/a.git")
    gitconfig.write_text("[http]\n proxy = http://127.0.0.1:9\n")
    with pytest.raises((FetchError, GitFailed)) as raised:
        asked(Git(environ=os.environ), remote)
    assert "s3cr3t" not in str(raised.value)


@pytest.mark.parametrize("way", ["on PATH", "core.sshCommand"])
def test_ssh_of_the_user_is_taken_and_asks_nobody(
    repository: Repository,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gitconfig: Path,
    way: str,
) -> None:
    ssh = Ssh(tmp_path / "bin")
    if way == "on PATH":
        monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    else:
        gitconfig.write_text(f"[core]\n sshCommand = {ssh.command}\n")
    remote = Remote(url=f"ssh://git@host.example{repository.path}")
    assert repository.head in asked(Git(environ=os.environ), remote)
    assert "BatchMode=yes" in (tmp_path / "bin" / "calls").read_text()


def test_nobody_is_asked_for_a_password(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gitconfig: Path
) -> None:
    """`git credential fill` asks as a fetch would: helpers answer, and no window or terminal."""
    asking = tmp_path / "asking"
    asking.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-asked\necho word\n")
    asking.chmod(0o755)
    gitconfig.write_text(f"[core]\n askPass = {asking}\n")
    for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
        monkeypatch.setenv(name, str(asking))
    git = Git(environ=os.environ)
    remote = Remote(url="https://host.example/a")
    request = b"protocol=https\nhost=host.example\n\n"
    environ = git._networked(remote)
    done = subprocess.run(
        ["git", "credential", "fill"], input=request, env=environ, capture_output=True, check=False
    )
    assert done.returncode
    assert not (tmp_path / "was-asked").exists()
    with gitconfig.open("a") as file:
        file.write('[credential]\n helper = "!echo username=me; echo password=word; :"\n')
    done = subprocess.run(
        ["git", "credential", "fill"], input=request, env=environ, capture_output=True, check=False
    )
    assert b"password=word" in done.stdout


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/", "git://127.0.0.1:9/", "ext::echo "])
def test_rewriting_leads_to_no_other_kind_of_transport(gitconfig: Path, target: str) -> None:
    rewriting = f'[url "{target}"]\n insteadOf = https://host.example/\n'
    gitconfig.write_text(f"{rewriting}[protocol]\n allow = always\n")
    with pytest.raises(FetchError, match="not allowed"):
        asked(Git(environ=os.environ), Remote(url="https://host.example/a"))


def test_reading_a_repository_asks_nothing_over_the_network(
    repository: Repository, tmp_path: Path
) -> None:
    partial = tmp_path / "partial"
    repository.git("clone", "-q", "--no-local", "--no-checkout", ".", str(partial))
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    evil.chmod(0o755)
    for name, value in (
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", str(evil)),
        ("extensions.partialClone", "origin"),
    ):
        subprocess.run(["git", "config", name, value], cwd=partial, check=True)
    with pytest.raises(GitFailed):
        Git(environ=os.environ).read(partial, "cat-file", "-p", "0" * 39 + "1")
    assert not (tmp_path / "ran").exists()
