"""Of each lock file, what is wanted is what its own tool would install: no more and no less."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from support.values import CPYTHON_313
from wheelwell.errors import ConfigurationError
from wheelwell.lists.files import source_of, wheel_of
from wheelwell.lists.reading import read
from wheelwell.lists.wanted import Choice, File, Wanted

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


HERE = {**CPYTHON_313.markers, "python_full_version": "3.13.0", "os_name": "posix"}


def chosen(directory: Path, name: str, text: str, **choice: tuple[str, ...]) -> list[Wanted]:
    path = directory / name
    path.write_text(text)
    return list(read(str(path)).select(Choice(environment=HERE, **choice)))


UV_OF_CONFLICTS = """
version = 1
conflicts = [[{ package = "demo", extra = "cpu" }, { package = "demo", extra = "gpu" }]]
[[package]]
name = "demo"
version = "0.1"
source = { virtual = "." }
dependencies = [{ name = "mid" }]
[package.optional-dependencies]
cpu = [{ name = "torch", version = "1" }]
gpu = [{ name = "torch", version = "2" }]
[[package]]
name = "mid"
version = "1"
source = { registry = "https://index.example/simple" }
dependencies = [
    { name = "torch", version = "1", marker = "extra == 'extra-4-demo-cpu'" },
    { name = "torch", version = "2", marker = "sys_platform == 'linux' and extra != 'extra-4-demo-cpu'" },
]
[[package]]
name = "torch"
version = "1"
source = { registry = "https://index.example/cpu" }
[[package]]
name = "torch"
version = "2"
source = { registry = "https://index.example/simple" }
"""  # noqa: E501


def test_extras_of_which_one_excludes_the_other_decide_what_others_need(tmp_path: Path) -> None:
    for extras, version in (((), "2"), (("cpu",), "1"), (("gpu",), "2")):
        found = chosen(tmp_path, "uv.lock", UV_OF_CONFLICTS, extras=extras)
        assert [each.request.pin for each in found if each.request.name == "torch"] == [version]
    with pytest.raises(ConfigurationError, match="keeps extra cpu and extra gpu apart"):
        chosen(tmp_path, "uv.lock", UV_OF_CONFLICTS, extras=("cpu", "gpu"))


def test_a_list_for_other_pythons_is_told_at_once(tmp_path: Path) -> None:
    files = {
        "uv.lock": 'version = 1\nrequires-python = ">=3.14"',
        "poetry.lock": '[metadata]\nlock-version = "2.1"\npython-versions = ">=3.14"',
        "pdm.lock": '[metadata]\nlock_version = "4.5.0"\nrequires_python = ">=3.14"',
        "pylock.toml": 'lock-version = "1.0"\ncreated-by = "x"\nrequires-python = ">=3.14"\n'
        "packages = []",
        "pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.14"',
    }
    for name, text in files.items():
        assert chosen(tmp_path, name, text.replace("3.14", "3.13")) == []
        with pytest.raises(ConfigurationError, match=rf"{name} is for Python >=3\.14"):
            chosen(tmp_path, name, text)


def test_a_lock_for_other_environments_is_told_at_once(tmp_path: Path) -> None:
    text = 'lock-version = "1.0"\ncreated-by = "x"\npackages = []\nenvironments = ["{}"]\n'
    assert chosen(tmp_path, "pylock.toml", text.format("os_name == 'posix'")) == []
    with pytest.raises(ConfigurationError, match="other environments"):
        chosen(tmp_path, "pylock.toml", text.format("os_name == 'nt'"))


POETRY_OF_SOURCES = f"""
[[package]]
name = "by-ssh"
version = "1.0"
[package.source]
type = "git"
url = "git@host.example:team/r.git"
resolved_reference = "{COMMIT}"
[[package]]
name = "private"
version = "1.0"
files = [{{file = "private-1.0.tar.gz", hash = "sha256:{A}"}}]
[package.source]
type = "legacy"
url = "https://index.example/simple"
[[package]]
name = "wheel"
version = "1.0"
files = [{{file = "wheel-1.0-py3-none-any.whl", hash = "sha256:{B}"}}]
[package.source]
type = "file"
url = "dist/wheel-1.0-py3-none-any.whl"
[[package]]
name = "of-old"
version = "1.0"
python-versions = "<3"
[[package]]
name = "of-old"
version = "2.0"
python-versions = ">=3.9"
[metadata]
lock-version = "2.0"
"""


def test_sources_as_poetry_writes_them(tmp_path: Path) -> None:
    found = {each.request.name: each for each in chosen(tmp_path, "poetry.lock", POETRY_OF_SOURCES)}
    git, wheel = found["by-ssh"].request, found["wheel"].request
    assert (git.url, git.ref) == ("ssh://git@host.example/team/r.git", COMMIT)
    assert (wheel.is_wheel, wheel.path) == (True, f"{tmp_path}/dist/wheel-1.0-py3-none-any.whl")
    assert wheel.hashes == (f"sha256:{B}",)
    assert found["of-old"].request.pin == "2.0"
    listed = read(str(tmp_path / "poetry.lock")).listed
    assert listed.switches == {"extra-index-url": ["https://index.example/simple"]}


def test_a_version_for_other_pythons_is_not_wanted_of_pdm(tmp_path: Path) -> None:
    text = '[metadata]\nlock_version = "4.4"\n'
    for version, pythons in (("1.0", "<3.12"), ("2.0", ">=3.12")):
        text += f'[[package]]\nname = "a"\nversion = "{version}"\nrequires_python = "{pythons}"\n'
    assert [each.request.pin for each in chosen(tmp_path, "pdm.lock", text)] == ["2.0"]


def test_where_files_are_is_kept(tmp_path: Path) -> None:
    uv = UV.replace('source = { editable = "." }', 'source = { virtual = "." }')
    (compiled, *_) = (
        each for each in chosen(tmp_path, "uv.lock", uv) if each.request.name == "compiled"
    )
    tags = ("cp313-cp313-manylinux_2_36_x86_64", "cp313-cp313-win32")
    wheel, source = wheel_of(compiled, tags), source_of(compiled)
    assert wheel is not None
    assert source is not None
    assert wheel.url == "https://files.example/compiled-1.0-cp313-cp313-win32.whl"
    assert wheel.hashes == (f"sha256:{B}",)
    assert (source.name, source.hashes) == ("compiled", (f"sha256:{A}",))
    assert wheel_of(compiled, tags[:1]) is None
    better = File("compiled-1.0-cp313-cp313-manylinux_2_36_x86_64.whl", (), f"{wheel.url}.whl")
    for files in ((better, *compiled.files), (*compiled.files, better)):
        best = wheel_of(replace(compiled, files=files), tags)
        assert best is not None
        assert best.url == better.url


def test_a_dependency_that_leads_nowhere_is_told(tmp_path: Path) -> None:
    text = UV.replace('name = "deep"\nversion', 'name = "other"\nversion')
    with pytest.raises(ConfigurationError, match="a dependency on deep leads nowhere"):
        chosen(tmp_path, "uv.lock", text)


def test_a_marker_that_means_nothing_is_told_with_its_list(tmp_path: Path) -> None:
    text = PYLOCK.replace("sys_platform == 'win32'", "'x' in nonsense")
    with pytest.raises(ConfigurationError, match=r"pylock\.toml"):
        chosen(tmp_path, "pylock.toml", text)
    text = UV.replace("sys_platform == 'win32'", "nonsense")
    with pytest.raises(ConfigurationError, match=r"uv\.lock: the marker 'nonsense'"):
        chosen(tmp_path, "uv.lock", text)
