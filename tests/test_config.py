"""What is in force comes from the strongest place that sets it; what is wrong is told with it."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from wheelwell.config import Configuration, load
from wheelwell.errors import ConfigurationError
from wheelwell.indexes import DEFAULT, Connection, Indexes
from wheelwell.options import Reuse


@dataclass(frozen=True)
class Home:
    """A user's home directory, with a project in it."""

    path: Path
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def project(self) -> Path:
        return self.path / "project"

    def user_file(self, text: str) -> Path:
        return _write(self.path / ".config/wheelwell/wheelwell.toml", text)

    def project_file(self, text: str) -> Path:
        return _write(self.project / "pyproject.toml", text)

    def pip_file(self, text: str, place: str = ".config/pip/pip.conf") -> Path:
        self.environ.pop("PIP_CONFIG_FILE", None)
        return _write(self.path / place, text)

    def load(self, switches: Mapping[str, Any] | None = None, **environ: str) -> Configuration:
        return load(
            switches, environ={**self.environ, **environ}, directory=os.fspath(self.project)
        )


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.project.mkdir()
    home.environ.update(
        HOME=os.fspath(tmp_path),
        XDG_CONFIG_HOME=os.fspath(tmp_path / ".config"),
        XDG_CACHE_HOME=os.fspath(tmp_path / ".cache"),
        XDG_CONFIG_DIRS=os.fspath(tmp_path / "system"),
        VIRTUAL_ENV=os.fspath(tmp_path / "venv"),
        PIP_CONFIG_FILE=os.devnull,
    )
    return home


# Defaults and precedence.


def test_defaults_stand_where_nothing_is_set(home: Home) -> None:
    found = home.load()
    assert found.cache_dir == f"{home.path}/.cache/wheelwell"
    assert found.indexes == found.build_indexes == Indexes(urls=(DEFAULT,))
    assert found.connection == Connection()
    assert (found.python, found.timeout, found.warnings) == ("", None, ())
    assert found.settings.config == {}
    assert found.settings.constraints == ()
    assert found.directory == str(home.project)


