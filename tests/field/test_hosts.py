"""Wheels that a cache handed to a machine, or to a Python, that they are not for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from field.conftest import User
from support.values import CPYTHON_313, PURE, record_of
from wheelwell.fit import misfit
from wheelwell.host import Host
from wheelwell.identity import Identity
from wheelwell.interpreter import Interpreter
from wheelwell.needs import Library, Needs
from wheelwell.reuse import reusable
from wheelwell.toolchain import Compiler, Toolchain

NATIVE = "foo-1.0-cp313-cp313-linux_x86_64.whl"
HERE = Host(
    interpreter=replace(CPYTHON_313, tags=("cp313-cp313-linux_x86_64", "py3-none-any")),
    libraries={
        "libc.so.6": frozenset({"GLIBC_2.2.5", "GLIBC_2.31"}),
        "libstdc++.so.6": frozenset({"GLIBCXX_3.4.28"}),
    },
)


@pytest.mark.parametrize(
    ("library", "version"), [("libc.so.6", "GLIBC_2.34"), ("libstdc++.so.6", "GLIBCXX_3.4.30")]
)
def test_a_wheel_of_a_newer_system_is_not_handed_to_an_older_one(
    library: str, version: str
) -> None:
    """Untagged `linux_x86_64` wheels are one to pip and uv, whatever glibc they were built with."""
    needs = Needs(libraries=(Library(name=library, versions=(version,)),))
    why = misfit(HERE, record_of(filename=NATIVE, native=("foo.so",), needs=needs))

    assert version in why
    assert library in why


def test_a_wheel_of_glibc_is_not_handed_to_musl() -> None:
    """In a cache that a Debian and an Alpine container share, `linux_x86_64` tells nothing."""
    needs = Needs(libraries=(Library(name="libc.so.6", versions=("GLIBC_2.2.5",)),))
    record = record_of(filename=NATIVE, native=("foo.so",), needs=needs)
    alpine = replace(HERE.interpreter, libc=("musl", "1.2.5"))

    assert misfit(HERE, record) == ""
    assert misfit(Host(interpreter=alpine, libraries={}), record)
    assert replace(PURE, interpreter=alpine).key() != PURE.key()


def test_a_wheel_for_another_architecture_is_not_handed_out() -> None:
    """uv #3599: an x86-64 wheel on an arm64 Mac until the cache was cleaned."""
    tags = ("cp313-cp313-macosx_14_0_arm64", "cp313-cp313-macosx_11_0_arm64", "py3-none-any")
    mac = Host(interpreter=replace(CPYTHON_313, tags=tags))
    arm, intel = (
        record_of(filename=f"foo-1.0-cp313-cp313-macosx_11_0_{machine}.whl", native=())
        for machine in ("arm64", "x86_64")
    )

    assert misfit(mac, arm) == ""
    assert intel.filename in misfit(mac, intel)


def test_a_wheel_for_another_cpu_is_not_handed_out() -> None:
    """`-march=native` in a shared cache ends in SIGILL."""
    record = record_of(filename=NATIVE, native=("foo.so",), needs=Needs(cpu=("avx512f",)))
    assert "avx512f" in misfit(HERE, record)


def python(minor: int, flags: str = "") -> Interpreter:
    tags = (f"cp3{minor}-cp3{minor}{flags}-linux_x86_64", "cp311-abi3-linux_x86_64", "py3-none-any")
    return replace(
        CPYTHON_313,
        version=f"3.{minor}.0",
        soabi=f"cpython-3{minor}{flags}-x86_64-linux-gnu",
        tags=tags,
    )


def test_a_stable_abi_wheel_is_not_handed_to_a_free_threaded_python() -> None:
    """uv #19745: the wheel of 3.15 was used for 3.15t."""
    built = record_of(
        replace(PURE, interpreter=python(11)),
        filename="foo-1.0-cp311-abi3-linux_x86_64.whl",
        native=("foo.abi3.so",),
    )
    source = Identity(name="foo", version="1.0", is_declarative=True)

    assert reusable(replace(PURE, interpreter=python(13)), source, [built])
    assert not reusable(replace(PURE, interpreter=python(13, "t")), source, [built])


