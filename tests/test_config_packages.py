"""Tables of projects: who may set what of whose builds, and what wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from wheelwell.config import Configuration, load
from wheelwell.errors import ConfigurationError
from wheelwell.overrides import Overrides


class Home:
    """A user's home directory, with a project in it."""

    def __init__(self, path: Path) -> None:
        self.user_file = path / "wheelwell.toml"
        self.user_file.touch()
        self.project_file = path / "pyproject.toml"
        self.environ = {
            "HOME": str(path),
            "PIP_CONFIG_FILE": "/dev/null",
            "WHEELWELL_CONFIG_FILE": str(self.user_file),
        }

    def load(self, **environ: str) -> Configuration:
        directory = str(self.project_file.parent)
        return load(environ={**self.environ, **environ}, directory=directory)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


FULL = """
[{start}packages."Foo.Bar_Baz"]
env = {{ ONE = "1" }}
config-settings = {{ level = "2", many = ["a", "b"] }}
build-constraints = ["setuptools<60"]
extra-build-requirements = ["Torch==2.5.1"]
build-isolation = false
timeout = 60
"""


@pytest.mark.parametrize("place", ["user", "project"])
def test_a_table_says_all_of_this_and_its_name_is_normalized(home: Home, place: str) -> None:
    if place == "user":
        home.user_file.write_text(FULL.format(start=""))
    else:
        home.project_file.write_text(FULL.format(start="tool.wheelwell."))
    found = home.load()
    assert not found.warnings
    assert found.packages == {
        "foo-bar-baz": Overrides(
            variables={"ONE": "1"},
            config={"level": ("2",), "many": ("a", "b")},
            constraints=("setuptools<60",),
            requirements=("torch==2.5.1",),
            is_isolated=False,
            timeout=60,
        )
    }


def test_the_project_wins_setting_by_setting(home: Home) -> None:
    home.user_file.write_text(
        '[packages.foo]\ntimeout = 60\nenv = { A = "user" }\n[packages.bar]\n'
    )
    home.project_file.write_text('[tool.wheelwell.packages.Foo]\nenv = { B = "project" }\n')
    packages = home.load().packages
    assert packages == {
        "foo": Overrides(timeout=60, variables={"B": "project"}),
        "bar": Overrides(),
    }


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("[packages.foo]\ntime-out = 3", "packages.foo: there is no setting 'time-out'"),
        ("[packages.foo]\ncache-dir = 'x'", "packages.foo: there is no setting 'cache-dir'"),
        ("[packages.foo]\ntimeout = 'x'", "packages.foo: timeout is not a number of seconds"),
        ("[packages.foo]\nenv = { A = 1 }", "packages.foo: env is not a table of texts"),
        ("[packages.foo]\nenv = { A = ['x'] }", "packages.foo: env is not a table of variables"),
        ("[packages.foo]\nenv = { 'A=B' = 'x' }", "packages.foo: env is not a table of variables"),
        ("[packages.foo]\nbuild-isolation = 'no'", "packages.foo: build-isolation is not true or"),
        ("[packages.foo]\nbuild-constraints = ['==']", "packages.foo: not a request"),
        ("[packages.foo]\nextra-build-requirements = ['==']", "packages.foo: not a build requi"),
        ("[packages.foo]\n[packages.Foo]", "packages.Foo: the same project has another table"),
        ("[packages.'foo bar']", "packages.foo bar: that is no project's name"),
        ("[packages]\nfoo = 3", "packages is not a table of tables"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(home: Home, table: str, message: str) -> None:
    home.user_file.write_text(table)
    with pytest.raises(ConfigurationError) as caught:
        home.load()
    assert str(caught.value).startswith(f"{home.user_file}: ")
    assert message in str(caught.value)


def test_settings_of_all_projects_may_be_set_too(home: Home) -> None:
    home.user_file.write_text(
        'extra-build-requirements = ["Torch"]\nbuild-isolation = false\nsecret-env = ["TOKEN"]\n'
    )
    settings = home.load(TOKEN="hunter2").settings
    assert settings.requirements == ("torch",)
    assert not settings.is_isolated
    assert settings.secrets == {"TOKEN": "hunter2"}


def test_a_configured_secret_that_is_not_set_is_none(home: Home) -> None:
    home.user_file.write_text('secret-env = ["TOKEN"]\n[packages.foo]\nsecret-env = ["OTHER"]\n')
    assert home.load().settings.secrets == {}
    assert home.load(OTHER="hunter2").packages["foo"].secrets == {"OTHER": "hunter2"}


def test_a_strangers_file_chooses_no_secrets(home: Home) -> None:
    home.project_file.write_text(
        '[tool.wheelwell]\nsecret-env = ["TOKEN"]\n'
        '[tool.wheelwell.packages.foo]\nsecret-env = ["TOKEN"]\ntimeout = 60\n'
    )
    found = home.load(TOKEN="hunter2")
    assert found.settings.secrets == {}
    assert found.packages == {"foo": Overrides(timeout=60)}
    assert [warning.partition(": ")[2] for warning in found.warnings] == [
        "secret-env is not taken from a project's file; set it in wheelwell.toml",
        "packages.foo.secret-env is not taken from a project's file; set it in wheelwell.toml",
    ]


def test_isolation_may_be_turned_off_by_a_variable(home: Home) -> None:
    assert not home.load(WHEELWELL_BUILD_ISOLATION="0").settings.is_isolated


def test_no_secret_is_in_the_text_of_a_configuration(home: Home) -> None:
    home.user_file.write_text('secret-env = ["TOKEN"]\n[packages.foo]\nsecret-env = ["TOKEN"]\n')
    assert "hunter2" not in repr(home.load(TOKEN="hunter2"))