def test_process_is_asked_where_nothing_is_given(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(home.project)
    monkeypatch.setenv("WHEELWELL_CACHE_DIR", "here")
    assert load().cache_dir == f"{home.project}/here"


PLACES = ("user file", "project file", "variable", "switch")


@pytest.mark.parametrize(("weaker", "stronger"), [*itertools.combinations(PLACES, 2)])
def test_stronger_place_wins(home: Home, weaker: str, stronger: str) -> None:
    switches: dict[str, float] = {}
    for place, seconds in ((weaker, 1.0), (stronger, 2.0)):
        match place:
            case "user file":
                home.user_file(f"timeout = {seconds}")
            case "project file":
                home.project_file(f"[tool.wheelwell]\ntimeout = {seconds}")
            case "variable":
                home.environ["WHEELWELL_TIMEOUT"] = str(seconds)
            case _:
                switches["timeout"] = seconds
    assert home.load(switches).timeout == 2.0


def test_switch_that_is_not_given_sets_nothing(home: Home) -> None:
    assert home.load({"timeout": None, "index-url": None}, WHEELWELL_TIMEOUT="5").timeout == 5.0


def test_stronger_place_replaces_a_list_as_a_whole(home: Home) -> None:
    home.user_file('find-links = ["/a", "/b"]')
    assert home.load(WHEELWELL_FIND_LINKS="/c /d").indexes.find_links == ("/c", "/d")


def test_zero_lifts_a_weaker_time_limit(home: Home) -> None:
    home.user_file("timeout = 600")
    assert home.load({"timeout": 0.0}).timeout is None
    assert home.load(WHEELWELL_TIMEOUT="0").timeout is None


def test_every_setting_can_be_in_the_users_file(home: Home) -> None:
    home.user_file(
        """
        cache-dir = "/srv/cache"
        index-url = "https://index.example/simple/"
        extra-index-url = ["https://more.example/simple/", "https://index.example/simple/"]
        find-links = ["/srv/links"]
        build-index-url = "https://build.example/simple/"
        python = "3.12"
        timeout = 7200
        build-constraints = ["setuptools<81", "cython<4"]
        config-settings = { one = "1", many = ["a", "b"] }
        """
    )
    found = home.load()
    assert found.cache_dir == "/srv/cache"
    assert found.indexes == Indexes(
        urls=("https://index.example/simple/", "https://more.example/simple/"),
        find_links=("/srv/links",),
    )
    assert found.build_indexes == Indexes(urls=("https://build.example/simple/",))
    assert (found.python, found.timeout) == ("3.12", 7200)
    assert found.settings.constraints == ("cython<4", "setuptools<81")
    assert found.settings.config == {"one": ("1",), "many": ("a", "b")}


def test_every_setting_but_tables_can_be_a_variable(home: Home) -> None:
    found = home.load(
        WHEELWELL_CACHE_DIR="/srv/cache",
        WHEELWELL_INDEX_URL="https://index.example/simple/",
        WHEELWELL_EXTRA_INDEX_URL="https://a.example https://b.example",
        WHEELWELL_FIND_LINKS="/srv/a  /srv/b",
        WHEELWELL_BUILD_INDEX_URL="https://build.example/simple/",
        WHEELWELL_PYTHON="3.12",
        WHEELWELL_TIMEOUT="1.5",
        WHEELWELL_BUILD_CONSTRAINTS="b<2 a<1",
    )
    assert found.cache_dir == "/srv/cache"
    assert found.indexes == Indexes(
        urls=("https://index.example/simple/", "https://a.example", "https://b.example"),
        find_links=("/srv/a", "/srv/b"),
    )
    assert found.build_indexes.urls == ("https://build.example/simple/",)
    assert (found.python, found.timeout) == ("3.12", 1.5)
    assert found.settings.constraints == ("a<1", "b<2")


def test_variable_that_is_empty_sets_nothing(home: Home) -> None:
    home.user_file('python = "3.12"\ntimeout = 5')
    found = home.load(WHEELWELL_PYTHON="", WHEELWELL_TIMEOUT="", WHEELWELL_CACHE_DIR="")
    assert (found.python, found.timeout) == ("3.12", 5)


@pytest.mark.parametrize("text", ["1", "true", "YES", "On"])
def test_no_index_leaves_the_indexes_out(home: Home, text: str) -> None:
    home.user_file('index-url = "https://index.example/"\nextra-index-url = ["https://b.example"]')
    found = home.load(WHEELWELL_NO_INDEX=text)
    assert found.indexes.urls == ()


@pytest.mark.parametrize("text", ["0", "false", "No", "OFF"])
def test_no_index_can_be_lifted(home: Home, text: str) -> None:
    home.user_file("no-index = true")
    assert home.load(WHEELWELL_NO_INDEX=text).indexes.urls == (DEFAULT,)
    assert home.load({"no-index": False}).indexes.urls == (DEFAULT,)


# The cache directory and other places.


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ("/srv/cache", "/srv/cache"),
        ("cache", "{project}/cache"),
        ("../cache/", "{home}/cache"),
        ("~/cache", "{home}/cache"),
        ("~", "{home}"),
    ],
)
@pytest.mark.parametrize("way", ["variable", "file", "switch"])
def test_cache_directory_is_absolute_from_the_working_directory(
    home: Home, monkeypatch: pytest.MonkeyPatch, told: str, place: str, way: str
) -> None:
    monkeypatch.setenv("HOME", str(home.path))
    if way == "file":
        home.user_file(f'cache-dir = "{told}"')
    environ = {"WHEELWELL_CACHE_DIR": told} if way == "variable" else {}
    found = home.load({"cache-dir": told} if way == "switch" else {}, **environ)
    assert found.cache_dir == place.format(project=home.project, home=home.path)


