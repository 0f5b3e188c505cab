"""What a caller may vary is all in the key, and reaches the backend as PEP 517 has it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wheelwell.digest import canonical
from wheelwell.errors import ConfigurationError
from wheelwell.settings import Settings, known_variables

NAMES = st.text(min_size=1, max_size=5)
VALUES = st.lists(st.text(max_size=5), min_size=1, max_size=3).map(tuple)
TEXTS = st.lists(st.text(max_size=8), max_size=3).map(lambda texts: tuple(sorted(texts)))
ALL = st.builds(
    Settings,
    config=st.dictionaries(NAMES, VALUES, max_size=3),
    variables=st.dictionaries(NAMES, st.text(max_size=5), max_size=3),
    constraints=TEXTS,
    requirements=TEXTS,
    is_isolated=st.booleans(),
    installed=st.dictionaries(NAMES, st.text(max_size=5), max_size=3),
    as_of=st.sampled_from(["", "2024-11-15T00:00:00Z", "2024-11-16T00:00:00Z"]),
)


@settings(deadline=None)
@given(ALL, ALL)
def test_different_settings_differ_in_the_key(first: Settings, second: Settings) -> None:
    same = canonical(first.inputs()) == canonical(second.inputs())
    assert same == (first == second)


def test_nothing_set_is_told_too() -> None:
    assert Settings().inputs() == {
        "config": {},
        "variables": {},
        "constraints": [],
        "requirements": [],
        "isolation": "on",
        "installed": {},
        "as_of": "",
    }


def test_a_secret_is_neither_in_the_key_nor_shown() -> None:
    first, second = Settings(secrets={"TOKEN": "hunter2"}), Settings(secrets={"TOKEN": "other"})
    assert first.inputs() == second.inputs() == Settings().inputs()
    assert "hunter2" not in repr(first)


def test_a_variable_is_not_secret_and_in_the_key_at_once() -> None:
    with pytest.raises(ConfigurationError, match="TOKEN is given as a secret, and as a variable"):
        Settings(variables={"TOKEN": "a"}, secrets={"TOKEN": "a"})


def test_order_of_repeated_values_is_kept() -> None:
    first, second = Settings(config={"x": ("a", "b")}), Settings(config={"x": ("b", "a")})
    assert first.inputs() != second.inputs()


def test_backend_gets_a_list_only_where_a_name_is_repeated() -> None:
    told = Settings(config={"once": ("a",), "twice": ("a", "b")}).for_backend()
    assert told == {"once": "a", "twice": ["a", "b"]}


@pytest.mark.parametrize(
    "name",
    [
        *("CC", "CXX", "CFLAGS", "LDFLAGS", "CMAKE_ARGS", "PKG_CONFIG_PATH", "CUDA_HOME"),
        *("TORCH_CUDA_ARCH_LIST", "MACOSX_DEPLOYMENT_TARGET", "SETUPTOOLS_SCM_PRETEND_VERSION"),
        *("SETUPTOOLS_SCM_PRETEND_VERSION_FOR_FOO", "SOURCE_DATE_EPOCH", "RUSTFLAGS"),
    ],
)
def test_build_variable_is_known(name: str) -> None:
    assert known_variables({name: "x", "OTHER": "y"}) == {name: "x"}


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "HOME", "PWD", "LANG", "PIP_INDEX_URL", "UV_CACHE_DIR", "WHEELWELL_CACHE_DIR"),
        *("AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "http_proxy", "cc", "CCACHE_DIR", ""),
    ],
)
def test_other_variable_is_not(name: str) -> None:
    assert known_variables({name: "x"}) == {}
