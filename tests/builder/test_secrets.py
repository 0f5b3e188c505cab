"""A secret reaches the hooks, and nothing that lasts or is told."""

from __future__ import annotations

import gzip
import json
import threading
import traceback
import zipfile
from pathlib import Path

import pytest

import wheelwell
from support.projects import make_sdist, materialise
from wheelwell.errors import BackendFailed, BuildError, Cancelled, EnvironmentFailed
from wheelwell.settings import Settings

SECRET = "hunter2/and more"
QUOTED = "hunter2%2Fand%20more"
SECRETS = Settings(secrets={"TOKEN": SECRET})


class Told(wheelwell.Reporter):
    """Keeps everything that it is told."""

    def __init__(self) -> None:
        self.text = ""

    def began(self, step: str, subject: str) -> None:
        self.text += f"{step} {subject}\n"

    def logged(self, text: str) -> None:
        self.text += text

    def warned(self, message: str) -> None:
        self.text += message


def everything(directory: Path) -> bytes:
    """Return names and contents of all files, logs unpacked, but for the slots' sources."""
    found = b""
    for path in directory.rglob("*"):
        found += bytes(path)
        if path.is_file():
            content = path.read_bytes()
            found += gzip.decompress(content) if path.suffix == ".gz" else content
    return found


def holds_secret(text: str | bytes) -> bool:
    raw = text if isinstance(text, bytes) else text.encode()
    return b"hunter2" in raw


def test_a_secret_reaches_the_build(tmp_path: Path, cache_dir: Path) -> None:
    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(materialise("environ-shown", tmp_path)), settings=SECRETS)
    with zipfile.ZipFile(wheel.path) as archive:
        assert json.loads(archive.read("environ_shown/_environ.json"))["TOKEN"] == SECRET


def test_what_a_build_prints_of_a_secret_is_masked_where_it_lasts_and_where_it_is_told(
    tmp_path: Path, cache_dir: Path
) -> None:
    tree = materialise("pure", tmp_path, say="it is $TOKEN, yes", warn="mind $TOKEN")
    told = Told()
    with wheelwell.open_cache(cache_dir) as cache:
        wheel = cache.get(str(tree), settings=SECRETS, reporter=told)
    log = gzip.decompress((wheel.path.parent / "build.log.gz").read_bytes()).decode()
    assert "it is ****, yes\n" in log
    assert "mind ****" in log
    assert "it is ****, yes\n" in told.text
    assert "mind ****" in told.text
    assert not holds_secret(everything(cache_dir))
    assert not holds_secret(told.text)


def test_a_failed_build_tells_no_secret(tmp_path: Path, cache_dir: Path) -> None:
    tree = materialise("pure", tmp_path, say="error: $TOKEN", fail=f"no entry for $TOKEN {QUOTED}")
    told = Told()
    with wheelwell.open_cache(cache_dir) as cache, pytest.raises(BuildError) as caught:
        cache.get(str(tree), settings=SECRETS, reporter=told)
    error = caught.value
    assert "no entry for **** ****" in error.message
    assert error.log is not None
    assert "error: ****" in Path(error.log).read_text()
    (tree / "pyproject.toml").unlink()  # its text holds the quoted one
    assert not holds_secret(f"{error}{error.message}{error.hint}{error.lines}{told.text}")
    assert not holds_secret(Path(error.log).read_text())


@pytest.mark.parametrize(
    "code",
    [
        "import os; raise ImportError(os.environ['TOKEN'])",
        "import os\ndef get_requires_for_build_wheel(_=None): return [3, os.environ['TOKEN']]",
    ],
    ids=["at import", "as an answer"],
)
def test_an_answer_of_the_backend_tells_no_secret(
    code: str, tmp_path: Path, cache_dir: Path
) -> None:
    tree = materialise(
        "pure", tmp_path, build_system={"build-backend": "own", "backend-path": ["."]}
    )
    (tree / "own.py").write_text(code)
    with wheelwell.open_cache(cache_dir) as cache, pytest.raises(BackendFailed) as caught:
        cache.get(str(tree), settings=SECRETS)
    error = caught.value
    assert "****" in error.message
    assert not holds_secret(f"{error}{error.message}{error.hint}{error.lines}")
    assert not holds_secret("".join(traceback.format_exception(error)))


def test_a_requirement_that_holds_a_secret_is_refused(tmp_path: Path, cache_dir: Path) -> None:
    tree = materialise("pure", tmp_path, requires=["helper @ https://$TOKEN@files.example/x.zip"])
    settings = Settings(secrets={"TOKEN": "hunter2"})
    told = Told()
    with wheelwell.open_cache(cache_dir) as cache, pytest.raises(BackendFailed) as caught:
        cache.get(str(tree), settings=settings, reporter=told)
    assert "holds a secret" in caught.value.message
    assert not holds_secret(everything(cache_dir))
    assert not holds_secret(f"{caught.value}{told.text}")


def test_a_build_requirement_that_is_built_on_the_way_is_given_no_secret(
    tmp_path: Path, cache_dir: Path
) -> None:
    links = tmp_path / "links"
    make_sdist(materialise("pure", tmp_path, fail="the token is $TOKEN"), links)
    tree = materialise("environ-shown", tmp_path, build_system={"requires": ["pure"]})
    configuration = wheelwell.load_configuration({"no-index": True, "find-links": [str(links)]})
    with (
        wheelwell.open_cache(cache_dir, configuration=configuration) as cache,
        pytest.raises(EnvironmentFailed) as caught,
    ):
        cache.get(str(tree), settings=SECRETS)
    assert caught.value.log is not None
    assert "the token is $TOKEN" in Path(caught.value.log).read_text()


def test_a_build_that_is_cancelled_leaves_no_secret(tmp_path: Path, cache_dir: Path) -> None:
    tree = materialise("pure", tmp_path, say="it is $TOKEN", sleep=600)
    cancel = threading.Event()

    class Cancelling(Told):
        def logged(self, text: str) -> None:
            super().logged(text)
            cancel.set()

    told = Cancelling()
    with wheelwell.open_cache(cache_dir) as cache, pytest.raises(Cancelled):
        cache.get(str(tree), settings=SECRETS, cancel=cancel, reporter=told)
    assert "it is ****" in told.text
    assert not holds_secret(everything(cache_dir))
