"""Another build's wheel is reused where it is provably as good, and never else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import wheelwell
from support.builds import lines
from support.compilers import make_compiler
from support.index import IndexServer
from support.interpreters import interpreters
from support.libraries import link_to, make_library
from support.projects import BACKEND, make_sdist, make_wheel, materialise
from support.stored import holding
from wheelwell.builder.compilers import STANDARD
from wheelwell.wheel import Origin, Wheel

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

OTHERS = [python for python in interpreters().values() if python != Path(sys.executable)]

needs_two_pythons = pytest.mark.skipif(not OTHERS, reason="there is one Python only")


@pytest.fixture
def builds(tmp_path: Path) -> Path:
    """A file with a line for each wheel that a backend built."""
    return tmp_path / "builds"


@pytest.fixture
def known_backend(tmp_path: Path, index: IndexServer) -> wheelwell.Configuration:
    """An index where tinybackend goes by the name of a backend that runs no code of projects."""
    files = {"flit_core/__init__.py": b"", "flit_core/buildapi.py": BACKEND.read_bytes()}
    index.add(make_wheel(tmp_path / "backend", "flit-core", "3.12", files=files))
    return wheelwell.load_configuration({"index-url": index.url})


@pytest.fixture
def declarative(tmp_path: Path, builds: Path) -> Callable[..., Path]:
    """Makes a project whose own code has no say in its wheel."""

    def make(name: str, *, abi3: bool = False) -> Path:
        tree = materialise(name, tmp_path / "projects", count=str(builds), abi3=abi3)
        (tree / BACKEND.name).unlink()
        pyproject = tree / "pyproject.toml"
        text = pyproject.read_text().replace('backend-path = ["."]\n', "")
        text = text.replace('"tinybackend"', '"flit_core.buildapi"', 1)
        pyproject.write_text(text.replace("requires = []", 'requires = ["flit-core"]'))
        return tree

    return make


@needs_two_pythons
def test_pure_wheel_of_a_declarative_source_is_built_once_for_all_pythons(
    cache_dir: Path,
    declarative: Callable[..., Path],
    known_backend: wheelwell.Configuration,
    tmp_path: Path,
    builds: Path,
) -> None:
    sdist = str(make_sdist(declarative("pure"), tmp_path))

    with wheelwell.open_cache(cache_dir, configuration=known_backend) as cache:
        wheels = [cache.get(sdist, interpreter=str(p)) for p in interpreters().values()]

    assert [wheel.origin for wheel in wheels] == [Origin.BUILT, *[Origin.LOCAL] * len(OTHERS)]
    assert len({wheel.path for wheel in wheels}) == 1
    assert len({wheel.key for wheel in wheels}) == len(wheels)
    assert {wheel.record.key for wheel in wheels if wheel.record} == {wheels[0].key}
    assert "built for Python" in wheels[1].reason
    assert lines(builds) == 1


@needs_two_pythons
def test_source_whose_version_its_backend_tells_may_be_declarative_too(
    cache_dir: Path,
    declarative: Callable[..., Path],
    known_backend: wheelwell.Configuration,
) -> None:
    tree = str(declarative("dynamic-version"))

    with wheelwell.open_cache(cache_dir, configuration=known_backend) as cache:
        built = cache.get(tree)
        assert cache.get(tree, interpreter=str(OTHERS[0])).path == built.path


@needs_two_pythons
def test_wheel_of_a_source_with_a_setup_py_is_built_for_every_python(
    cache_dir: Path,
    declarative: Callable[..., Path],
    known_backend: wheelwell.Configuration,
    builds: Path,
) -> None:
    tree = declarative("pure")
    (tree / "setup.py").write_text("import setuptools; setuptools.setup()\n")

    with wheelwell.open_cache(cache_dir, configuration=known_backend) as cache:
        for python in (sys.executable, OTHERS[0]):
            assert cache.get(str(tree), interpreter=str(python)).origin is Origin.BUILT

    assert lines(builds) == 2


@needs_two_pythons
def test_abi3_wheel_of_a_declarative_source_is_a_hit_for_later_pythons(
    cache_dir: Path,
    declarative: Callable[..., Path],
    known_backend: wheelwell.Configuration,
    builds: Path,
) -> None:
    tree = str(declarative("c-extension", abi3=True))
    oldest, *later = map(str, interpreters().values())

    with wheelwell.open_cache(cache_dir, configuration=known_backend) as cache:
        built = cache.get(tree, interpreter=oldest)
        for python in later:
            wheel = cache.get(tree, interpreter=python)
            assert (wheel.origin, wheel.path) == (Origin.LOCAL, built.path)
            assert "with the stable ABI" in wheel.reason
            assert call(wheel, "c_extension.answer()", python) == "42"

    assert "-abi3-" in built.filename
    assert lines(builds) == 1


@needs_two_pythons
def test_abi3_wheel_of_a_source_whose_code_builds_it_is_built_for_every_python(
    cache_dir: Path, tmp_path: Path, builds: Path
) -> None:
    tree = str(materialise("c-extension", tmp_path, abi3=True, count=str(builds)))

    with wheelwell.open_cache(cache_dir) as cache:
        for python in (sys.executable, OTHERS[0]):
            assert "-abi3-" in cache.get(tree, interpreter=str(python)).filename

    assert lines(builds) == 2


class Machine:
    """A machine whose compilers the test chooses: those in front of `PATH`."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._root, self._monkeypatch = root, monkeypatch
        self._path = os.environ["PATH"]

    def has(self, *compilers: tuple[str, str]) -> None:
        """Bring compilers of these identities and versions to the front."""
        places = []
        for identity, version in compilers:
            commands = ("nvcc",) if identity == "nvcc" else ("cc", "gcc")
            place = self._root / f"{identity}-{version}"
            places.append(str(make_compiler(place, identity, version, commands=commands)))
        self._monkeypatch.setenv("PATH", os.pathsep.join([*places, self._path]))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path / "compilers", monkeypatch)


