"""The real projects of the package index that are tried, and what is special about each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Tests:
    """Some of upstream's own tests."""

    copied: tuple[str, ...] = ()
    """What of the sdist they are in; empty where the wheel itself holds them."""

    arguments: tuple[str, ...]
    """Of pytest."""

    needs: tuple[str, ...] = ("pytest",)
    """What must be installed for them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """A project to try, and why."""

    request: str
    kind: str
    """What is special about it."""

    imports: tuple[str, ...]
    """What a user of it imports."""

    needs: tuple[str, ...] = ()
    """What it imports without saying so in its metadata."""

    native: bool = True
    """Whether it has extension modules."""

    alone: bool = True
    """Whether each of these can be imported by itself, and is a module at all."""

    switches: tuple[str, ...] = ()
    """Of `wheelwell get`, without which it cannot be built here."""

    tests: Tests | None = None


PROJECTS = (
    Project(
        request="markupsafe==3.0.2",
        kind="one optional C module",
        imports=("markupsafe",),
        tests=Tests(copied=("tests",), arguments=("tests",)),
    ),
    Project(
        request="msgpack==1.1.0",
        kind="Cython",
        imports=("msgpack",),
        tests=Tests(copied=("test",), arguments=("test",)),
    ),
    Project(request="psutil==6.1.0", kind="C, for the stable ABI", imports=("psutil",)),
    Project(
        request="simplejson==3.19.3",
        kind="old `setup.py` alone, optional C module",
        imports=("simplejson",),
        tests=Tests(arguments=("--pyargs", "simplejson.tests")),
    ),
    Project(
        request="docopt==0.6.2",
        kind="old `setup.py` alone, no `Requires-Python`, no extension",
        imports=("docopt",),
        native=False,
    ),
    Project(
        request="pycosat==0.6.3",
        kind="the sdist is a `.zip`; `setup.py` alone, distutils",
        imports=("pycosat",),
        tests=Tests(copied=("test_pycosat.py",), arguments=("test_pycosat.py",)),
    ),
    Project(
        request="mccabe==0.6.1",
        kind="`setup_requires`: requirements that only a hook tells",
        imports=("mccabe",),
        native=False,
    ),
    Project(
        request="zope.interface==7.2",
        kind="a name with dots, a namespace package",
        imports=("zope.interface",),
        tests=Tests(
            # `zope` has no `__init__.py`, and these tests look at their own modules' names.
            arguments=(
                *("-o", "consider_namespace_packages=true"),
                *("--pyargs", "zope.interface.tests"),
            ),
            needs=("pytest", "zope.event", "zope.testing"),
        ),
    ),
    Project(
        request="ruamel.yaml.clib==0.2.12",
        kind="a name with dots, Cython's output in the sdist",
        imports=("_ruamel_yaml",),
        needs=("ruamel.yaml",),
    ),
    Project(
        request="PyYAML==6.0.2",
        kind="a name with capitals, its own wrapper around setuptools, Cython",
        imports=("yaml",),
    ),
    Project(
        request="kiwisolver==1.4.7",
        kind="C++, setuptools-scm",
        imports=("kiwisolver",),
        tests=Tests(copied=("py/tests",), arguments=("py/tests",)),
    ),
    Project(request="cffi==1.17.1", kind="needs libffi and its headers", imports=("cffi",)),
    Project(
        request="argon2-cffi-bindings==21.2.0",
        kind="built by cffi, for the stable ABI",
        imports=("_argon2_cffi_bindings",),
    ),
    Project(
        request="bottleneck==1.4.2",
        kind="numpy is a build requirement",
        imports=("bottleneck",),
        tests=Tests(arguments=("--pyargs", "bottleneck.tests.list_input_test")),
    ),
    Project(
        request="contourpy==1.3.1",
        kind="Meson, pybind11, C++",
        imports=("contourpy",),
    ),
    Project(
        request="siphash24==1.6",
        kind="Meson, fetches sources with Git as it is built",
        imports=("siphash24",),
    ),
    Project(
        request="levenshtein==0.27.1",
        kind="CMake, Cython, C++",
        imports=("Levenshtein",),
        tests=Tests(copied=("tests",), arguments=("tests",)),
    ),
    Project(
        request="levenshtein==0.26.1",
        kind="CMake, as of the upload of its sdist",
        imports=("Levenshtein",),
        switches=("--build-as-of", "auto"),
        tests=Tests(copied=("tests",), arguments=("tests",)),
    ),
    Project(
        request="rapidfuzz==3.10.1",
        kind="CMake; its build requirement as of its upload",
        imports=("rapidfuzz",),
        switches=("--build-as-of", "auto"),
    ),
    Project(
        request="pyzmq==26.2.0",
        kind="CMake; its build requirement has no upper bound",
        imports=("zmq",),
    ),
    Project(
        request="orjson==3.10.12",
        kind="Rust, its crates in the sdist",
        imports=("orjson",),
    ),
    Project(request="lz4==4.4.3", kind="C, setuptools-scm, pkg-config", imports=("lz4.frame",)),
    Project(
        request="greenlet==3.1.1",
        kind="C++ and assembly",
        imports=("greenlet._greenlet",),
        alone=False,
    ),
    Project(request="ujson==5.10.0", kind="C++ under a C interface", imports=("ujson",)),
    Project(request="regex==2024.11.6", kind="one large C module", imports=("regex",)),
    Project(
        request="pycryptodome==3.21.0",
        kind="forty small modules for the stable ABI, loaded by cffi or ctypes",
        imports=("Crypto.Cipher.AES",),
        alone=False,
    ),
    Project(request="wrapt==1.17.0", kind="optional C module", imports=("wrapt",)),
    Project(request="yarl==1.18.3", kind="its own backend around setuptools", imports=("yarl",)),
    Project(request="bitarray==3.0.0", kind="`setup.py` alone, C", imports=("bitarray",)),
    Project(request="coverage==7.6.9", kind="optional C tracer", imports=("coverage",)),
    Project(
        request="tornado==6.4.2",
        kind="optional module for the stable ABI",
        imports=("tornado.web",),
    ),
    Project(
        request="Brotli==1.1.0", kind="C and C++, a submodule in the sdist", imports=("brotli",)
    ),
    Project(
        request="zstandard==0.23.0",
        kind="C beside a cffi module",
        imports=("zstandard.backend_c",),
        alone=False,
    ),
    Project(request="PyQt5-sip==12.16.1", kind="C++ of SIP", imports=("PyQt5.sip",)),
    Project(request="pyerfa==2.0.1.5", kind="C with numpy's headers", imports=("erfa",)),
    Project(
        request="pynacl==1.5.0",
        kind="configure and make of a library within `setup.py`, cffi",
        imports=("nacl.secret",),
    ),
    Project(
        request="Pillow==11.0.0",
        kind="config settings leave out what is not installed",
        imports=("PIL._imaging",),
        alone=False,
        switches=("-C", "jpeg=disable"),
    ),
    Project(
        request="editdistance==0.8.1",
        kind="pdm-backend with a build script",
        imports=("editdistance",),
    ),
    Project(
        request="uvloop==0.21.0",
        kind="autotools within `setup.py`, Cython",
        imports=("uvloop",),
    ),
    Project(request="hiredis==3.1.0", kind="a C library in the sdist", imports=("hiredis",)),
    Project(
        request="SQLAlchemy==2.0.36",
        kind="optional Cython modules",
        imports=("sqlalchemy",),
        needs=("typing-extensions", "greenlet"),
    ),
    Project(
        request="charset-normalizer==3.4.0",
        kind="mypyc, which a variable asks for",
        imports=("charset_normalizer",),
        switches=(
            *("--env", "CHARSET_NORMALIZER_USE_MYPYC=1"),
            *("--build-requirement", "mypy"),
            *("--build-as-of", "upload"),
        ),
    ),
    Project(
        request="PyMetis==2025.2.1",
        kind="Meson, nanobind, a C library in the sdist",
        imports=("pymetis",),
    ),
    Project(
        request="psycopg2==2.9.10",
        kind="needs a program of a library that is not here",
        imports=("psycopg2",),
    ),
    Project(request="pendulum==3.0.0", kind="Rust, its crates elsewhere", imports=("pendulum",)),
    Project(request="scikit-misc==0.5.1", kind="Meson, Fortran", imports=("skmisc",)),
    Project(
        request="packaging==24.2",
        kind="no extension",
        imports=("packaging.version",),
        native=False,
    ),
    Project(
        request="Jinja2==3.1.5",
        kind="a name with a capital, no extension",
        imports=("jinja2",),
        native=False,
    ),
    Project(
        request="flit-core==3.10.1",
        kind="builds itself (`backend-path`)",
        imports=("flit_core",),
        native=False,
    ),
    Project(
        request="platformdirs==4.3.6",
        kind="no extension, the version from `PKG-INFO`",
        imports=("platformdirs",),
        native=False,
    ),
    Project(request="rich==13.9.4", kind="no extension", imports=("rich",), native=False),
    Project(request="unearth==0.17.2", kind="no extension", imports=("unearth",), native=False),
    Project(
        request="pycrypto==2.6.1",
        kind="abandoned in 2013: calls what Python 3.11 no longer has",
        imports=("Crypto",),
    ),
)
