"""The key's text cannot change by accident: a change of it is a new schema number."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.values import CPYTHON_313, GCC, PURE
from wheelwell.digest import Sha256, canonical
from wheelwell.interpreter import Interpreter
from wheelwell.key import Keyed
from wheelwell.settings import Settings
from wheelwell.source import Archive, Directory
from wheelwell.toolchain import Compiler, Toolchain

ARCHIVE, TREE = Sha256("ab" * 32), Sha256("cd" * 32)

# These texts are published (docs/reference/key.md) and in every record. Where one of them changes,
# all that was ever built is lost to its users: `key.SCHEMA` must change too, and on purpose.
KNOWN: Mapping[str, tuple[Keyed, str, str]] = {
    "archive": (
        PURE,
        (
            '{"interpreter":{"implementation":"cpython","soabi":"cpython-313-x86_64-linux-gnu",'
            '"version":"3.13"},'
            '"name":"foo",'
            '"platform":{"libc":"glibc","machine":"x86_64","tag":"linux_x86_64"},'
            '"schema":1,'
            '"settings":{"as_of":"","config":{},"constraints":[],"installed":{},"isolation":"on",'
            '"requirements":[],"variables":{}},'
            '"source":{"kind":"archive",'
            '"sha256":"abababababababababababababababababababababababababababababababab",'
            '"subdirectory":""},'
            '"toolchain":[],'
            '"version":"1.0"}'
        ),
        "966373c784cb75aad72731ec65862e382af096ad1bb3d04e82f479fb33327bb1",
    ),
    "archive with subdirectory": (
        replace(PURE, source=Archive(sha256=ARCHIVE, subdirectory="python/foo")),
        (
            '{"interpreter":{"implementation":"cpython","soabi":"cpython-313-x86_64-linux-gnu",'
            '"version":"3.13"},'
            '"name":"foo",'
            '"platform":{"libc":"glibc","machine":"x86_64","tag":"linux_x86_64"},'
            '"schema":1,'
            '"settings":{"as_of":"","config":{},"constraints":[],"installed":{},"isolation":"on",'
            '"requirements":[],"variables":{}},'
            '"source":{"kind":"archive",'
            '"sha256":"abababababababababababababababababababababababababababababababab",'
            '"subdirectory":"python/foo"},'
            '"toolchain":[],'
            '"version":"1.0"}'
        ),
        "c69de44e3fd5b12594803cc504c7d350159e31331bb120a451ad2b02c805d9e8",
    ),
    "directory": (
        replace(PURE, source=Directory(tree=TREE)),
        (
            '{"interpreter":{"implementation":"cpython","soabi":"cpython-313-x86_64-linux-gnu",'
            '"version":"3.13"},'
            '"name":"foo",'
            '"platform":{"libc":"glibc","machine":"x86_64","tag":"linux_x86_64"},'
            '"schema":1,'
            '"settings":{"as_of":"","config":{},"constraints":[],"installed":{},"isolation":"on",'
            '"requirements":[],"variables":{}},'
            '"source":{"kind":"directory",'
            '"tree":"cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"},'
            '"toolchain":[],'
            '"version":"1.0"}'
        ),
        "8df0dac89360ef7466bd4cd598252fbd1544d62f757e303b14150fa88062e0d9",
    ),
    "pre-release, free-threaded, musl": (
        replace(
            PURE,
            interpreter=replace(
                CPYTHON_313,
                version="3.15.0b1",
                soabi="cpython-315t-aarch64-linux-musl",
                platform="linux_aarch64",
                machine="aarch64",
                libc=("musl", "1.2"),
            ),
        ),
        (
            '{"interpreter":{"implementation":"cpython",'
            '"soabi":"cpython-315t-aarch64-linux-musl","version":"3.15.0b1"},'
            '"name":"foo",'
            '"platform":{"libc":"musl","machine":"aarch64","tag":"linux_aarch64"},'
            '"schema":1,'
            '"settings":{"as_of":"","config":{},"constraints":[],"installed":{},"isolation":"on",'
            '"requirements":[],"variables":{}},'
            '"source":{"kind":"archive",'
            '"sha256":"abababababababababababababababababababababababababababababababab",'
            '"subdirectory":""},'
            '"toolchain":[],'
            '"version":"1.0"}'
        ),
        "3f502e33f059a3854377dfc3fd719e352706d4560520dd1a41ac992987f92e25",
    ),
    "settings": (
        replace(
            PURE,
            settings=Settings(
                config={
                    "--global-option": ("--quiet", "--with-é"),
                    "editable_mode": ("strict",),
                },
                variables={"CFLAGS": '-O3 -DNAME="foo"', "CC": "clang"},
                constraints=("cython<3.1", "setuptools==80.9.0"),
                requirements=("numpy>=2",),
                as_of="2024-11-15T12:00:00Z",
                is_isolated=False,
                installed={"numpy": "2.1.0", "cython": "3.0.11"},
                secrets={"TOKEN": "in no key"},
            ),
        ),
        (
            '{"interpreter":{"implementation":"cpython","soabi":"cpython-313-x86_64-linux-gnu",'
            '"version":"3.13"},'
            '"name":"foo",'
            '"platform":{"libc":"glibc","machine":"x86_64","tag":"linux_x86_64"},'
            '"schema":1,'
            '"settings":{"as_of":"2024-11-15T12:00:00Z","config":{"--global-option":["--quiet","--with-é"],'
            '"editable_mode":["strict"]},"constraints":["cython<3.1","setuptools==80.9.0"],'
            '"installed":{"cython":"3.0.11","numpy":"2.1.0"},"isolation":"off",'
            '"requirements":["numpy>=2"],"variables":{"CC":"clang",'
            r'"CFLAGS":"-O3 -DNAME=\"foo\""}},'
            '"source":{"kind":"archive",'
            '"sha256":"abababababababababababababababababababababababababababababababab",'
            '"subdirectory":""},'
            '"toolchain":[],'
            '"version":"1.0"}'
        ),
        "f2c5f3509c8f5b916de68511d582148076b6cb37c85fc1ac4889ffbd0a24ad35",
    ),
    "compilers, one of them absent": (
        replace(
            PURE,
            toolchain=Toolchain(
                compilers=(
                    GCC,
                    Compiler(role="nvcc", identity=""),
                    replace(GCC, role="python-cc"),
                ),
                directories=("/opt/cuda/bin",),
            ),
        ),
        (
            '{"interpreter":{"implementation":"cpython","soabi":"cpython-313-x86_64-linux-gnu",'
            '"version":"3.13"},'
            '"name":"foo",'
            '"platform":{"libc":"glibc","machine":"x86_64","tag":"linux_x86_64"},'
            '"schema":1,'
            '"settings":{"as_of":"","config":{},"constraints":[],"installed":{},"isolation":"on",'
            '"requirements":[],"variables":{}},'
            '"source":{"kind":"archive",'
            '"sha256":"abababababababababababababababababababababababababababababababab",'
            '"subdirectory":""},'
            '"toolchain":[{"identity":"gcc","role":"cc","target":"x86_64-linux-gnu",'
            '"version":"gcc (Debian 12.2.0-14) 12.2.0"},{"identity":"","role":"nvcc","target":"",'
            '"version":""},{"identity":"gcc","role":"python-cc","target":"x86_64-linux-gnu",'
            '"version":"gcc (Debian 12.2.0-14) 12.2.0"}],'
            '"version":"1.0"}'
        ),
        "33deff738d8e654d3ede3db1995828b6be228f87e4e5d8ccd30caa45fda278d2",
    ),
}


@pytest.mark.parametrize(("keyed", "text", "key"), KNOWN.values(), ids=KNOWN)
def test_text_and_key_are_known(keyed: Keyed, text: str, key: str) -> None:
    assert keyed.text() == text
    assert keyed.key() == key


OTHER = Sha256("ef" * 32)


def of_interpreter(**changes: Any) -> Keyed:
    return replace(PURE, interpreter=replace(CPYTHON_313, **changes))


def of_settings(**changes: Any) -> Keyed:
    return replace(PURE, settings=Settings(**changes))


def of_compilers(*compilers: Compiler, **changes: Any) -> Keyed:
    return replace(PURE, toolchain=Toolchain(compilers=compilers, **changes))


DIFFERENT = {
    "nothing": PURE,
    "name": replace(PURE, name="bar"),
    "version": replace(PURE, version="1.0.1"),
    "archive": replace(PURE, source=Archive(sha256=OTHER)),
    "subdirectory": replace(PURE, source=Archive(sha256=Sha256("ab" * 32), subdirectory="a")),
    "directory": replace(PURE, source=Directory(tree=Sha256("ab" * 32))),
    "implementation": of_interpreter(implementation="pypy"),
    "series": of_interpreter(version="3.12.0"),
    "pre-release": of_interpreter(version="3.13.0rc1"),
    "another pre-release": of_interpreter(version="3.13.0rc2"),
    "free-threaded": of_interpreter(soabi="cpython-313t-x86_64-linux-gnu"),
    "platform": of_interpreter(platform="linux_aarch64"),
    "machine": of_interpreter(machine="aarch64"),
    "libc": of_interpreter(libc=("musl", "1.2")),
    "config": of_settings(config={"a": ("1",)}),
    "config, another": of_settings(config={"a": ("1", "1")}),
    "config, twice": of_settings(config={"a": ("1",), "b": ("1",)}),
    "variable": of_settings(variables={"a": "1"}),
    "empty variable": of_settings(variables={"a": ""}),
    "variable that is not text": of_settings(variables={"a": "\udcff"}),
    "constraint": of_settings(constraints=("a",)),
    "requirement": of_settings(requirements=("a",)),
    "as of": of_settings(as_of="2024-11-15T12:00:00Z"),
    "compiler": of_compilers(GCC),
    "another role": of_compilers(replace(GCC, role="c++")),
    "another identity": of_compilers(replace(GCC, identity="clang")),
    "another version": of_compilers(replace(GCC, version="gcc 13")),
    "another target": of_compilers(replace(GCC, target="aarch64-linux-gnu")),
    "absent compiler": of_compilers(Compiler(role="cc", identity="")),
    "two compilers": of_compilers(GCC, replace(GCC, role="c++")),
}


def test_each_part_makes_a_key_of_its_own() -> None:
    assert len({keyed.text() for keyed in DIFFERENT.values()}) == len(DIFFERENT)
    assert len({keyed.key() for keyed in DIFFERENT.values()}) == len(DIFFERENT)


@pytest.mark.parametrize(
    "same",
    [
        of_interpreter(version="3.13.9"),
        of_interpreter(executable="/elsewhere/python"),
        of_interpreter(libc=("glibc", "2.41")),
        of_interpreter(tags=()),
        of_interpreter(markers={}),
        of_interpreter(compilers={}),
        of_compilers(directories=("/opt/bin",)),
    ],
)
def test_what_fits_or_finds_a_build_is_not_in_the_key(same: Keyed) -> None:
    assert same.key() == PURE.key()


def test_order_in_which_settings_were_given_is_not_in_the_key() -> None:
    one = of_settings(variables={"a": "1", "b": "2"}, config={"x": ("1",), "y": ("2",)})
    two = of_settings(variables={"b": "2", "a": "1"}, config={"y": ("2",), "x": ("1",)})
    assert one.key() == two.key()


# Few different values, so that two builds are often nearly the same.
TEXTS = st.text('ab"\\:,é\udcff', max_size=2)
SETTINGS = st.builds(
    Settings,
    config=st.dictionaries(TEXTS, st.lists(TEXTS, max_size=2).map(tuple), max_size=2),
    variables=st.dictionaries(TEXTS, TEXTS, max_size=2),
    constraints=st.lists(TEXTS, max_size=2).map(tuple),
)
COMPILERS = st.builds(Compiler, role=TEXTS, identity=TEXTS, version=TEXTS)
INTERPRETERS: st.SearchStrategy[Interpreter] = st.builds(
    lambda soabi, version: replace(CPYTHON_313, soabi=soabi, version=version),
    TEXTS,
    st.sampled_from(["3.12.0", "3.13.0", "3.13.0rc1"]),
)
KEYED = st.builds(
    Keyed,
    name=TEXTS,
    version=TEXTS,
    source=st.builds(Archive, sha256=st.just(OTHER), subdirectory=TEXTS)
    | st.just(Directory(tree=OTHER)),
    interpreter=INTERPRETERS,
    settings=SETTINGS,
    toolchain=st.builds(Toolchain, compilers=st.lists(COMPILERS, max_size=2).map(tuple)),
)


@settings(deadline=None, max_examples=200)
@given(KEYED, KEYED)
def test_different_builds_have_different_texts(first: Keyed, second: Keyed) -> None:
    assert (first.text() == second.text()) == (first == second)
    assert (first.key() == second.key()) == (first == second)


@settings(deadline=None)
@given(KEYED)
def test_text_is_canonical(keyed: Keyed) -> None:
    assert canonical(json.loads(keyed.text())) == keyed.text()
    assert json.loads(keyed.text()) == keyed.inputs()