@pytest.fixture
def _no_nvcc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Take `nvcc` from the directories that every build sees: this machine may have one."""
    place = tmp_path / "standard"
    place.mkdir()
    for directory in STANDARD:
        for command in Path(directory).glob("*"):
            if command.name != "nvcc" and not (place / command.name).is_symlink():
                (place / command.name).symlink_to(command)
    for module in ("compilers", "environ"):
        monkeypatch.setattr(f"wheelwell.builder.{module}.STANDARD", (str(place),))
    monkeypatch.setattr("wheelwell.builder.search._USUAL_NVCC", str(place / "nvcc"))
    monkeypatch.setenv("PATH", str(place))


@pytest.fixture
def extension(tmp_path: Path, builds: Path) -> str:
    """A project with a C extension."""
    return str(materialise("c-extension", tmp_path / "projects", count=str(builds)))


def get(cache_dir: Path, request: str, **switches: str) -> Wheel:
    configuration = wheelwell.load_configuration({"no-index": True, **switches})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        return cache.get(request)


def test_native_wheel_is_reused_by_another_version_of_the_same_compiler(
    cache_dir: Path, machine: Machine, extension: str, builds: Path
) -> None:
    machine.has(("gcc", "12.2.0"))
    built = get(cache_dir, extension)
    machine.has(("gcc", "13.1.0"))
    wheel = get(cache_dir, extension)

    assert (wheel.origin, wheel.path) == (Origin.LOCAL, built.path)
    assert wheel.reason == (
        "built with gcc 12.2.0; this gcc is 13.1.0, and that is the only difference"
    )
    assert wheel.key != built.key
    assert wheel.record is not None
    assert wheel.record.key == built.key
    assert wheel.to_json()["reason"] == wheel.reason
    assert lines(builds) == 1


def test_wheel_that_is_as_good_but_does_not_fit_is_not_reused(
    cache_dir: Path, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_library(tmp_path / "lib", level=2).parent
    monkeypatch.setenv("LD_LIBRARY_PATH", str(place))
    tree = str(materialise("linked", tmp_path / "projects", link=link_to(place)))
    machine.has(("gcc", "12.2.0"))
    built = get(cache_dir, tree)
    machine.has(("gcc", "13.1.0"))
    make_library(place, level=1)
    with wheelwell.open_cache(cache_dir) as cache:
        assert cache.lookup(tree) is None

    make_library(place, level=2)
    assert get(cache_dir, tree).path == built.path


def test_native_wheel_of_another_kind_of_compiler_is_not_reused(
    cache_dir: Path, machine: Machine, extension: str
) -> None:
    machine.has(("gcc", "12.2.0"))
    get(cache_dir, extension)
    machine.has(("clang", "17.0.1"))

    assert get(cache_dir, extension).origin is Origin.BUILT


@pytest.mark.usefixtures("_no_nvcc")
def test_wheel_for_cpus_only_is_not_reused_once_nvcc_has_appeared(
    cache_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Machine(tmp_path / "compilers", monkeypatch)
    # uv kept such a wheel of torch_cluster for those who installed CUDA afterwards.
    tree = materialise("c-extension", tmp_path / "projects", cuda_files=["c_extension/kernel.cu"])
    (tree / "c_extension" / "kernel.cu").write_text("int kernel(void) { return 1; }\n")
    sdist = str(make_sdist(tree, tmp_path))

    machine.has(("gcc", "12.2.0"))
    without = get(cache_dir, sdist)
    machine.has(("gcc", "12.2.0"), ("nvcc", "12.4"))
    having = get(cache_dir, sdist)
    machine.has(("gcc", "12.2.0"), ("nvcc", "11.8"))
    other = get(cache_dir, sdist)
    machine.has(("gcc", "13.1.0"))
    again = get(cache_dir, sdist)

    assert not has_cuda(without)
    assert (having.origin, has_cuda(having)) == (Origin.BUILT, True)
    assert other.origin is Origin.BUILT  # a release of CUDA is an ABI of its own
    assert (again.origin, again.path) == (Origin.LOCAL, without.path)


def test_exact_reuses_nothing(
    cache_dir: Path,
    machine: Machine,
    extension: str,
    builds: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine.has(("gcc", "12.2.0"))
    get(cache_dir, extension)
    machine.has(("gcc", "13.1.0"))
    monkeypatch.setenv("WHEELWELL_REUSE", "exact")

    configuration = wheelwell.load_configuration({"no-index": True})
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        assert cache.lookup(extension) is None
        assert cache.lookup(extension, reuse=wheelwell.Reuse.FIT) is not None
    assert get(cache_dir, extension, reuse="fit").origin is Origin.LOCAL
    assert get(cache_dir, extension).origin is Origin.BUILT
    assert lines(builds) == 2


def test_lookup_reuses_and_a_rebuild_does_not(
    cache_dir: Path, machine: Machine, extension: str
) -> None:
    machine.has(("gcc", "12.2.0"))
    built = get(cache_dir, extension)
    machine.has(("gcc", "13.1.0"))

    with wheelwell.open_cache(cache_dir) as cache:
        found = cache.lookup(extension)
        assert found is not None
        assert found.path == built.path
        assert cache.get(extension, build=False).path == built.path
        rebuilt = cache.get(extension, rebuild=True)
        assert rebuilt.path != built.path
        assert cache.get(extension).path == rebuilt.path


def test_other_settings_reuse_nothing(
    cache_dir: Path, machine: Machine, extension: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.has(("gcc", "12.2.0"))
    get(cache_dir, extension)
    machine.has(("gcc", "13.1.0"))
    monkeypatch.setenv("CFLAGS", "-O1")

    assert get(cache_dir, extension).origin is Origin.BUILT


def test_damaged_entry_is_not_reused(cache_dir: Path, machine: Machine, extension: str) -> None:
    machine.has(("gcc", "12.2.0"))
    built = get(cache_dir, extension)
    built.path.write_bytes(b"no wheel")
    machine.has(("gcc", "13.1.0"))

    assert get(cache_dir, extension).origin is Origin.BUILT


class Waiting(wheelwell.Reporter):
    """A reporter that says when the request waits for somebody's lease."""

    def __init__(self) -> None:
        self.began_to = threading.Event()

    def began(self, step: str, subject: str) -> None:
        if step == "waiting":
            self.began_to.set()


