"""Whether a cache directory may be used is decided by who owns it and who can write to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from wheelwell.store.owner import Found, Use, User, Verdict, decide, is_private, judge

ADA = User(uid=1000, name="ada")
ROOT = User(uid=0, name="root")
SUDO = User(uid=0, name="root", has_foreign_home=True)
CACHE = "/home/ada/.cache/wheelwell"


def found(uid: int = 1000, **facts: Any) -> Found:
    owners = {0: "root (uid 0)", 1000: "ada (uid 1000)", 1001: "bob (uid 1001)"}
    usual: dict[str, Any] = {
        "root": CACHE,
        "path": CACHE,
        "mode": 0o700,
        "parent": "/home/ada/.cache",
        "parent_uid": 1000,
    }
    return Found(uid=uid, owner=owners[uid], **(usual | facts))


def decided(user: User, what: Found, *, is_trusted: bool = False) -> Verdict:
    return decide(what, user, is_trusted=is_trusted)


@pytest.mark.parametrize(
    ("user", "what", "use"),
    [
        pytest.param(ADA, found(), Use.FULL, id="own"),
        pytest.param(ROOT, found(0), Use.FULL, id="root-s-own"),
        pytest.param(ADA, found(is_writable=False), Use.READ_ONLY, id="own-read-only"),
        pytest.param(ADA, found(0, is_writable=False), Use.READ_ONLY, id="root-s-to-read"),
        pytest.param(ADA, found(0), Use.READ_ONLY, id="root-s-though-an-acl-lets-us-write"),
        pytest.param(ADA, found(0, is_readable=False, is_writable=False), Use.NONE, id="closed"),
        pytest.param(ADA, found(is_readable=False), Use.NONE, id="own-but-closed"),
        pytest.param(ADA, found(1001), Use.NONE, id="another-s"),
        pytest.param(ADA, found(1001, is_writable=False), Use.NONE, id="another-s-to-read"),
        pytest.param(ROOT, found(1000), Use.NONE, id="root-on-another-s"),
        pytest.param(SUDO, found(1000), Use.NONE, id="sudo-on-another-s"),
        pytest.param(ADA, found(mode=0o702), Use.NONE, id="everybody-writes"),
        pytest.param(ADA, found(mode=0o1777), Use.NONE, id="everybody-adds"),
        pytest.param(ADA, found(mode=0o770), Use.NONE, id="a-group-writes"),
        pytest.param(ROOT, found(0, mode=0o770), Use.NONE, id="a-group-writes-root-s"),
        pytest.param(
            ADA, found(0, mode=0o775, is_writable=False), Use.NONE, id="a-group-writes-to-read"
        ),
        pytest.param(
            ADA, found(mode=0o775, is_private_group=True), Use.FULL, id="the-user-s-group"
        ),
        pytest.param(ADA, found(mode=0o755), Use.FULL, id="others-only-read"),
        pytest.param(ADA, found(parent_mode=0o777), Use.NONE, id="can-be-replaced"),
        pytest.param(ADA, found(parent_mode=0o1777), Use.FULL, id="in-a-sticky-directory"),
        pytest.param(ADA, found(parent_mode=0o775), Use.FULL, id="in-a-group-s-directory"),
        pytest.param(ADA, found(path="/home/ada"), Use.FULL, id="not-there-yet"),
        pytest.param(ADA, found(0, path="/tmp", mode=0o1777), Use.FULL, id="in-tmp"),
        pytest.param(ADA, found(0, path="/", is_writable=False), Use.NONE, id="cannot-be-made"),
        pytest.param(ROOT, found(1000, path="/home/ada"), Use.NONE, id="root-in-another-s-home"),
        pytest.param(
            ADA,
            found(0, path="/home/ada/.cache", parent_mode=0o777),
            Use.NONE,
            id="not-there-yet-and-can-be-replaced",
        ),
        pytest.param(
            ADA, found(path="/home/ada", parent_mode=0o777), Use.FULL, id="made-with-its-parent"
        ),
        pytest.param(ADA, found(is_directory=False), Use.NONE, id="a-file"),
    ],
)
def test_what_a_directory_is_used_for(user: User, what: Found, use: Use) -> None:
    verdict = decided(user, what)

    assert verdict.use is use
    assert bool(verdict.why) is (use is not Use.FULL)
    assert bool(verdict.remedy) is (use is Use.NONE)
    assert not verdict.trusted


@pytest.mark.parametrize(
    ("user", "what", "use", "trusted"),
    [
        (ADA, found(1001), Use.FULL, "it belongs to bob (uid 1001), not to ada"),
        (ADA, found(1001, is_writable=False), Use.READ_ONLY, "it belongs to bob (uid 1001)"),
        (ROOT, found(1000), Use.FULL, "it belongs to ada (uid 1000), not to root"),
        (ADA, found(0, mode=0o777), Use.FULL, "everybody can write to it"),
        (ADA, found(parent_mode=0o777), Use.FULL, "everybody can put another in its place"),
        (ADA, found(1001, is_readable=False), Use.NONE, ""),
        (ADA, found(is_directory=False), Use.NONE, ""),
        (ADA, found(), Use.FULL, ""),
    ],
)
def test_one_that_is_trusted_is_used_as_far_as_the_system_allows(
    user: User, what: Found, use: Use, trusted: str
) -> None:
    verdict = decided(user, what, is_trusted=True)

    assert verdict.use is use
    assert trusted in verdict.trusted
    assert bool(trusted) is bool(verdict.trusted)


@pytest.mark.parametrize(
    ("user", "what", "remedy"),
    [
        (ADA, found(1001), f"sudo chown -R ada {CACHE}"),
        (ADA, found(1001, root="/a b", path="/a b"), "sudo chown -R ada '/a b'"),
        (ADA, found(mode=0o777), f"chmod go-w {CACHE}"),
        (ADA, found(0, mode=0o777), f"sudo chmod go-w {CACHE}"),
        (ADA, found(parent_mode=0o777), "chmod +t /home/ada/.cache"),
        (ADA, found(parent_mode=0o777, parent_uid=0), "sudo chmod +t /home/ada/.cache"),
        (ADA, found(0, path="/", is_writable=False), f"sudo install -d -o ada -m 0700 {CACHE}"),
        (SUDO, found(1000), "call sudo with -H, which gives root a home of its own"),
        (
            ROOT,
            found(1000),
            "name another with --cache-dir, or use it all the same with --trust-owner",
        ),
    ],
)
def test_what_is_to_be_done_is_said(user: User, what: Found, remedy: str) -> None:
    assert decided(user, what).remedy == remedy


def test_why_names_owner_and_mode() -> None:
    assert decided(ADA, found(1001)).why == "it belongs to bob (uid 1001), not to ada"
    assert decided(ADA, found(mode=0o757)).why == (
        "everybody can write to it (mode 0757, owner ada (uid 1000))"
    )


def test_a_link_is_judged_by_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to("open")

    verdict = judge(str(tmp_path / "link"), {}, is_trusted=False)

    assert verdict.use is Use.NONE
    assert "everybody can write to it" in verdict.why


def test_the_users_own_directory_is_used_there_or_not(tmp_path: Path) -> None:
    assert judge(str(tmp_path), {}, is_trusted=False) == Verdict(use=Use.FULL)
    assert judge(str(tmp_path / "a/b"), {}, is_trusted=False) == Verdict(use=Use.FULL)


def test_a_group_is_private_where_only_its_user_is_in_it() -> None:
    import grp
    import pwd

    own = pwd.getpwuid(os.geteuid())
    shared = next((group for group in grp.getgrall() if group.gr_name != own.pw_name), None)
    assert shared is not None
    assert not is_private(shared.gr_gid, own.pw_uid)
    assert is_private(0, 0)
    assert not is_private(0, 12345678)
