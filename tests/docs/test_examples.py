"""Every example of the documentation works as it is shown, on a machine such as a reader's."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from docs import examples
from docs.markdown import DOCS, REFERENCE, ROOT, Block, blocks, name_of
from support.index import IndexServer
from support.processes import processes_matching
from support.projects import make_sdist, materialise

PAGES = [
    ROOT / "README.md",
    *sorted(DOCS.glob("tutorial/*.md")),
    *sorted(DOCS.glob("how-to/*.md")),
    REFERENCE / "errors.md",
]
CCACHE = DOCS / "how-to" / "ccache.md"
"""Needs a real project: the fixtures compile and link at once, which ccache leaves alone."""

NOT_RUN = {"toml", "text"}
"""Languages of blocks that are not typed; `text` after a program is what it prints."""

OF_A_FRESH_MACHINE, OF_THE_TESTS = (block for block in blocks(ROOT / "README.md") if block.note)


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the source archives that the examples ask an index for."""
    made = tmp_path_factory.mktemp("offered")
    return Path(os.path.commonpath([path.parent for path in examples.offered(made)]))


@pytest.fixture
def machine(
    tmp_path: Path, archives: Path, index: IndexServer, request: pytest.FixtureRequest
) -> Iterator[examples.Machine]:
    """Return a machine with an index, and with the files that the examples speak of."""
    if request.node.get_closest_marker("network"):
        yield examples.furnish(tmp_path / "ada", _reach())
        return
    made = examples.furnish(
        tmp_path / "ada", {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": index.url}
    )
    here = made.directory
    (here / "archives").mkdir()
    for archive in archives.glob("*.tar.gz"):
        index.add(archive)
        shutil.copy(archive, here / "archives")
    named = {"name": "some-sdist", "version": "1.0"}
    tree = materialise("c-extension", tmp_path / "some", project=named)
    make_sdist(tree, here, filename="some-sdist-1.0.tar.gz")
    examples.lay_out(here)
    examples.stock(index, tmp_path / "stock")
    (here / "requirements.txt").write_text("markupsafe==3.0.2\n")
    yield made
    for process in processes_matching(f"HOME={made.home}\0"):  # what an example left running
        os.kill(process, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if page != CCACHE], ids=name_of)
def test_a_reader_who_types_the_examples_sees_what_the_page_shows(
    page: Path, machine: examples.Machine
) -> None:
    _read(page, machine)


@pytest.mark.network
@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("ccache"), reason="needs ccache")
def test_a_rebuild_under_ccache_compiles_nothing_as_its_page_shows(
    machine: examples.Machine,
) -> None:
    _read(CCACHE, machine)


def _read(page: Path, machine: examples.Machine) -> None:
    """Try all examples of a page in their order; see that what comes is what is shown."""
    told = [block for block in blocks(page) if not block.note]
    for block in told:
        examples.require_pythons(block)
    printed = None
    for block in told:
        place = f"{name_of(page)}, line {block.line}"
        if block.language == "python":
            printed = machine.python(block.text)
        elif block.language == "text" and printed is not None:
            assert examples.agrees(block.text, printed, machine.home), f"{place}:\n{printed}"
            printed = None
        elif block.language == "console":
            _follow(block, machine, place)
        elif block.language == "sh":
            seen = machine.type(f"set -e\n{block.text}")
            assert machine.status == 0, f"{place}:\n{seen}"
        else:
            assert block.language in NOT_RUN, f"{place}: nobody runs {block.language!r}"


def _follow(block: Block, machine: examples.Machine, place: str) -> None:
    """Type the commands of a block, one after the other."""
    for step in examples.steps(block):
        seen = machine.type(step.command)
        assert machine.status == 0, f"{place}: {step.command}\n{seen}"
        assert examples.agrees(step.shown, seen, machine.home), f"{place}: {step.command}\n{seen}"


def test_the_pages_whose_examples_are_run_have_examples() -> None:
    assert all(blocks(page) for page in PAGES)


def test_an_example_that_shows_something_else_is_found(machine: examples.Machine) -> None:
    seen = machine.type("wheelwell dir")
    assert examples.agrees("/home/ada/.cache/wheelwell", seen, machine.home)
    assert not examples.agrees("/home/ada/.cache/wheel", seen, machine.home)
    assert not examples.agrees("/home/ada/.cache/wheelwell\nmore", seen, machine.home)


def test_a_command_finds_what_the_one_before_left(machine: examples.Machine) -> None:
    machine.type("cd a && export LEFT=here && false")
    assert machine.type('echo "$? $LEFT $(basename "$PWD")"').strip() == "1 here a"


def test_only_what_stays_on_the_screen_is_compared(machine: examples.Machine) -> None:
    seen = machine.type(r"printf 'one\r\033[Ktwo\nthree\n'")
    assert seen.splitlines() == ["two", "three"]


@pytest.mark.network
@pytest.mark.slow
def test_the_readmes_first_command_builds_a_wheel_in_a_checkout_without_an_environment(
    tmp_path: Path,
) -> None:
    checkout = tmp_path / "checkout"
    ignored = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(ROOT, checkout, ignore=ignored)
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-c", OF_A_FRESH_MACHINE.text],
        cwd=checkout,
        env=_bare_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    path = Path(done.stdout.splitlines()[-1])
    assert path.is_file()
    assert re.fullmatch(r"markupsafe-3\.0\.2-cp3\d+-cp3\d+-\w+\.whl", path.name)


def _bare_environment(home: Path) -> dict[str, str]:
    """Return a shell's variables before anybody set one, but for how the network is reached."""
    base = os.path.realpath(sys.executable)
    (home / "bin").mkdir()
    (home / "bin" / "python3").symlink_to(base)
    path = os.pathsep.join([str(home / "bin"), "/usr/local/bin", "/usr/bin", "/bin"])
    return {**_reach(), "HOME": str(home), "PATH": path}


def _reach() -> dict[str, str]:
    """Return the variables by which this machine reaches the package index."""
    prefixes = ("PIP_", "UV_", "SSL_", "REQUESTS_", "http", "HTTP", "no_proxy", "NO_PROXY")
    kept = {name: value for name, value in os.environ.items() if name.startswith(prefixes)}
    usual = os.path.expanduser("~/.config")
    return {**kept, "XDG_CONFIG_HOME": os.environ.get("XDG_CONFIG_HOME", usual)}


def test_the_readmes_second_command_is_the_one_that_ci_runs() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert OF_THE_TESTS.text.strip() in ci
    assert OF_THE_TESTS.text.strip().endswith("/nox")