def test_one_that_waited_for_the_lease_reuses_what_came_meanwhile(
    cache_dir: Path, machine: Machine, extension: str, builds: Path
) -> None:
    machine.has(("gcc", "12.2.0"))
    old = wheelwell.open_cache(cache_dir)
    machine.has(("gcc", "13.1.0"))
    waiting = Waiting()
    with old, wheelwell.open_cache(cache_dir) as new, ThreadPoolExecutor(1) as pool:
        lease = cache_dir / "leases" / f"{new.plan(extension).key}.lock"
        with holding(lease):
            asked = pool.submit(new.get, extension, reporter=waiting)
            assert waiting.began_to.wait(60)
            built = old.get(extension)
        assert asked.result(60).path == built.path
    assert lines(builds) == 1


def test_command_tells_what_was_reused_and_why(
    cache_dir: Path, machine: Machine, extension: str
) -> None:
    def run(*switches: str) -> dict[str, str]:
        command = [sys.executable, "-m", "wheelwell", "get", extension, "--json", "--no-index"]
        command += ["--cache-dir", str(cache_dir), *switches]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        found: dict[str, str] = json.loads(done.stdout)
        assert f"({found['reason']})" in done.stderr
        return found

    machine.has(("gcc", "12.2.0"))
    built = run()
    machine.has(("gcc", "13.1.0"))
    reused = run()

    assert reused["origin"] == "local"
    assert "this gcc is 13.1.0" in reused["reason"]
    assert reused["path"] == built["path"]
    assert reused["key"] != built["key"]
    assert run("--reuse", "exact")["origin"] == "built"


def has_cuda(wheel: Wheel) -> bool:
    with zipfile.ZipFile(wheel.path) as archive:
        return "c_extension/libkernel_cuda.so" in archive.namelist()


def call(wheel: Wheel, expression: str, python: str) -> str:
    """Return what an expression gives where the wheel is unpacked."""
    into = wheel.path.parent.parent / "unpacked"
    with zipfile.ZipFile(wheel.path) as archive:
        archive.extractall(into)
    module = expression.partition(".")[0]
    script = f"import sys; sys.path.insert(0, sys.argv[1]); import {module}; print({expression})"
    command = [python, "-c", script, str(into)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
