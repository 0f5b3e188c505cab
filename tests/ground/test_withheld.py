"""What a source's build files read, is set here and was withheld is named, with its switch."""

from __future__ import annotations

import pytest

from wheelwell.withheld import advice, is_build_file, is_secret, variables_read, withheld


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("setup.py", "os.environ[\"ONE\"]; environ [ 'TWO' ]", {"ONE", "TWO"}),
        ("setup.py", 'os.environ.get("ONE", "")\nos.environ.get(\n    "TWO"\n)', {"ONE", "TWO"}),
        ("setup.py", "os.getenv(\"ONE\"); getenv('TWO', 1)", {"ONE", "TWO"}),
        ("setup.py", 'if "ONE" in os.environ or "TWO" not in environ:', {"ONE", "TWO"}),
        ("setup.py", 'os.environ.setdefault("ONE", "1"); os.environ.pop("TWO")', {"ONE", "TWO"}),
        ("setup.py", 'environ = {}; config["ONE"]; os.environ[name]; get("TWO")', set()),
        ("setup.py", '# os.environ["ONE"]\nx = 1', set()),
        ("CMakeLists.txt", "if(DEFINED ENV{ONE})\nset(x $ENV{TWO})\n${THREE}", {"ONE", "TWO"}),
        ("cmake/FindX.cmake", "# $ENV{ONE}\nset(x $ENV{TWO})", {"TWO"}),
        ("build.rs", 'env::var("ONE"); std::env::var_os("TWO")', {"ONE", "TWO"}),
        ("crates/a/build.rs", 'option_env!("ONE"); env!("TWO") // x', {"ONE", "TWO"}),
        ("Makefile", "ONE ?= 1\nifdef TWO\nTHREE = 3\nx: ${FOUR} $(FIVE)", {"ONE", "TWO"}),
        ("configure.ac", "AC_ARG_VAR([ONE], [what])\n$TWO", {"ONE"}),
        ("pyproject.toml", 'if.env.ONE = true\nx = "{env:TWO:no}"', {"ONE", "TWO"}),
        ("_custom/own.py", 'os.environ["ONE"]', {"ONE"}),
        ("data.txt", 'os.environ["ONE"]', set()),
    ],
)
def test_what_a_build_file_plainly_reads_is_seen(path: str, text: str, names: set[str]) -> None:
    assert variables_read(path, text) == names


@pytest.mark.parametrize(
    "path",
    [
        *("setup.py", "setup_helpers.py", "_custom_build.py", "src/setup.py", "pyproject.toml"),
        *("tools/setup_env.py", "build_tools/deep/x.py", "CMakeLists.txt", "src/CMakeLists.txt"),
        *("cmake/x.cmake", "meson.build", "rust/build.rs", "GNUmakefile", "src/Makefile.in"),
    ],
)
def test_a_file_that_says_how_to_build_is_one(path: str) -> None:
    assert is_build_file(path)


@pytest.mark.parametrize("path", ["README.md", "foo/core.py", "tests/test_x.py", "foo/x.c", "x.rs"])
def test_another_file_is_none(path: str) -> None:
    assert not is_build_file(path)


def test_a_backend_in_the_tree_is_a_build_file_wherever_it_is() -> None:
    assert is_build_file("own/deep/x.py", backend_path=["own"])
    assert not is_build_file("owner/x.py", backend_path=["own"])


def test_withheld_is_what_is_read_and_set_and_not_given() -> None:
    read = 'environ["SET"]; environ["UNSET"]; environ["GIVEN"]; environ["HOME"]; environ["LC_X"]'
    environ = {"SET", "GIVEN", "HOME", "LC_X", "UNREAD"}
    assert withheld({"setup.py": read}, environ=environ, given={"GIVEN"}) == ("SET",)


def test_advice_names_the_switch_that_passes_each() -> None:
    told = advice(["MY_OPTION", "HF_TOKEN"])
    assert told.endswith("to pass: --secret-env HF_TOKEN --env MY_OPTION")
    assert "\n" not in told
    assert advice([]) == ""


@pytest.mark.parametrize(
    "name", ["HF_TOKEN", "DB_PASSWORD", "API_KEY", "AWS_SECRET_ACCESS_KEY", "github_token", "X_PAT"]
)
def test_a_name_that_looks_like_a_secret_is_taken_for_one(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["MY_OPTION", "KEYBOARD", "WITH_MONKEY", "PATCH", "PASSES"])
def test_another_name_is_not(name: str) -> None:
    assert not is_secret(name)
