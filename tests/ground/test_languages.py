"""A source's languages are read from its file names and build files; what is unclear is assumed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.languages import BUILD_FILES, languages_of

C = {"c"}
BOTH = {"c", "c++"}
NONE: set[str] = set()


@pytest.mark.parametrize(
    ("name", "languages"),
    [
        ("src/foo/__init__.py", NONE),
        ("README.c.md", NONE),
        ("include/foo.h", NONE),
        ("src/_foo.c", C),
        ("src/_foo.C", C),
        ("src/start.S", C),
        ("src/_foo.pyx", BOTH),
        ("src/foo.i", BOTH),
        ("src/_foo.cc", {"c++"}),
        ("src/_foo.cpp", {"c++"}),
        ("src/_foo.cxx", {"c++"}),
        ("src/foo.sip", {"c++"}),
        ("src/lib.rs", {"rust"}),
        ("rust/Cargo.toml", {"rust"}),
        ("src/foo.f", {"fortran"}),
        ("src/foo.F90", {"fortran"}),
        ("src/foo.pyf", {"c", "fortran"}),
        ("src/kernel.cu", {"cuda", "c++"}),
        ("src/kernel.cuh", {"cuda", "c++"}),
    ],
)
def test_file_name_tells_its_language(name: str, languages: set[str]) -> None:
    assert languages_of([name, "setup.py"], {}) == languages


CMAKE = {
    "project(foo)": BOTH,
    "project(foo VERSION 1.0)": BOTH,
    "project(foo C)": C,
    "PROJECT (foo\n  CXX\n)": {"c++"},
    "project(foo LANGUAGES C CXX)": BOTH,
    "project(foo VERSION 1.0 LANGUAGES Fortran C)": {"fortran", "c"},
    "project(foo LANGUAGES CUDA CXX)": {"cuda", "c++"},
    "project(foo LANGUAGES HIP)": {"c++"},
    "project(foo LANGUAGES ASM)": C,
    "project(foo NONE)": NONE,
    "project(foo LANGUAGES NONE)\nenable_language(C)": C,
    'project(foo LANGUAGES NONE)\nif(X)\n  enable_language("C" OPTIONAL)\nendif()': NONE,
    "project(c LANGUAGES CXX)": {"c++"},
    "project(${SKBUILD_PROJECT_NAME} VERSION ${SKBUILD_PROJECT_VERSION} LANGUAGES C)": C,
    "project(foo LANGUAGES C ${MORE})": BOTH,
    "project(foo ${LANGUAGES})": BOTH,
    'project(foo DESCRIPTION "bindings to c code")': BOTH,
    'project(foo DESCRIPTION "a library (fast)" LANGUAGES Fortran)': {"fortran"},
    "project(foo # in C, mostly :)\n  LANGUAGES CXX)": {"c++"},
    "# project(foo CUDA)\nadd_library(foo foo.x)": NONE,
    "project(foo LANGUAGES Ruby)": BOTH,
    "project(foo": BOTH,
}


@pytest.mark.parametrize("text", CMAKE)
def test_cmake_declares_languages(text: str) -> None:
    assert languages_of([], {"sub/CMakeLists.txt": text}) == CMAKE[text]


MESON = {
    "project('foo')": NONE,
    "project('foo', 'c')": C,
    "project('foo', 'c', 'cpp', version: '1.0')": BOTH,
    "project('foo', ['c', 'fortran'])": {"c", "fortran"},
    "project(\n  'foo',\n  'cpp',\n  default_options: ['warning_level=2'],\n)": {"c++"},
    "project('foo', 'cython')": C,
    "project('foo', 'rust')": {"rust"},
    "project('foo', license: 'C')": NONE,
    "project('foo', # it's in (mostly) C\n  'c')": C,
    "project('a#b', 'c')": C,
    "project('foo', 'c', version: run_command('x', check: true).stdout())": C,
    "project('foo', version: f('x'))\nadd_languages('cuda', 'cpp', native: false)": {"cuda", "c++"},
    "if x\n  add_languages('fortran', required: false)\nendif": {"fortran"},
    "project('foo'": NONE,
}


@pytest.mark.parametrize("text", MESON)
def test_meson_declares_languages(text: str) -> None:
    assert languages_of([], {"meson.build": text}) == MESON[text]


def requires(*requirements: str) -> str:
    return f"[build-system]\nrequires = {[*requirements]}\n"


PYPROJECT = {
    requires("setuptools", "wheel"): NONE,
    requires("cffi>=1.16"): C,
    requires("cffi ; platform_python_implementation != 'PyPy'"): C,
    requires("Cython<3.1"): BOTH,
    requires("mypy[mypyc]==1.15"): C,
    requires("pybind11"): {"c++"},
    requires("nanobind>=2"): {"c++"},
    requires("maturin>=1,<2"): {"rust"},
    requires("setuptools_rust"): {"rust"},
    requires("meson-python", "Pythran"): {"c++"},
    # What a project needs when it runs says nothing of how it is built.
    requires("hatchling") + '[project]\nname = "foo"\ndependencies = ["cffi", "cython"]\n': NONE,
    '[project]\nname = "foo"\ndependencies = ["cffi"]\n': NONE,
    "[build-system]\nrequires = 'cffi'\n": NONE,
    "[build-system]\nrequires = [1]\n": NONE,
    "build-system = 1": NONE,
    "[broken": NONE,
}


@pytest.mark.parametrize("text", PYPROJECT)
def test_build_requirements_tell_of_code_that_is_written_by_them(text: str) -> None:
    assert languages_of(["foo.py"], {"pyproject.toml": text}) == PYPROJECT[text]


SETUP = {
    "setup.py": {
        "from setuptools import setup; setup()": NONE,
        "setup(install_requires=['cffi>=1.0', 'cython'])": NONE,
        "setup(setup_requires=['cffi>=1.0'], cffi_modules=['build.py:ffi'])": C,
        'setup(setup_requires=["pybind11"])': {"c++"},
        "setup_requires = 'setuptools_rust'": {"rust"},
    },
    "setup.cfg": {
        "[options]\ninstall_requires =\n    cffi\n": NONE,
        "[options]\nsetup_requires =\n    cffi>=1.0\n": C,
        "[options]\nsetup_requires = cffi; wheel\n": C,
        "[options]\nsetup-requires=pybind11\n": {"c++"},
    },
}


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in SETUP.items() for text in texts]
)
def test_setup_requires_counts_and_install_requires_does_not(name: str, text: str) -> None:
    assert languages_of(["foo.py"], {name: text}) == SETUP[name][text]


def test_languages_of_all_files_are_put_together() -> None:
    names = ["a.c", "b/b.f90", "c/CMakeLists.txt", "pyproject.toml"]
    texts = {
        "c/CMakeLists.txt": "project(c LANGUAGES CUDA)",
        "pyproject.toml": requires("maturin"),
    }
    assert languages_of(names, texts) == {"c", "fortran", "cuda", "rust"}


@settings(deadline=None)
@given(
    st.sampled_from(sorted(BUILD_FILES)),
    st.text() | st.text("project(')\"#\\ \nc[build-system]requires="),
)
def test_no_text_is_an_error(name: str, text: str) -> None:
    languages_of([text], {name: text, f"sub/{name}": f"project({text})"})
