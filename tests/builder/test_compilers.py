"""A toolchain names the compilers that a build will find here, and each is asked only once."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from support.stored import let_clock_tick
from support.values import CPYTHON_313
from wheelwell.builder import compilers as module
from wheelwell.builder import search, versions
from wheelwell.builder.compilers import STANDARD, Compilers
from wheelwell.interpreter import Interpreter
from wheelwell.settings import Settings
from wheelwell.store.disk import open_store
from wheelwell.store.memory import DiskMemory
from wheelwell.toolchain import Compiler, Toolchain

GCC = """{name} (Debian 12.2.0-14+deb12u1) 12.2.0
Copyright (C) 2022 Free Software Foundation, Inc.
This is free software; see the source for copying conditions."""
GFORTRAN = """GNU Fortran (Debian 12.2.0-14+deb12u1) 12.2.0
Copyright (C) 2022 Free Software Foundation, Inc."""
CLANG = """Debian clang version 14.0.6
Target: x86_64-pc-linux-gnu
Thread model: posix
InstalledDir: /usr/bin"""
NVCC = """nvcc: NVIDIA (R) Cuda compiler driver
Copyright (c) 2005-2023 NVIDIA Corporation
Built on Tue_Aug_15_22:02:13_PDT_2023
Cuda compilation tools, release 12.2, V12.2.140
Build cuda_12.2.r12.2/compiler.33191640_0"""
RUSTC = "rustc 1.85.0 (4d91de4e4 2025-02-17)"
LINUX = "x86_64-linux-gnu"

FAKE = """#!/bin/sh
echo "$0 $*" >> {calls}
case "$1" in
--version) cat <<'END'
{version}
END
;;
-dumpmachine) echo {target} ;;
-vV) printf 'rustc 1.85.0\\nbinary: rustc\\nhost: {target}\\n' ;;
*) exit 1 ;;
esac
"""


class Machine:
    """Compilers that say what real ones say, in directories of a test's own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.standard, self.first, self.second, self.home = (
            root / name for name in ("standard", "first", "second", "home")
        )
        for directory in (self.standard, self.first, self.second, self.home):
            directory.mkdir()
        self._calls = root / "calls"
        self.environ = {"PATH": self.path(self.first, self.second), "HOME": str(self.home)}
        self.interpreter: Interpreter = replace(CPYTHON_313, compilers={})

    def path(self, *directories: Path) -> str:
        """Return a PATH, behind which are the real commands that the fakes use."""
        return os.pathsep.join(map(str, directories))

    def add(self, path: Path, *, says: str = GCC, target: str = LINUX) -> Path:
        """Put a compiler there."""
        text = FAKE.format(calls=self._calls, version=says.format(name=path.name), target=target)
        return self.script(path, text.replace("cat <<", "/bin/cat <<"))

    def script(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    @property
    def calls(self) -> list[str]:
        """The programs that were started, each with its arguments."""
        return self._calls.read_text().splitlines() if self._calls.exists() else []

    def compilers(self, **environ: str) -> Compilers:
        """Return what a new process of wheelwell would use."""
        store = open_store(str(self.root / "cache"), warn=lambda _: None)
        return Compilers(DiskMemory(store.layout), {**self.environ, **environ})

    def probe(
        self,
        *languages: str,
        variables: Mapping[str, str] | None = None,
        compilers: Compilers | None = None,
    ) -> Toolchain:
        """Return the toolchain for a source in those languages, for C where there are none."""
        settings = Settings(variables=variables or {})
        compilers = compilers or self.compilers()
        return compilers.probe(languages or ("c",), self.interpreter, settings)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    machine = Machine(tmp_path)
    monkeypatch.setattr(module, "STANDARD", (str(machine.standard),))
    monkeypatch.setattr(search, "_USUAL_NVCC", str(tmp_path / "cuda" / "bin" / "nvcc"))
    return machine


def of_role(toolchain: Toolchain, role: str) -> Compiler:
    (compiler,) = (each for each in toolchain.compilers if each.role == role)
    return compiler


def is_absent(compiler: Compiler) -> bool:
    return compiler == Compiler(role=compiler.role, identity="")


# What a compiler tells.


@pytest.mark.parametrize(
    ("name", "language", "says", "told"),
    [
        ("gcc", "c", GCC, ("gcc", "(Debian 12.2.0-14+deb12u1) 12.2.0", LINUX)),
        ("cc", "c", GCC, ("gcc", "(Debian 12.2.0-14+deb12u1) 12.2.0", LINUX)),
        ("cc", "c", CLANG, ("clang", "Debian clang version 14.0.6", LINUX)),
        ("gfortran", "fortran", GFORTRAN, ("gfortran", GFORTRAN.splitlines()[0], LINUX)),
        ("rustc", "rust", RUSTC, ("rustc", "1.85.0 (4d91de4e4 2025-02-17)", LINUX)),
        ("nvcc", "cuda", NVCC, ("nvcc", "Cuda compilation tools, release 12.2, V12.2.140", "")),
        ("cc", "c", "Sun C 5.15", ("cc", "Sun C 5.15", LINUX)),
        ("cc", "c", "no number at all\nnone", ("cc", "no number at all", LINUX)),
    ],
)
def test_compiler_is_known_by_what_it_says_of_itself(
    name: str, language: str, says: str, told: tuple[str, str, str], machine: Machine
) -> None:
    machine.add(machine.first / name, says=says)
    compiler = next(each for each in machine.probe(language).compilers if each.identity)
    assert (compiler.identity, compiler.version, compiler.target) == told


def test_one_compiler_under_several_names_says_the_same(machine: Machine) -> None:
    machine.add(machine.first / "x86_64-linux-gnu-gcc-12")
    machine.add(machine.first / "cc")
    machine.interpreter = replace(CPYTHON_313, compilers={"CC": "x86_64-linux-gnu-gcc-12 -pthread"})
    toolchain = machine.probe()
    own = of_role(toolchain, "python-cc")
    assert own.identity == "gcc"
    assert own == replace(of_role(toolchain, "cc"), role="python-cc")


def test_source_without_compiled_languages_has_no_toolchain_and_nothing_is_looked_up(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.add(machine.first / "cc")
    compilers = machine.compilers()
    monkeypatch.setattr(module, "stamp", None)
    monkeypatch.setattr(module, "Search", None)
    assert compilers.probe((), machine.interpreter, Settings()) == Toolchain()
    assert machine.calls == []


def test_roles_without_a_compiler_are_told_as_absent(machine: Machine) -> None:
    toolchain = machine.probe("c", "c++", "rust", "cuda", "fortran")
    roles = ["c++", "cc", "gfortran", "nvcc", "python-c++", "python-cc", "rustc"]
    assert [compiler.role for compiler in toolchain.compilers] == roles
    assert all(map(is_absent, toolchain.compilers))
    assert toolchain.directories == ()


@pytest.mark.parametrize(
    "text", ["#!/bin/sh\nexit 1", "#!/nowhere/interpreter", "no program", ""], ids=repr
)
def test_compiler_that_fails_is_there_but_says_nothing(text: str, machine: Machine) -> None:
    machine.script(machine.first / "gcc-12", text)
    compiler = of_role(machine.probe(variables={"CC": "gcc-12"}), "cc")
    assert compiler == Compiler(role="cc", identity="gcc")


def test_compiler_that_does_not_answer_is_asked_again_another_time(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    go = machine.root / "go"
    path = machine.add(machine.first / "cc")
    wait = f"if [ ! -e {go} ]; then exec {shutil.which('sleep')} 600; fi\n"
    path.write_text(path.read_text().replace("case", f"{wait}case", 1))
    monkeypatch.setattr(versions, "_TIMEOUT", 0.2)
    assert of_role(machine.probe(), "cc") == Compiler(role="cc", identity="cc")
    assert len(machine.calls) == 1
    monkeypatch.setattr(versions, "_TIMEOUT", 30)
    go.touch()
    assert of_role(machine.probe(), "cc").identity == "gcc"


def test_compiler_is_asked_in_english_and_in_no_directory_of_the_caller(machine: Machine) -> None:
    machine.environ["LC_ALL"] = "de_DE.UTF-8"
    machine.script(machine.first / "cc", '#!/bin/sh\necho "1.0 $LC_ALL $PWD"\n')
    assert of_role(machine.probe(), "cc").version == "1.0 C /"


# Which compiler it is.


@pytest.mark.parametrize(
    ("there", "taken"), [(["cc", "gcc"], "cc"), (["gcc", "clang"], "gcc"), (["clang"], "clang")]
)
def test_compiler_of_a_general_name_is_taken_first(
    there: list[str], taken: str, machine: Machine
) -> None:
    for name in there:
        machine.add(machine.first / name)
    machine.probe()
    assert machine.calls[0] == f"{machine.first / taken} --version"


def test_first_directory_on_path_wins(machine: Machine) -> None:
    machine.add(machine.standard / "cc", target="standard")
    machine.add(machine.second / "cc", target="second")
    assert of_role(machine.probe(), "cc").target == "second"
    machine.add(machine.first / "cc", target="first")
    assert of_role(machine.probe(), "cc").target == "first"


def test_directory_called_like_a_compiler_is_none(machine: Machine) -> None:
    (machine.first / "cc").mkdir()  # as in /usr/lib/gcc
    machine.add(machine.second / "cc", target="second")
    assert of_role(machine.probe(), "cc").target == "second"


@pytest.mark.parametrize(
    ("value", "called"),
    [
        ("gcc-9", "first/gcc-9"),
        ("ccache gcc-9", "first/gcc-9"),
        ("/usr/bin/ccache distcc gcc-9", "first/gcc-9"),
        ("gcc-9 -m32 -pthread", "first/gcc-9"),
        ("{}/opt/gcc -m32", "opt/gcc"),
        ("'{}/opt/with space/gcc' -m32", "opt/with space/gcc"),
    ],
)
def test_compiler_in_force_is_the_one_in_cc(value: str, called: str, machine: Machine) -> None:
    for path in ("first/cc", "first/gcc-9", "opt/gcc", "opt/with space/gcc"):
        machine.add(machine.root / path)
    machine.probe(variables={"CC": value.format(machine.root)})
    assert machine.calls[0] == f"{machine.root / called} --version"


@pytest.mark.parametrize(
    "value", ["gcc-8", "'gcc", 'gcc "', "ccache", "./cc", "/nowhere/cc", "first/cc", " ", "-m32"]
)
def test_cc_that_names_no_compiler_is_not_replaced_by_another(value: str, machine: Machine) -> None:
    machine.add(machine.first / "cc")
    assert is_absent(of_role(machine.probe(variables={"CC": value}), "cc"))
    assert machine.calls == []


@pytest.mark.parametrize(
    ("variable", "language", "role"),
    [
        ("CC", "c", "cc"),
        ("CXX", "c++", "c++"),
        ("FC", "fortran", "gfortran"),
        ("F90", "fortran", "gfortran"),
        ("F77", "fortran", "gfortran"),
        ("RUSTC", "rust", "rustc"),
        ("CUDACXX", "cuda", "nvcc"),
        ("NVCC", "cuda", "nvcc"),
    ],
)
def test_variable_chooses_the_compiler_of_its_language(
    variable: str, language: str, role: str, machine: Machine
) -> None:
    machine.add(machine.first / "chosen", says="chosen 1.5")
    for name in ("cc", "c++", "gfortran", "rustc", "nvcc"):
        machine.add(machine.first / name)
    toolchain = machine.probe(language, variables={variable: "chosen"})
    assert of_role(toolchain, role).version == "1.5"


@pytest.mark.parametrize("variable", ["CUDA_HOME", "CUDA_PATH", "CUDA_ROOT"])
def test_nvcc_is_found_in_its_home(variable: str, machine: Machine) -> None:
    machine.add(machine.first / "nvcc", says="release 1.0")
    nvcc = machine.add(machine.root / "cuda" / "bin" / "nvcc", says=NVCC)
    toolchain = machine.probe("cuda", variables={variable: str(machine.root / "cuda")})
    assert of_role(toolchain, "nvcc").version.endswith("V12.2.140")
    assert toolchain.directories == (str(nvcc.parent),)


def test_python_s_own_compiler_is_looked_up_by_its_first_word(machine: Machine) -> None:
    machine.add(machine.first / "cc", target="cc")
    machine.add(machine.first / "gcc", target="gcc")
    machine.add(machine.first / "g++", target="g++")
    machine.interpreter = replace(CPYTHON_313, compilers={"CC": "gcc -pthread", "CXX": "g++ -x"})
    toolchain = machine.probe("c++")
    targets = {compiler.role: compiler.target for compiler in toolchain.compilers}
    assert targets == {"cc": "cc", "python-cc": "gcc", "c++": "g++", "python-c++": "g++"}


def test_nvcc_is_found_in_its_usual_place(machine: Machine) -> None:
    nvcc = machine.add(machine.root / "cuda" / "bin" / "nvcc", says=NVCC)
    toolchain = machine.probe("cuda")
    assert of_role(toolchain, "nvcc").identity == "nvcc"
    assert toolchain.directories == (str(nvcc.parent),)


def test_relative_directory_on_path_is_not_searched(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build, in another directory, would not find what is there."""
    machine.add(machine.first / "cc")
    monkeypatch.chdir(machine.first)
    machine.environ["PATH"] = ".::../first"
    assert is_absent(of_role(machine.probe(), "cc"))


# Where it is.


def test_directories_are_told_unless_every_build_sees_them(machine: Machine) -> None:
    machine.add(machine.standard / "cc")
    assert machine.probe().directories == ()
    machine.add(machine.second / "rustc", says=RUSTC)
    assert machine.probe("c", "rust").directories == (str(machine.second),)
    machine.add(machine.first / "cc")
    directories = (str(machine.first), str(machine.second))
    assert machine.probe("c", "rust").directories == directories
    assert machine.probe("rust").directories == directories[1:]


def test_standard_directory_is_known_however_it_is_spelled(machine: Machine) -> None:
    machine.add(machine.standard / "cc")
    machine.environ["PATH"] = f"{machine.standard}/:{machine.standard}//.:relative::"
    assert machine.probe().directories == ()


def test_compiler_is_the_one_that_the_build_will_find(machine: Machine) -> None:
    """A directory that is needed for one compiler comes before the standard ones for all."""
    machine.add(machine.standard / "cc", target="standard")
    machine.add(machine.second / "cc", target="second")
    machine.add(machine.second / "gfortran", says=GFORTRAN)
    machine.environ["PATH"] = machine.path(machine.standard, machine.second)
    assert of_role(machine.probe(), "cc").target == "standard"
    toolchain = machine.probe("c", "fortran")
    assert toolchain.directories == (str(machine.second),)
    assert of_role(toolchain, "cc").target == "second"


def masquerade(machine: Machine, launcher: str = "ccache", name: str = "cc") -> Path:
    """Make what distributions have in /usr/lib/ccache, before all else on PATH."""
    there = machine.add(machine.root / "opt" / launcher, says="launcher version 4.8")
    directory = machine.root / "masquerade"
    directory.mkdir(exist_ok=True)
    (directory / name).symlink_to(there)
    machine.environ["PATH"] = machine.path(directory, machine.first)
    return directory


@pytest.mark.parametrize("launcher", ["ccache", "sccache", "distcc", "icecc", "buildcache"])
def test_launcher_under_a_compiler_s_name_is_looked_through_and_comes_first(
    launcher: str, machine: Machine
) -> None:
    directory = masquerade(machine, launcher)
    machine.add(machine.first / "cc")
    toolchain = machine.probe()
    assert of_role(toolchain, "cc").identity == "gcc"
    assert toolchain.directories == (str(directory), str(machine.first))
    assert {call.split()[0] for call in machine.calls} == {str(machine.first / "cc")}


def test_launcher_before_a_standard_compiler_is_still_found_by_the_build(machine: Machine) -> None:
    directory = masquerade(machine)
    machine.add(machine.standard / "cc")
    toolchain = machine.probe()
    assert of_role(toolchain, "cc").identity == "gcc"
    assert toolchain.directories == (str(directory),)


def test_launcher_without_a_compiler_is_none(machine: Machine) -> None:
    masquerade(machine)
    assert is_absent(of_role(machine.probe(), "cc"))


def test_launcher_named_by_path_is_looked_through(machine: Machine) -> None:
    directory = masquerade(machine)
    machine.environ["PATH"] = machine.path(machine.first)
    machine.add(machine.first / "cc")
    toolchain = machine.probe(variables={"CC": f"{directory}/cc"})
    assert of_role(toolchain, "cc").identity == "gcc"
    assert {*toolchain.directories} == {str(directory), str(machine.first)}


def test_launcher_in_cc_is_found_by_the_build(machine: Machine) -> None:
    machine.add(machine.first / "ccache", says="launcher version 4.8")
    machine.add(machine.standard / "gcc")
    toolchain = machine.probe(variables={"CC": "ccache gcc"})
    assert of_role(toolchain, "cc").identity == "gcc"
    assert toolchain.directories == (str(machine.first),)


# rustup.

PROXY = """#!/bin/sh
echo "$0 $* $RUSTUP_TOOLCHAIN" >> {calls}
read -r default < "$HOME/.rustup/settings.toml" || exit 1
if [ "$1" = --print ]; then echo "$HOME/.rustup/toolchains/${{RUSTUP_TOOLCHAIN:-$default}}"; fi
"""


@pytest.fixture
def rustup(machine: Machine) -> Callable[[str], None]:
    """A rustup with two toolchains, and how to choose one of them."""
    proxy = machine.script(machine.first / "rustup", PROXY.format(calls=machine.root / "calls"))
    (machine.first / "rustc").symlink_to(proxy)
    home = machine.home / ".rustup"
    for name in ("stable", "nightly"):
        machine.add(home / "toolchains" / name / "bin" / "rustc", says=RUSTC, target=name)

    def choose(name: str) -> None:
        (home / "settings.toml").write_text(f"{name}\n")

    return choose


def toolchain_of(machine: Machine, name: str) -> str:
    return str(machine.home / ".rustup" / "toolchains" / name / "bin")


def test_rustup_s_proxy_stands_for_the_compiler_of_its_toolchain(
    rustup: Callable[[str], None], machine: Machine
) -> None:
    rustup("stable")
    toolchain = machine.probe("rust")
    assert of_role(toolchain, "rustc").target == "stable"
    # Ahead of the proxy, which in a build's own HOME does not know its toolchains.
    assert toolchain.directories == (toolchain_of(machine, "stable"),)


def test_toolchain_comes_before_the_proxy_where_both_are_needed(
    rustup: Callable[[str], None], machine: Machine
) -> None:
    rustup("stable")
    machine.add(machine.first / "cc")
    toolchain = machine.probe("c", "rust")
    assert toolchain.directories == (toolchain_of(machine, "stable"), str(machine.first))
    assert of_role(toolchain, "rustc").target == "stable"


def test_another_default_of_rustup_is_another_compiler(
    rustup: Callable[[str], None], machine: Machine
) -> None:
    here = machine.compilers()
    for name in ("stable", "nightly"):
        rustup(name)
        assert of_role(machine.probe("rust", compilers=here), "rustc").target == name
        assert of_role(machine.probe("rust"), "rustc").target == name


@pytest.mark.parametrize("where", ["environ", "settings"])
def test_toolchain_that_is_asked_for_is_taken(
    where: str, rustup: Callable[[str], None], machine: Machine
) -> None:
    rustup("stable")
    assert of_role(machine.probe("rust"), "rustc").target == "stable"
    variables = {"RUSTUP_TOOLCHAIN": "nightly"}
    compilers = machine.compilers(**variables if where == "environ" else {})
    toolchain = machine.probe(
        "rust", compilers=compilers, variables=variables if where == "settings" else {}
    )
    assert of_role(toolchain, "rustc").target == "nightly"


def test_rustup_is_asked_once(rustup: Callable[[str], None], machine: Machine) -> None:
    rustup("stable")
    machine.probe("rust")
    asked = machine.calls
    machine.probe("rust")
    assert machine.calls == asked
    assert sum("--print sysroot" in call for call in asked) == 1


def test_toolchain_that_rustup_has_removed_is_asked_for_again(
    rustup: Callable[[str], None], machine: Machine
) -> None:
    rustup("stable")
    machine.probe("rust")
    moved = machine.home / ".rustup" / "toolchains" / "stable"
    moved.rename(moved.with_name("moved"))
    machine.probe("rust")
    assert sum("--print sysroot" in call for call in machine.calls) > 1


def test_rustup_without_a_toolchain_says_nothing(machine: Machine) -> None:
    proxy = machine.script(machine.first / "rustup", "#!/bin/sh\nexit 1\n")
    (machine.first / "rustc").symlink_to(proxy)
    assert of_role(machine.probe("rust"), "rustc") == Compiler(role="rustc", identity="rustc")


# A compiler is asked once.


def test_compilers_that_were_asked_are_not_started_again(machine: Machine) -> None:
    for name, says in {"cc": GCC, "c++": GCC, "rustc": RUSTC, "nvcc": NVCC}.items():
        machine.add(machine.first / name, says=says)
    here = machine.compilers()
    toolchain = machine.probe("c++", "rust", "cuda", compilers=here)
    asked = machine.calls
    assert len(asked) == 7
    assert machine.probe("c++", "rust", "cuda", compilers=here) == toolchain
    assert machine.probe("c++", "rust", "cuda") == toolchain
    assert machine.probe("c") == Toolchain(
        compilers=(of_role(toolchain, "cc"), of_role(toolchain, "python-cc")),
        directories=toolchain.directories,
    )
    assert machine.calls == asked


def test_compiler_is_asked_once_though_nothing_can_be_kept(machine: Machine) -> None:
    machine.add(machine.first / "cc")
    (machine.root / "cache").mkdir()
    (machine.root / "cache" / "toolchains-v1").touch()  # where a directory should be
    here = machine.compilers()
    assert machine.probe(compilers=here) == machine.probe(compilers=here)
    assert len(machine.calls) == 2


def test_compiler_that_fails_is_not_started_again(machine: Machine) -> None:
    machine.add(machine.first / "cc", says="says nothing")
    path = machine.first / "cc"
    path.write_text(path.read_text().replace("--version)", "--help)"))
    toolchain = machine.probe()
    asked = machine.calls
    assert machine.probe() == toolchain
    assert machine.calls == asked != []


def test_compiler_that_appears_makes_another_toolchain(machine: Machine) -> None:
    here = machine.compilers()
    assert is_absent(of_role(machine.probe(compilers=here), "cc"))
    let_clock_tick(machine.first)
    machine.add(machine.first / "cc")
    assert of_role(machine.probe(compilers=here), "cc").identity == "gcc"
    assert of_role(machine.probe(), "cc").identity == "gcc"


def test_compiler_that_goes_makes_another_toolchain(machine: Machine) -> None:
    path = machine.add(machine.first / "cc")
    here = machine.compilers()
    machine.probe(compilers=here)
    let_clock_tick(machine.first)
    path.unlink()
    assert is_absent(of_role(machine.probe(compilers=here), "cc"))
    assert is_absent(of_role(machine.probe(), "cc"))


def test_compiler_on_a_path_that_is_not_there_yet_is_found_later(machine: Machine) -> None:
    machine.environ["PATH"] = machine.path(machine.root / "later")
    here = machine.compilers()
    assert is_absent(of_role(machine.probe(compilers=here), "cc"))
    machine.add(machine.root / "later" / "cc")
    assert of_role(machine.probe(compilers=here), "cc").identity == "gcc"


@pytest.mark.parametrize("is_linked", [False, True])
def test_compiler_that_was_upgraded_is_asked_again(is_linked: bool, machine: Machine) -> None:
    path = machine.add(machine.root / "real" / "cc", says="old 1.0")
    if is_linked:
        (machine.first / "cc").symlink_to(path)
    else:
        machine.environ["PATH"] = machine.path(path.parent)
    here = machine.compilers()
    assert of_role(machine.probe(compilers=here), "cc").version == "old 1.0"
    status = path.stat()
    newer = machine.add(machine.root / "newer", says="new 1.0")
    os.utime(newer, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert newer.stat().st_size == status.st_size
    newer.rename(path)  # only the inode tells them apart
    assert of_role(machine.probe(compilers=here), "cc").version == "new 1.0"
    assert of_role(machine.probe(), "cc").version == "new 1.0"


@pytest.mark.parametrize("data", ["", "{", "null", "[]", "{}", '{"identity": "gcc"}', "5"])
def test_damaged_memory_is_asked_again_and_mended(
    data: str, rustup: Callable[[str], None], machine: Machine
) -> None:
    rustup("stable")
    machine.add(machine.first / "cc")
    right = machine.probe("c", "rust")
    asked = len(machine.calls)
    for file in (machine.root / "cache" / "toolchains-v1").iterdir():
        file.write_text(data)
    assert machine.probe("c", "rust") == right
    assert len(machine.calls) == 2 * asked
    assert machine.probe("c", "rust") == right
    assert len(machine.calls) == 2 * asked


def test_toolchains_for_other_settings_are_told_apart(machine: Machine) -> None:
    machine.add(machine.first / "cc", target="one")
    machine.add(machine.first / "gcc", target="two")
    here = machine.compilers()
    for variables, target in (({}, "one"), ({"CC": "gcc"}, "two"), ({"CC": "cc"}, "one")):
        toolchain = machine.probe(compilers=here, variables=variables)
        assert of_role(toolchain, "cc").target == target


# A real one.


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
def test_real_gcc_is_described_as_it_is(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STANDARD", STANDARD)
    machine.environ["PATH"] = os.environ["PATH"]
    gcc = of_role(machine.probe(variables={"CC": "gcc"}), "cc")
    say = ["gcc", "-dumpfullversion", "-dumpversion"]
    number = subprocess.run(say, capture_output=True, text=True, check=True).stdout.strip()
    if gcc.identity == "clang":
        pytest.skip("gcc is a clang")
    assert gcc.identity == "gcc"
    assert number in gcc.version
    assert not gcc.version.startswith("gcc")
    assert gcc.target.startswith(os.uname().machine)


def test_a_compiler_in_a_directory_that_a_build_looks_into_first_is_the_one(
    machine: Machine,
) -> None:
    machine.add(machine.first / "cc")
    own = machine.root / "environment"
    machine.add(own / "cc", says=CLANG)
    compilers = machine.compilers()
    settings = Settings()

    usual = compilers.probe(("c",), machine.interpreter, settings)
    there = compilers.probe(("c",), machine.interpreter, settings, first=(str(own),))

    assert of_role(usual, "cc").identity == "gcc"
    assert of_role(there, "cc").identity == "clang"
    assert there.directories == (str(own),)