def test_cache_is_in_the_users_cache_directory_where_xdg_says_nothing_useful(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home.path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    del home.environ["XDG_CACHE_HOME"]
    found = home.load().cache_dir
    assert Path(found).is_relative_to(home.path)
    assert found.endswith("/wheelwell")
    # The XDG specification: a path that is not absolute is to be ignored.
    assert home.load(XDG_CACHE_HOME="relative").cache_dir == found


def test_places_of_links_name_the_same_from_any_directory(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(home.path))
    links = ["wheels", "./a/../b", "~/c", "/d", "https://host.example/e/", "file:///f", "../g.html"]
    assert home.load({"find-links": links}).indexes.find_links == (
        f"{home.project}/wheels",
        f"{home.project}/b",
        f"{home.path}/c",
        "/d",
        "https://host.example/e/",
        "file:///f",
        f"{home.path}/g.html",
    )


def test_users_file_can_be_named(home: Home, tmp_path: Path) -> None:
    home.user_file("timeout = 1")
    named = _write(tmp_path / "other.toml", "timeout = 2")
    assert home.load(WHEELWELL_CONFIG_FILE=str(named)).timeout == 2
    assert home.load(WHEELWELL_CONFIG_FILE=os.devnull).timeout is None
    with pytest.raises(ConfigurationError, match=r"none\.toml cannot be read"):
        home.load(WHEELWELL_CONFIG_FILE=str(tmp_path / "none.toml"))


def test_build_variables_are_taken_from_the_environment(home: Home) -> None:
    found = home.load(CFLAGS="-O3", UNRELATED="x")
    assert found.settings.variables == {"CFLAGS": "-O3"}


# The project's file.


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("cache-dir", "/tmp/evil"),
        ("index-url", "https://evil.example/"),
        ("extra-index-url", ["https://evil.example/"]),
        ("find-links", ["https://evil.example/"]),
        ("no-index", True),
        ("build-index-url", "https://evil.example/"),
        ("python", "/tmp/evil"),
        ("trust-owner", True),
    ],
)
def test_stranger_cannot_set_where_things_come_from_or_go(
    home: Home, setting: str, value: object
) -> None:
    plain = home.load()
    shown = json.dumps(value)
    place = home.project_file(f"[tool.wheelwell]\n{setting} = {shown}\ntimeout = 5")
    found = home.load()
    assert (found.cache_dir, found.python) == (plain.cache_dir, plain.python)
    assert (found.indexes, found.build_indexes) == (plain.indexes, plain.build_indexes)
    assert found.timeout == 5
    assert not found.is_owner_trusted
    (warning,) = found.warnings
    assert str(place) in warning
    assert setting in warning
    assert "wheelwell.toml" in warning


def test_stranger_can_set_how_its_projects_are_built(home: Home) -> None:
    home.project_file(
        "[tool.wheelwell]\ntimeout = 5\nbuild-constraints = ['a<1']\nconfig-settings = {x = 'y'}\n"
    )
    found = home.load()
    assert found.warnings == ()
    assert found.timeout == 5
    assert found.settings.constraints == ("a<1",)
    assert found.settings.config == {"x": ("y",)}


@pytest.mark.parametrize(
    "text",
    [
        "[tool.wheelwell]\ntimeout = 5",
        "[tool]\nwheelwell.timeout = 5",
        "[tool]\nwheelwell = { timeout = 5 }",
        "tool.wheelwell.timeout = 5",
        '[ tool . "wheelwell" ]\ntimeout = 5',
    ],
)
def test_table_of_the_project_is_found_however_it_is_spelled(home: Home, text: str) -> None:
    home.project_file(text)
    assert home.load().timeout == 5


@pytest.mark.parametrize(
    "text",
    ["", "[tool.other]\nx = 1", "[project]\nname = 'wheelwell'", "tool = 'wheelwell'"],
)
def test_project_without_the_table_sets_nothing(home: Home, text: str) -> None:
    plain = home.load()
    home.project_file(text)
    assert home.load() == plain


def test_project_file_above_the_working_directory_does_not_count(home: Home) -> None:
    _write(home.path / "pyproject.toml", "[tool.wheelwell]\ntimeout = 5")
    assert home.load().timeout is None


# What is wrong.


@pytest.mark.parametrize("place", ["user", "project"])
def test_unknown_setting_is_told_with_its_place_and_the_known_ones(home: Home, place: str) -> None:
    if place == "user":
        path = home.user_file("cachedir = '/x'")
    else:
        path = home.project_file("[tool.wheelwell]\ncachedir = '/x'")
    with pytest.raises(ConfigurationError, match="no setting 'cachedir'") as raised:
        home.load()
    assert str(path) in str(raised.value)
    assert "cache-dir" in raised.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "cache-dir = 3",
        "index-url = ['https://index.example/']",
        "extra-index-url = 'https://index.example/'",
        "extra-index-url = [3]",
        "find-links = {}",
        "no-index = 'yes'",
        "no-index = 1",
        "timeout = '5'",
        "timeout = true",
        "timeout = -1",
        "timeout = nan",
        "timeout = inf",
        "build-constraints = 'a<1'",
        "build-constraints = [1]",
        "config-settings = []",
        "config-settings = { x = 1 }",
        "config-settings = { x = ['a', 1] }",
        "config-settings = { x = { y = 'z' } }",
    ],
)
def test_value_of_another_kind_is_told_with_its_place(home: Home, text: str) -> None:
    path = home.user_file(text)
    with pytest.raises(ConfigurationError) as raised:
        home.load()
    assert str(path) in str(raised.value)
    assert text.partition(" ")[0] in str(raised.value)


def test_table_of_the_project_that_is_none_is_told(home: Home) -> None:
    path = home.project_file("[tool]\nwheelwell = 3")
    with pytest.raises(ConfigurationError, match=r"tool\.wheelwell") as raised:
        home.load()
    assert str(path) in str(raised.value)


