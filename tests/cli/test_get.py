"""`wheelwell get` as its users see it: what it prints where, and how it ends."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.index import IndexServer
from support.interpreters import interpreters
from support.processes import needs_strace, strace
from support.projects import make_sdist, make_wheel, materialise
from support.terminal import Terminal

WHEELWELL = (sys.executable, "-m", "wheelwell")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(cache_dir: Path, tmp_path: Path) -> Run:
    """Runs the command in a directory of its own, with a cache of its own."""
    directory = tmp_path / "here"
    directory.mkdir()

    def run(*arguments: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*WHEELWELL, *map(str, arguments)],
            cwd=directory,
            env={**os.environ, "WHEELWELL_CACHE_DIR": str(cache_dir), **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    return run


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    """The source archive of a pure project, whose builds are counted in `builds`."""
    tree = materialise("pure", tmp_path / "trees", count=str(tmp_path / "builds"))
    return make_sdist(tree, tmp_path)


def test_stdout_is_the_paths_and_nothing_else(run: Run, sdist: Path, tmp_path: Path) -> None:
    tree = materialise("c-extension", tmp_path)

    done = run("get", sdist, tree)

    assert done.returncode == 0
    paths = done.stdout.splitlines()
    assert [Path(path).name.split("-")[0] for path in paths] == ["pure", "c_extension"]
    assert all(Path(path).is_file() for path in paths)


def test_steps_and_outcomes_are_plain_lines_on_stderr(run: Run, sdist: Path) -> None:
    first, second = run("get", sdist), run("get", sdist)

    assert [line.split()[0] for line in first.stderr.splitlines()] == [
        *("reading", "preparing", "building", "checking", "pure")
    ]
    assert "built in" in first.stderr
    assert "\x1b" not in first.stderr + second.stderr
    assert len(second.stderr.splitlines()) == 1
    assert "in the cache" in second.stderr
    assert second.stdout == first.stdout


def test_the_output_names_the_python(run: Run, sdist: Path) -> None:
    assert os.path.realpath(sys.executable) in run("get", sdist).stderr


def test_the_active_environment_is_the_default_python(
    run: Run, sdist: Path, tmp_path: Path
) -> None:
    other = list(interpreters().values())[-1]
    subprocess.run([other, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)

    done = run("get", sdist, "--json", VIRTUAL_ENV=str(tmp_path / "venv"))

    assert json.loads(done.stdout)["python"] == os.path.realpath(other)


def test_quiet_says_nothing_but_what_went_wrong(run: Run, sdist: Path) -> None:
    assert run("get", sdist, "--quiet").stderr == ""
    assert "error: " in run("get", "./missing.tar.gz", "-q").stderr


def test_verbose_shows_the_builds_log(run: Run, tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path, chatter=3)

    done = run("get", tree, "--verbose")

    log = next((tmp_path / "cache").rglob("build.log.gz"))
    import gzip

    assert gzip.decompress(log.read_bytes()).decode() in done.stderr.replace("\r", "")
    assert len(done.stdout.splitlines()) == 1


def test_json_is_one_object_a_line_with_these_fields(run: Run, sdist: Path) -> None:
    done = run("get", sdist, sdist, "--json")

    first, second = map(json.loads, done.stdout.splitlines())
    assert [*first] == [
        *("request", "name", "version", "filename", "path", "sha256", "key", "origin"),
        *("reason", "seconds", "degraded", "python", "source", "note"),
    ]
    assert (first["origin"], second["origin"]) == ("built", "local")
    assert first["path"] == second["path"]


def test_json_of_a_failure_has_its_error_in_place_of_a_path(run: Run, tmp_path: Path) -> None:
    tree = materialise("backend-raises", tmp_path)

    told = json.loads(run("get", tree, "--json").stdout)

    assert told["origin"] == "failed"
    assert told["error"]["code"] == "backend"
    assert Path(told["error"]["log"]).is_file()
    assert "path" not in told


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["get"], 2),
        (["get", "foo bar"], 2),
        (["get", "--no-such-switch"], 2),
        (["get", "x", "--python", "3.99"], 2),
        (["get", "x", "--python", "./no/such/python"], 2),
        (["get", "x", "-C", "novalue"], 2),
        (["get", "x", "--env", "SURELY_NOT_SET_ANYWHERE"], 2),
        (["get", "-r", "no-such-file.txt"], 2),
        (["no-such-command"], 2),
        ([], 2),
        (["get", "./missing.tar.gz"], 1),
        (["get", "x", "--no-index"], 1),
        (["get", "x", "--offline"], 3),
        (["--version"], 0),
        (["get", "--help"], 0),
    ],
)
def test_the_exit_code_says_how_it_ended(run: Run, arguments: list[str], status: int) -> None:
    done = run(*arguments)

    assert done.returncode == status
    assert "Traceback" not in done.stderr


def test_a_miss_without_building_is_3_and_a_failure_outranks_it(run: Run, sdist: Path) -> None:
    assert run("get", sdist, "--no-build").returncode == 3
    assert run("get", sdist, "./missing.zip", "--no-build").returncode == 1


def test_every_request_is_tried_whatever_fails(run: Run, sdist: Path) -> None:
    done = run("get", "./missing.zip", sdist)

    assert done.returncode == 1
    assert done.stdout.count(".whl") == 1


def test_every_request_is_tried_whatever_the_system_says_of_one(run: Run, sdist: Path) -> None:
    done = run("get", f"./{'a' * 300}.zip", sdist, "--json")

    failed, built = map(json.loads, done.stdout.splitlines())
    assert done.returncode == 1
    assert failed["error"]["message"].endswith("File name too long")
    assert built["origin"] == "built"


def test_errors_say_what_to_what_and_what_to_try(run: Run) -> None:
    done = run("get", "./missing.zip")

    assert done.stderr.startswith("error: ./missing.zip: there is no file or directory ")
    assert "\n  try: " in done.stderr


def test_wheels_are_copied_where_that_is_asked(run: Run, sdist: Path, tmp_path: Path) -> None:
    done = run("get", sdist, "-o", tmp_path / "wheels")

    assert done.stdout.strip() == str(tmp_path / "wheels" / "pure-1.0-py3-none-any.whl")
    assert [path.name for path in (tmp_path / "wheels").iterdir()] == ["pure-1.0-py3-none-any.whl"]


def test_no_cache_leaves_the_cache_alone_and_the_wheel_in_a_place_that_lasts(
    run: Run, sdist: Path, cache_dir: Path
) -> None:
    done = run("get", sdist, "--no-cache", "--json")

    told = json.loads(done.stdout)
    assert told["origin"] == "ephemeral"
    assert Path(told["path"]).is_file()
    assert not cache_dir.exists()
    shutil.rmtree(Path(told["path"]).parents[5])


def test_requirements_files_are_requests_too(
    run: Run, sdist: Path, tmp_path: Path, index: IndexServer
) -> None:
    index.add(sdist)
    listed = tmp_path / "requirements.txt"
    listed.write_text(
        f"--index-url {index.url}\n"
        "# a comment\n"
        "pure==1.0  # another\n"
        "never; python_version < '3'\n"
        f"./{sdist.name}\n"
    )

    done = run("get", "-r", listed)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 2
    assert len({*done.stdout.splitlines()}) == 1
    assert "never" in done.stderr


def test_pips_index_settings_are_honoured(run: Run, sdist: Path, index: IndexServer) -> None:
    index.add(sdist)

    assert run("get", "pure", PIP_INDEX_URL=index.url).returncode == 0


def test_credentials_are_never_shown(run: Run, sdist: Path, cache_dir: Path) -> None:
    with IndexServer(credentials=("somebody", "hunter2")) as index:
        index.add(sdist)
        url = index.url_with_credentials
        good = run("get", "pure==1.0", "-v", "--index-url", url)
        bad = run("get", "pure==1.0", "--refresh", "--index-url", url.replace("hunter2", "hunter3"))
        absent = run("get", "other", "--index-url", url)

    assert (good.returncode, bad.returncode, absent.returncode) == (0, 1, 1)
    told = "".join(done.stdout + done.stderr for done in (good, bad, absent))
    assert "hunter" not in told
    for path in cache_dir.rglob("*"):
        assert not path.is_file() or b"hunter" not in path.read_bytes(), path


def test_a_yanked_choice_is_noted(run: Run, sdist: Path, index: IndexServer) -> None:
    index.add(sdist, yanked="it was wrong")

    pinned = run("get", "pure==1.0", "--index-url", index.url)
    newest = run("get", "pure", "--index-url", index.url)

    assert "was yanked: it was wrong" in pinned.stderr
    assert newest.returncode == 1
    assert "such as ==1.0" in newest.stderr


def test_a_newer_version_without_source_is_noted(
    run: Run, sdist: Path, tmp_path: Path, index: IndexServer
) -> None:
    index.add(make_wheel(tmp_path / "w", "pure", "2.0"))
    none = run("get", "pure", "--index-url", index.url)
    index.add(sdist)
    older = run("get", "pure", "--index-url", index.url)

    assert none.returncode == 1
    assert "--prefer-binary" in none.stderr
    assert "2.0 is newer, but it has wheels only" in older.stderr


@needs_strace
@pytest.mark.parametrize("version", interpreters())
def test_a_hit_starts_no_process_and_touches_no_network(
    run: Run, sdist: Path, index: IndexServer, cache_dir: Path, version: str
) -> None:
    index.add(sdist)
    environ = {
        **os.environ,
        "WHEELWELL_CACHE_DIR": str(cache_dir),
        "PIP_INDEX_URL": index.url,
        # How a user of pyenv says it: the version alone, no command of that name on PATH.
        "PYENV_ROOT": str(Path(sys.base_prefix).parents[1]),
    }
    command = [*WHEELWELL, "get", "pure==1.0", "--python", version]
    subprocess.run(command, env=environ, check=True, capture_output=True)
    index.requests.clear()

    lines = strace(command, environ, "execve,fork,vfork,clone,clone3,socket,connect")

    assert [line.split("(")[0].split()[-1] for line in lines] == ["execve"]  # the command itself
    assert index.requests == []


@needs_strace
@pytest.mark.parametrize("kind", ["archive", "directory"])
def test_a_hit_on_a_path_starts_no_process_and_touches_no_network(
    cache_dir: Path, sdist: Path, tmp_path: Path, kind: str
) -> None:
    path = sdist if kind == "archive" else tmp_path / "trees" / "pure"
    environ = {**os.environ, "WHEELWELL_CACHE_DIR": str(cache_dir)}
    command = [*WHEELWELL, "get", str(path)]
    subprocess.run(command, env=environ, check=True, capture_output=True)

    lines = strace(command, environ, "execve,fork,vfork,clone,clone3,socket,connect")

    assert len(lines) == 1


@needs_strace
def test_a_hit_opens_one_directory_of_the_store(cache_dir: Path, sdist: Path) -> None:
    environ = {**os.environ, "WHEELWELL_CACHE_DIR": str(cache_dir)}
    command = [*WHEELWELL, "get", str(sdist)]
    subprocess.run(command, env=environ, check=True, capture_output=True)

    lines = strace(command, environ, "openat,open,getdents64")

    opened = [line for line in lines if f"{cache_dir}/wheels-v1" in line]
    assert len(opened) == 1
    assert "record.json" in opened[0]
    assert not [line for line in lines if f"{cache_dir}/leases" in line]


def test_a_terminal_shows_one_line_that_goes_again(cache_dir: Path, tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path, sleep=0.5)

    with Terminal(500) as terminal:
        terminal.start([*WHEELWELL, "get", str(tree)], _environ(cache_dir)).wait()
        said = terminal.end()

    assert "building pure 1.0" in said
    assert "\x1b[36m" in said
    path, outcome = terminal.text.splitlines()
    assert Path(path).is_file()
    assert outcome.startswith("pure 1.0 for ")


def test_no_color_is_heeded(cache_dir: Path, tmp_path: Path) -> None:
    tree = materialise("pure", tmp_path, sleep=0.5)

    with Terminal() as terminal:
        environ = {**_environ(cache_dir), "NO_COLOR": "1"}
        terminal.start([*WHEELWELL, "get", str(tree)], environ).wait()
        said = terminal.end()

    assert "building pure 1.0" in said
    assert "\x1b[3" not in said
    assert "\x1b[2m" not in said


def _environ(cache_dir: Path) -> dict[str, str]:
    return {**os.environ, "TERM": "xterm", "WHEELWELL_CACHE_DIR": str(cache_dir)}


def test_a_closed_pipe_is_no_traceback(cache_dir: Path, sdist: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [*WHEELWELL, "get", str(sdist), "-q"],
        env={**os.environ, "WHEELWELL_CACHE_DIR": str(cache_dir)},
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(writer)

    assert "Traceback" not in done.stderr
    assert done.returncode == 141


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed(run: Run, sdist: Path, tmp_path: Path, closed: str) -> None:
    command = f"exec {sys.executable} -m wheelwell get {sdist} -o {tmp_path}/wheels {closed}"
    environ = {**os.environ, "WHEELWELL_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run(
        ["sh", "-c", command], env=environ, capture_output=True, text=True, check=False
    )

    assert (done.returncode, "Traceback" in done.stderr) == (0, False)
    assert list((tmp_path / "wheels").glob("*.whl"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["dir"], ["info"], ["get"]])
def test_output_that_cannot_be_written_is_an_error(
    cache_dir: Path, sdist: Path, arguments: list[str]
) -> None:
    environ = {**os.environ, "WHEELWELL_CACHE_DIR": str(cache_dir)}
    environ.pop("PYTHONUNBUFFERED", None)
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*WHEELWELL, *arguments, *([str(sdist)] if arguments == ["get"] else [])],
            env=environ,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "error: No space left on device"


def test_what_is_kept_is_named_and_left(run: Run, sdist: Path) -> None:
    done = run("get", sdist, "--keep")

    line = next(line for line in done.stderr.splitlines() if "is kept" in line)
    kept = Path(line.rpartition(": ")[2])
    assert (kept / "source").is_dir()
    assert any((kept / "out").glob("*.whl"))


def test_a_variable_reaches_the_build_through_the_key_alone(run: Run, tmp_path: Path) -> None:
    import zipfile

    tree = materialise("environ-shown", tmp_path)

    def seen(*arguments: str, **environ: str) -> dict[str, str]:
        told = json.loads(run("get", tree, "--json", *arguments, **environ).stdout)
        with zipfile.ZipFile(told["path"]) as wheel:
            name = next(name for name in wheel.namelist() if name.endswith("_environ.json"))
            found: dict[str, str] = json.loads(wheel.read(name))
            return found

    assert "SECRET_SWITCH" not in seen(SECRET_SWITCH="1")
    assert seen("--env", "SECRET_SWITCH=2")["SECRET_SWITCH"] == "2"
    assert seen("--env", "SECRET_SWITCH", SECRET_SWITCH="3")["SECRET_SWITCH"] == "3"
    assert seen(CFLAGS="-O1")["CFLAGS"] == "-O1"
    assert "CFLAGS" not in seen()


def test_a_build_that_takes_too_long_is_ended(run: Run, tmp_path: Path) -> None:
    tree = materialise("backend-hangs", tmp_path)

    done = run("get", tree, "--timeout", "1")

    assert done.returncode == 1
    assert "longer than 1 s" in done.stderr


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_what_an_installer_prints_shows_no_secret(
    run: Run, tmp_path: Path, cache_dir: Path, index: IndexServer, installer: str
) -> None:
    index.add(make_wheel(tmp_path / "w", "tinyreq", "1.0"))
    tree = materialise("pure", tmp_path, build_system={"requires": ["tinyreq", "absent"]})
    place = index.url.replace("http://", "http://tok3n:@") + "tinyreq/?key=hunter2"
    block = tmp_path / "block" / "uv"
    if installer == "pip":
        block.mkdir(parents=True)
        (block / "__init__.py").write_text("def find_uv_bin():\n    raise FileNotFoundError\n")

    done = run(
        *("get", tree, "-v", "--no-index", "--find-links", place),
        PYTHONPATH=str(block.parent),
        PATH="/usr/bin:/bin",
    )

    assert done.returncode == 1
    told = done.stdout + done.stderr
    for log in (cache_dir / "failures").rglob("build.log"):
        told += log.read_text()
    assert "absent" in told
    assert "hunter2" not in told
    assert "tok3n" not in told
