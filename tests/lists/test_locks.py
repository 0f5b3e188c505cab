"""Of each lock file, what is wanted is what its own tool would install: no more and no less."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from support.values import CPYTHON_313
from wheelwell.errors import ConfigurationError
from wheelwell.lists.reading import read
from wheelwell.lists.wanted import Choice, Wanted

A, B, C, D = ("a" * 64, "b" * 64, "c" * 64, "d" * 64)
COMMIT = "0123456789abcdef0123456789abcdef01234567"

UV = f"""
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "demo"
version = "0.1"
source = {{ editable = "." }}
dependencies = [
    {{ name = "compiled" }},
    {{ name = "for-windows", marker = "sys_platform == 'win32'" }},
    {{ name = "with-extra", extra = ["more"] }},
]
[package.optional-dependencies]
gpu = [{{ name = "from-git" }}]
[package.dev-dependencies]
test = [{{ name = "from-url" }}, {{ name = "beside" }}]

[[package]]
name = "compiled"
version = "1.0"
source = {{ registry = "https://index.example/simple" }}
dependencies = [{{ name = "deep" }}]
sdist = {{ url = "https://files.example/compiled-1.0.tar.gz", hash = "sha256:{A}" }}
wheels = [
    {{ url = "https://files.example/compiled-1.0-cp313-cp313-win32.whl", hash = "sha256:{B}" }},
]
[[package]]
name = "deep"
version = "2.0"
source = {{ registry = "https://index.example/simple" }}
sdist = {{ url = "https://files.example/deep-2.0.tar.gz", hash = "sha256:{C}" }}
[[package]]
name = "for-windows"
version = "1.0"
source = {{ registry = "https://index.example/simple" }}
[[package]]
name = "with-extra"
version = "3.0"
source = {{ registry = "https://index.example/simple" }}
sdist = {{ url = "https://files.example/with_extra-3.0.tar.gz", hash = "sha256:{D}" }}
[package.optional-dependencies]
more = [{{ name = "of-extra" }}]
[[package]]
name = "of-extra"
version = "4.0"
source = {{ registry = "https://index.example/simple" }}
[[package]]
name = "from-git"
version = "1.0"
source = {{ git = "https://host.example/r.git?rev=main&subdirectory=python#{COMMIT}" }}
[[package]]
name = "from-url"
version = "1.0"
source = {{ url = "https://files.example/from_url-1.0.zip" }}
sdist = {{ hash = "sha256:{A}" }}
[[package]]
name = "beside"
version = "1.0"
source = {{ directory = "../beside" }}
"""

POETRY = f"""
[[package]]
name = "compiled"
version = "1.0"
optional = false
python-versions = "*"
groups = ["main"]
files = [
    {{file = "compiled-1.0-cp313-cp313-win32.whl", hash = "sha256:{B}"}},
    {{file = "compiled-1.0.tar.gz", hash = "sha256:{A}"}},
]
[[package]]
name = "deep"
version = "2.0"
optional = false
groups = ["main", "test"]
markers = {{main = "sys_platform != 'win32'"}}
files = [{{file = "deep-2.0.tar.gz", hash = "sha256:{C}"}}]
[[package]]
name = "for-windows"
version = "1.0"
optional = false
groups = ["main"]
markers = "sys_platform == 'win32'"
files = []
[[package]]
name = "from-git"
version = "1.0"
optional = true
groups = ["main"]
markers = "extra == 'gpu'"
files = []
[package.source]
type = "git"
url = "https://host.example/r.git"
reference = "main"
resolved_reference = "{COMMIT}"
subdirectory = "python"
[[package]]
name = "from-url"
version = "1.0"
optional = false
groups = ["test"]
files = [{{file = "from_url-1.0.zip", hash = "sha256:{A}"}}]
[package.source]
type = "url"
url = "https://files.example/from_url-1.0.zip"
[[package]]
name = "beside"
version = "1.0"
optional = false
groups = ["test"]
files = []
[package.source]
type = "directory"
url = "../beside"
[extras]
gpu = ["from-git"]
[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
content-hash = "{A}"
"""

POETRY_OF_OLD = f"""
[[package]]
name = "compiled"
version = "1.0"
category = "main"
optional = false
[[package]]
name = "from-git"
version = "1.0"
category = "main"
optional = true
[package.source]
type = "git"
url = "https://host.example/r.git"
resolved_reference = "{COMMIT}"
subdirectory = "python"
[[package]]
name = "tool"
version = "1.0"
category = "dev"
optional = false
[extras]
gpu = ["from-git (>=1.0)"]
[metadata]
lock-version = "1.1"
[metadata.files]
compiled = [{{file = "compiled-1.0.tar.gz", hash = "sha256:{A}"}}]
from-git = []
tool = [{{file = "tool-1.0.tar.gz", hash = "sha256:{B}"}}]
"""

PDM = f"""
[metadata]
groups = ["default", "gpu", "test"]
strategy = ["inherit_metadata"]
lock_version = "4.5.0"
[[package]]
name = "compiled"
version = "1.0"
groups = ["default"]
files = [
    {{file = "compiled-1.0-cp313-cp313-win32.whl", hash = "sha256:{B}"}},
    {{file = "compiled-1.0.tar.gz", hash = "sha256:{A}"}},
]
[[package]]
name = "deep"
version = "2.0"
groups = ["default", "test"]
files = [{{url = "https://files.example/deep-2.0.tar.gz", hash = "sha256:{C}"}}]
[[package]]
name = "deep"
version = "2.0"
extras = ["more"]
groups = ["default"]
files = [{{url = "https://files.example/deep-2.0.tar.gz", hash = "sha256:{C}"}}]
[[package]]
name = "for-windows"
version = "1.0"
groups = ["default"]
marker = "sys_platform == 'win32'"
files = []
[[package]]
name = "from-git"
version = "1.0"
git = "https://host.example/r.git"
revision = "{COMMIT}"
subdirectory = "python"
groups = ["gpu"]
[[package]]
name = "from-url"
version = "1.0"
url = "https://files.example/from_url-1.0.zip"
groups = ["test"]
[[package]]
name = "beside"
version = "1.0"
path = "../beside"
groups = ["test"]
"""

PYLOCK = f"""
lock-version = "1.0"
created-by = "a test"
extras = ["gpu"]
dependency-groups = ["test"]
default-groups = []
[[packages]]
name = "compiled"
version = "1.0"
[packages.sdist]
name = "compiled-1.0.tar.gz"
url = "https://files.example/compiled-1.0.tar.gz"
hashes = {{sha256 = "{A}"}}
[[packages.wheels]]
url = "https://files.example/compiled-1.0-cp313-cp313-win32.whl"
hashes = {{sha256 = "{B}"}}
[[packages]]
name = "deep"
version = "2.0"
sdist = {{url = "https://files.example/deep-2.0.tar.gz", hashes = {{sha256 = "{C}"}}}}
[[packages]]
name = "for-windows"
version = "1.0"
marker = "sys_platform == 'win32'"
sdist = {{url = "https://files.example/for_windows-1.0.tar.gz", hashes = {{sha256 = "{C}"}}}}
[[packages]]
name = "from-git"
marker = "'gpu' in extras"
[packages.vcs]
type = "git"
url = "https://host.example/r.git"
commit-id = "{COMMIT}"
subdirectory = "python"
[[packages]]
name = "from-url"
marker = "'test' in dependency_groups"
archive = {{url = "https://files.example/from_url-1.0.zip", hashes = {{sha256 = "{A}"}}}}
[[packages]]
name = "beside"
marker = "'test' in dependency_groups"
directory = {{path = "../beside"}}
"""

FILES = {"uv.lock": UV, "poetry.lock": POETRY, "pdm.lock": PDM, "pylock.toml": PYLOCK}


def wanted(
    directory: Path, name: str, text: str, extras: Sequence[str] = (), groups: Sequence[str] = ()
) -> list[Wanted]:
    path = directory / "project" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    listed = read(str(path))
    assert listed.is_locked
    choice = Choice(environment=CPYTHON_313.markers, extras=tuple(extras), groups=tuple(groups))
    return list(listed.select(choice))


@pytest.mark.parametrize("name", FILES)
def test_what_the_project_itself_needs(tmp_path: Path, name: str) -> None:
    found = {each.request.name: each for each in wanted(tmp_path, name, FILES[name])}

    assert {"compiled", "deep"} <= set(found) <= {"compiled", "deep", "with-extra", "of-extra"}
    assert found["compiled"].request.pin == "1.0"
    assert set(found["compiled"].request.hashes) == {f"sha256:{A}", f"sha256:{B}"}
    assert found["compiled"].filenames == ("compiled-1.0-cp313-cp313-win32.whl",)
    assert found["deep"].filenames == ()


def test_extras_of_dependencies_are_followed(tmp_path: Path) -> None:
    names = [each.request.name for each in wanted(tmp_path, "uv.lock", UV)]
    assert sorted(names) == ["compiled", "deep", "of-extra", "with-extra"]


@pytest.mark.parametrize("name", FILES)
def test_an_extra_adds_what_it_needs(tmp_path: Path, name: str) -> None:
    before = wanted(tmp_path, name, FILES[name])
    [added] = [
        each for each in wanted(tmp_path, name, FILES[name], extras=["GPU"]) if each not in before
    ]
    assert (added.request.name, added.request.is_git) == ("from-git", True)
    assert (added.request.ref, added.request.subdirectory) == (COMMIT, "python")


@pytest.mark.parametrize("name", FILES)
def test_a_group_adds_what_it_needs(tmp_path: Path, name: str) -> None:
    before = wanted(tmp_path, name, FILES[name])
    added = [
        each.request
        for each in wanted(tmp_path, name, FILES[name], groups=["test"])
        if each not in before
    ]
    [directory] = [each for each in added if each.path]
    [url] = [each for each in added if each.url]
    assert directory.path == str(tmp_path / "beside")
    assert url.name == "from-url"
    assert len(added) == 2


@pytest.mark.parametrize("name", FILES)
def test_what_a_list_does_not_have_is_an_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="no group docs"):
        wanted(tmp_path, name, FILES[name], groups=["docs"])
    with pytest.raises(ConfigurationError, match="no extra cpu"):
        wanted(tmp_path, name, FILES[name], extras=["cpu"])


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("text", ["", "x", "version = 99", "package = 3\nversion = 1"])
def test_what_is_no_such_list_is_an_error(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=name):
        wanted(tmp_path, name, text)


def test_a_lock_of_poetry_1_tells_no_groups(tmp_path: Path) -> None:
    assert names(wanted(tmp_path, "poetry.lock", POETRY_OF_OLD)) == ["compiled"]
    with_extra = wanted(tmp_path, "poetry.lock", POETRY_OF_OLD, extras=["gpu"])
    assert names(with_extra) == ["compiled", "from-git"]
    with_group = wanted(tmp_path, "poetry.lock", POETRY_OF_OLD, groups=["dev"])
    assert names(with_group) == ["compiled", "tool"]


def names(found: Sequence[Wanted]) -> list[str]:
    return sorted(each.request.name for each in found)