@pytest.mark.parametrize("text", ["= 3", "timeout = ", "[", f"timeout = 1{'0' * 5000}"])
@pytest.mark.parametrize("place", ["user", "project"])
def test_broken_toml_is_told_with_its_place(home: Home, text: str, place: str) -> None:
    path = home.user_file(text) if place == "user" else home.project_file(f"# wheelwell\n{text}")
    with pytest.raises(ConfigurationError, match="cannot be read") as raised:
        home.load()
    assert str(path) in str(raised.value)


def test_file_that_is_no_utf_8_is_told_with_its_place(home: Home) -> None:
    home.user_file("").write_bytes(b"python = '\xff'")
    with pytest.raises(ConfigurationError, match=r"wheelwell\.toml cannot be read"):
        home.load()


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("WHEELWELL_TIMEOUT", "5 minutes"),
        ("WHEELWELL_TIMEOUT", "-1"),
        ("WHEELWELL_TIMEOUT", "nan"),
        ("WHEELWELL_TIMEOUT", "inf"),
        ("WHEELWELL_NO_INDEX", "perhaps"),
        ("WHEELWELL_REUSE", "sometimes"),
    ],
)
def test_variable_with_an_impossible_value_is_told(home: Home, variable: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=variable) as raised:
        home.load({}, **{variable: text})
    assert text in str(raised.value)


def test_reuse_is_set_where_all_is_set(home: Home) -> None:
    assert home.load().reuse is Reuse.FIT
    home.user_file('reuse = "exact"')
    assert home.load().reuse is Reuse.EXACT
    home.project_file('[tool.wheelwell]\nreuse = "fit"')
    assert home.load().reuse is Reuse.FIT
    assert home.load(WHEELWELL_REUSE="exact").reuse is Reuse.EXACT
    assert home.load({"reuse": "fit"}, WHEELWELL_REUSE="exact").reuse is Reuse.FIT


@pytest.mark.parametrize("value", ['"sometimes"', "true", "[]", "1"])
def test_reuse_of_another_kind_is_told(home: Home, value: str) -> None:
    home.user_file(f"reuse = {value}")
    with pytest.raises(ConfigurationError, match="reuse is not `fit` or `exact`"):
        home.load()


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), float("inf")])
def test_switch_with_an_impossible_value_is_told(home: Home, seconds: float) -> None:
    with pytest.raises(ConfigurationError, match="timeout"):
        home.load({"timeout": seconds})


@pytest.mark.parametrize(
    "text",
    [
        "extra-index-url = 'https://user:secret@index.example/'",
        "extra-index-url = ['https://user:secret@index.example/', 3]",
        "timeout = 'https://user:secret@index.example/'",
    ],
)
def test_no_error_shows_credentials(home: Home, text: str) -> None:
    home.user_file(text)
    with pytest.raises(ConfigurationError) as raised:
        home.load()
    assert "secret" not in str(raised.value)


def test_no_error_of_a_variable_shows_credentials(home: Home) -> None:
    with pytest.raises(ConfigurationError) as raised:
        home.load(WHEELWELL_TIMEOUT="https://user:secret@index.example/")
    assert "secret" not in str(raised.value)


def test_repr_shows_no_credentials(home: Home) -> None:
    found = home.load(
        WHEELWELL_INDEX_URL="https://user:secret@index.example/",
        WHEELWELL_FIND_LINKS="https://user:secret@index.example/links",
        PIP_PROXY="http://user:secret@proxy.example",
    )
    assert "secret" not in repr(found)
    assert found.connection.proxy.count("secret") == 1


# pip's settings.


PIP_CONF = """
[global]
index-url = https://pip.example/simple/
extra-index-url =
    https://a.example/simple/
    https://b.example/simple/
find-links = /srv/a /srv/b
"""


def test_pips_file_counts_where_ours_says_nothing(home: Home) -> None:
    home.pip_file(PIP_CONF)
    assert home.load().indexes == Indexes(
        urls=(
            "https://pip.example/simple/",
            "https://a.example/simple/",
            "https://b.example/simple/",
        ),
        find_links=("/srv/a", "/srv/b"),
    )


def test_pips_variables_count_where_ours_say_nothing(home: Home) -> None:
    found = home.load(
        PIP_INDEX_URL="https://pip.example/simple/",
        PIP_EXTRA_INDEX_URL="https://a.example/simple/ https://b.example/simple/",
        PIP_FIND_LINKS="/srv/a",
    )
    assert found.indexes == Indexes(
        urls=(
            "https://pip.example/simple/",
            "https://a.example/simple/",
            "https://b.example/simple/",
        ),
        find_links=("/srv/a",),
    )
    assert home.load(PIP_NO_INDEX="1").indexes.urls == ()
    assert home.load(PIP_NO_INDEX="0").indexes.urls == (DEFAULT,)