def test_a_pure_wheel_that_code_made_is_not_handed_to_another_python() -> None:
    """uv #12273: a `py310-none-any` wheel was reused for 3.11."""
    built = record_of(replace(PURE, interpreter=python(12)), native=())
    made_by_code = Identity(name="foo", version="1.0", is_declarative=False)

    assert not reusable(replace(PURE, interpreter=python(13)), made_by_code, [built])


def test_a_pure_wheel_that_names_its_python_is_not_handed_to_another() -> None:
    """uv #12273: a `py310-none-any` wheel was reused for 3.11, whose tags it has."""
    keyed = replace(PURE, interpreter=python(12))
    built = record_of(keyed, filename="foo-1.0-py312-none-any.whl", native=())
    source = Identity(name="foo", version="1.0", is_declarative=True)

    assert not reusable(replace(PURE, interpreter=python(13)), source, [built])


def test_a_pure_wheel_of_a_source_that_runs_no_code_is_handed_to_every_python() -> None:
    """pip never shares between minors, not even `py3-none-any`."""
    built = record_of(replace(PURE, interpreter=python(12)), native=())
    source = Identity(name="foo", version="1.0", is_declarative=True)
    wanted = replace(PURE, interpreter=python(13))

    assert reusable(wanted, source, [built])
    assert misfit(Host(interpreter=wanted.interpreter), built) == ""


def test_a_fallback_is_handed_to_no_other_python() -> None:
    """cryptography #2283: a PyPy without cffi cached `py2-none-any` for every Python 2."""
    source = Identity(name="foo", version="1.0", is_declarative=True)
    wanted = replace(PURE, interpreter=python(13))
    fallback = record_of(replace(PURE, interpreter=python(12)), native=(), degraded="yes")

    assert reusable(wanted, source, [replace(fallback, degraded="no")])
    assert not reusable(wanted, source, [fallback])


def test_a_wheel_built_without_cuda_is_not_handed_out_once_nvcc_is_there() -> None:
    """A CPU-only `torch_cluster` was reused by GPU jobs (a report of uv's users)."""
    gcc = Compiler(role="cc", identity="gcc", version="12.2.0", target="x86_64-linux-gnu")
    absent = Compiler(role="nvcc", identity="")
    nvcc = Compiler(role="nvcc", identity="nvcc", version="release 12.4, V12.4.131")
    without = replace(PURE, toolchain=Toolchain(compilers=(gcc, absent)))
    having = replace(PURE, toolchain=Toolchain(compilers=(gcc, nvcc)))
    source = Identity(name="foo", version="1.0", languages=("c", "c++", "cuda"))
    record = record_of(without, filename=NATIVE, native=("foo.so",))

    assert without.key() != having.key()
    assert not reusable(having, source, [record])


def test_a_wheel_built_by_the_last_release_of_the_same_compiler_is_handed_out() -> None:
    """What a cache that is keyed by every version would rebuild after each security update."""
    gcc = Compiler(role="cc", identity="gcc", version="12.2.0", target="x86_64-linux-gnu")
    before = replace(PURE, toolchain=Toolchain(compilers=(gcc,)))
    after = replace(PURE, toolchain=Toolchain(compilers=(replace(gcc, version="12.3.0"),)))
    source = Identity(name="foo", version="1.0", languages=("c",))
    (found,) = reusable(after, source, [record_of(before, filename=NATIVE, native=("foo.so",))])

    assert "12.2.0" in found.reason
    assert "12.3.0" in found.reason


def test_why_a_project_was_built_again_can_be_asked(user: User) -> None:
    """uv PR 16338: which file made it rebuild is the only thing that can be found out."""
    import wheelwell

    sdist = user.sdist("pure")
    user.get(sdist)
    with wheelwell.open_cache(user.cache_dir) as cache:
        settings = wheelwell.Settings(variables={"CFLAGS": "-O3"})
        told = cache.explain(str(sdist), settings=settings)

    assert told.nearest is not None
    assert [each.field for each in told.nearest.differences] == ["settings.variables.CFLAGS"]
