"""Which of several wheels is handed out, where pip and uv take one that nobody asked for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from field.conftest import User
from support.index import IndexServer
from support.projects import make_wheel

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it


def test_versions_are_compared_as_versions(user: User, index: IndexServer) -> None:
    """pip takes the first file name of an entry, where `foo-1.10` comes before `foo-1.9`."""
    for version in ("1.10", "1.9"):
        index.add(user.sdist("pure", project={"version": version}))
        user.get(f"pure=={version}", "--index-url", index.url)
    asked = ["--index-url", index.url, "--no-build"]

    assert user.get("pure", *asked)["version"] == "1.10"
    assert user.get("pure<1.10", *asked)["version"] == "1.9"


def test_builds_of_a_wheel_are_compared_as_numbers(user: User, index: IndexServer) -> None:
    """pip does not read the build tag of a cached wheel: 10 comes before 9."""
    for number in ("9", "10"):
        wheel = make_wheel(user.home / number, "pure", "1.0")
        tagged = wheel.with_name(f"pure-1.0-{number}-py3-none-any.whl")
        index.add(wheel.rename(tagged))
    told = user.get("pure", "--index-url", index.url, "--prefer-binary")

    assert told["filename"] == "pure-1.0-10-py3-none-any.whl"


@pytest.mark.parametrize("filename", ["pure-1.0-py3-none-any.whl", "other-9-py3-none-any.whl"])
def test_a_wheel_that_was_put_beside_another_is_not_handed_out(user: User, filename: str) -> None:
    """pip and uv list a directory, and take whatever wheel they find there."""
    sdist = user.sdist("pure")
    built = Path(user.get(sdist)["path"])
    planted = built.parents[1] / "0000000000000000" / filename
    planted.parent.mkdir()
    shutil.copy(make_wheel(user.home / "planted", "pure", "1.0"), planted)
    shutil.copy(planted, built.with_name(f"a-{filename}"))

    assert user.get(sdist)["path"] == str(built)


def test_what_was_built_is_not_taken_for_the_indexs_own_wheel(
    user: User, index: IndexServer
) -> None:
    """uv #7506: after `--no-binary` the wheel that was built was used for all who came after."""
    index.add(user.sdist("pure"))
    published = index.add(make_wheel(user.home / "published", "pure", "1.0"))
    asked = ["pure==1.0", "--index-url", index.url]
    built = user.get(*asked)
    taken = user.get(*asked, "--prefer-binary")

    assert (built["origin"], taken["origin"]) == ("built", "upstream")
    assert taken["sha256"] == published.sha256
    assert user.get(*asked)["path"] == built["path"]
