"""A build's settings are those of all, its project's table, the switches: the strongest wins."""

from __future__ import annotations

import pytest

from wheelwell.errors import ConfigurationError
from wheelwell.overrides import Layers, Overrides
from wheelwell.settings import Settings

ALL = Settings(
    config={"level": ("all",), "kept": ("all",)},
    variables={"CC": "gcc", "KEPT": "all"},
    constraints=("setuptools<81",),
    requirements=("numpy>=2",),
)
TABLE = Overrides(
    config={"level": ("table",)},
    variables={"CC": "clang", "TABLED": "1"},
    constraints=("cython<3",),
    requirements=("torch",),
    is_isolated=False,
    timeout=60.0,
)
LAYERS = Layers(settings=ALL, packages={"foo": TABLE})


def test_a_table_holds_for_its_own_project_alone() -> None:
    assert LAYERS.settings_of("bar") == ALL
    assert LAYERS.settings_of("") == ALL
    assert LAYERS.timeout_of("bar") is None


def test_names_replace_and_lists_add() -> None:
    settings = LAYERS.settings_of("foo")
    assert settings.config == {"level": ("table",), "kept": ("all",)}
    assert settings.variables == {"CC": "clang", "KEPT": "all", "TABLED": "1"}
    assert settings.constraints == ("cython<3", "setuptools<81")
    assert settings.requirements == ("numpy>=2", "torch")
    assert not settings.is_isolated
    assert LAYERS.timeout_of("foo") == 60.0


def test_switches_win_over_tables() -> None:
    switches = Overrides(config={"level": ("switch",)}, variables={"CC": "icc"}, is_isolated=True)
    settings = Layers(settings=ALL, packages={"foo": TABLE}, switches=switches).settings_of("foo")
    assert settings.config["level"] == ("switch",)
    assert settings.variables["CC"] == "icc"
    assert settings.is_isolated


def test_switches_hold_for_projects_without_a_table() -> None:
    layers = Layers(settings=ALL, switches=Overrides(requirements=("torch",)))
    assert layers.settings_of("bar").requirements == ("numpy>=2", "torch")


def test_a_variable_that_becomes_secret_leaves_the_key() -> None:
    settings = Overrides(secrets={"CC": "hunter2"}).over(ALL)
    assert "CC" not in settings.variables
    assert settings.secrets == {"CC": "hunter2"}


def test_a_secret_does_not_become_a_part_of_the_key() -> None:
    settings = Settings(secrets={"TOKEN": "hunter2"})
    with pytest.raises(ConfigurationError) as caught:
        Overrides(variables={"TOKEN": "hunter2"}).over(settings)
    assert "hunter2" not in str(caught.value)


def test_config_settings_of_a_request_win_over_the_table_and_not_over_switches() -> None:
    switches = Overrides(config={"switched": ("switch",)})
    layers = Layers(settings=ALL, packages={"foo": TABLE}, switches=switches)
    settings = layers.settings_of("foo", [("level", ("own",)), ("switched", ("own",))])
    assert settings.config == {"level": ("own",), "kept": ("all",), "switched": ("switch",)}
    assert LAYERS.settings_of("bar", [("more", ("own",))]).config["more"] == ("own",)