def test_ours_wins_over_pips_setting_by_setting(home: Home) -> None:
    home.user_file('index-url = "https://ours.example/simple/"\nno-index = false')
    found = home.load(
        PIP_INDEX_URL="https://pip.example/simple/",
        PIP_FIND_LINKS="/srv/a",
        PIP_NO_INDEX="1",
    )
    assert found.indexes == Indexes(urls=("https://ours.example/simple/",), find_links=("/srv/a",))


def test_pips_variable_wins_over_its_file(home: Home) -> None:
    home.pip_file(PIP_CONF)
    found = home.load(PIP_INDEX_URL="https://variable.example/simple/")
    assert found.indexes.urls[0] == "https://variable.example/simple/"


PIP_PLACES = {
    "system": "system/pip/pip.conf",
    "old": ".pip/pip.conf",
    "user": ".config/pip/pip.conf",
    "environment": "venv/pip.conf",
}


@pytest.mark.parametrize(("weaker", "stronger"), [*itertools.combinations(PIP_PLACES, 2)])
def test_pips_stronger_file_wins(home: Home, weaker: str, stronger: str) -> None:
    home.pip_file("[global]\nindex-url = https://weaker.example/", PIP_PLACES[weaker])
    home.pip_file("[global]\nindex-url = https://stronger.example/", PIP_PLACES[stronger])
    assert home.load().indexes.urls[0] == "https://stronger.example/"


def test_pips_section_for_wheels_wins_over_the_global_one(home: Home) -> None:
    home.pip_file(
        "[wheel]\nindex-url = https://wheel.example/\n"
        "[global]\nindex-url = https://global.example/\n"
        "[install]\nindex-url = https://install.example/\n"
    )
    assert home.load().indexes.urls[0] == "https://wheel.example/"


@pytest.mark.parametrize("name", ["index-url", "index_url", "--index-url", "Index-URL"])
def test_pips_settings_may_be_spelled_as_pip_reads_them(home: Home, name: str) -> None:
    home.pip_file(f"[global]\n{name} = https://pip.example/")
    assert home.load().indexes.urls[0] == "https://pip.example/"


def test_file_that_pips_variable_names_stands_in_for_the_users_own(
    home: Home, tmp_path: Path
) -> None:
    home.pip_file("[global]\nindex-url = https://user.example/\nfind-links = /srv/user")
    named = _write(tmp_path / "named.conf", "[global]\nindex-url = https://named.example/")
    found = home.load(PIP_CONFIG_FILE=str(named))
    assert found.indexes.urls[0] == "https://named.example/"
    assert "/srv/user" not in found.indexes.find_links


def test_null_device_as_pips_file_means_none_at_all(home: Home) -> None:
    for place in PIP_PLACES.values():
        home.pip_file(PIP_CONF, place)
    found = home.load(PIP_CONFIG_FILE=os.devnull)
    assert found.indexes == Indexes()
    assert found.connection == Connection()


def test_pips_file_that_is_broken_is_told_with_its_place(home: Home) -> None:
    path = home.pip_file("index-url = https://pip.example/")
    with pytest.raises(ConfigurationError, match="pip's configuration") as raised:
        home.load()
    assert str(path) in str(raised.value)


def test_connection_is_as_pip_is_told(home: Home) -> None:
    found = home.load(
        PIP_TIMEOUT="60",
        PIP_CERT="/srv/ca.pem",
        PIP_CLIENT_CERT="/srv/me.pem",
        PIP_PROXY="http://proxy.example:3128",
        PIP_TRUSTED_HOST="a.example b.example:8443",
    )
    assert found.connection == Connection(
        timeout=60,
        certificates="/srv/ca.pem",
        client_certificate="/srv/me.pem",
        proxy="http://proxy.example:3128",
        trusted_hosts=("a.example", "b.example:8443"),
    )


@pytest.mark.parametrize(
    ("text", "seconds"), [("2.5", 2.5), ("0", 15), ("x", 15), ("-1", 15), ("²", 15), ("1e2", 100)]
)
def test_pips_timeout_counts_where_it_is_one(home: Home, text: str, seconds: float) -> None:
    assert home.load(PIP_DEFAULT_TIMEOUT=text).connection.timeout == seconds
