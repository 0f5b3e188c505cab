"""An archive has a name that a file can have, whatever its URL and its server say."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

import wheelwell
from support import origin as servers
from support.projects import make_sdist, materialise
from wheelwell.sources.naming import NAMELESS, archive_name, name_in_url
from wheelwell.wheel import Origin


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://host.example/x/a-1.0.tar.gz", "a-1.0.tar.gz"),
        ("https://host.example/a-1.0.tar.gz?token=x/y#z", "a-1.0.tar.gz"),
        ("https://host.example/a%2B1-1.0.zip", "a+1-1.0.zip"),
        ("https://host.example", NAMELESS),
        ("https://host.example/a/", NAMELESS),
        ("https://host.example/a/..", NAMELESS),
        ("https://host.example/a/%2E%2E", NAMELESS),
        ("https://host.example/..%2Fa.zip", NAMELESS),
        ("https://host.example/a%00%0A.zip", "a.zip"),
        (f"https://host.example/{'x' * 500}.zip", f"{'x' * 196}.zip"),
    ],
)
def test_name_is_the_last_part_of_the_path(url: str, name: str) -> None:
    assert name_in_url(url) == name


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({}, "main"),
        ({"content-type": "application/gzip"}, "main.tar.gz"),
        ({"content-type": "Application/X-Gzip; charset=x"}, "main.tar.gz"),
        ({"content-type": "application/zip"}, "main.zip"),
        ({"content-type": "application/octet-stream"}, "main"),
        ({"content-disposition": 'attachment; filename="a-1.0.tar.gz"'}, "a-1.0.tar.gz"),
        ({"content-disposition": "attachment; filename=a-1.0.zip"}, "a-1.0.zip"),
        ({"content-disposition": "attachment; filename*=UTF-8''a%20b.zip"}, "a b.zip"),
        ({"content-disposition": "attachment; filename*=none''a.zip"}, "a.zip"),
        ({"content-disposition": 'attachment; filename="../../etc/x.zip"'}, "x.zip"),
        ({"content-disposition": 'attachment; filename="..\\\\x.zip"'}, "x.zip"),
        ({"content-disposition": 'attachment; filename=".."'}, "main"),
        ({"content-disposition": "attachment"}, "main"),
        ({"content-disposition": "\x00;;=\r\n"}, "main"),
        (
            {
                "content-disposition": "attachment; filename=a-1.0",
                "content-type": "application/zip",
            },
            "a-1.0.zip",
        ),
    ],
)
def test_server_may_say_what_its_url_does_not(headers: dict[str, str], name: str) -> None:
    assert archive_name("https://host.example/archive/main", headers) == name


@pytest.fixture
def origin() -> Iterator[servers.Origin]:
    with servers.Origin() as server:
        yield server


@pytest.mark.parametrize("path", ["/archive/main.tar.gz", "/main", "/", "/main.zip", "/download/"])
@pytest.mark.parametrize("suffix", [".tar.gz", ".zip"])
@pytest.mark.parametrize("told", ["nothing", "wrong"])
def test_archive_is_known_by_what_it_is_and_not_by_its_name(
    *,
    origin: servers.Origin,
    tmp_path: Path,
    cache_dir: Path,
    path: str,
    suffix: Literal[".tar.gz", ".zip"],
    told: str,
) -> None:
    tree = materialise("pure", tmp_path / "trees")
    sdist = make_sdist(tree, tmp_path / "sdists", suffix=suffix)
    headers = {"Content-Type": "text/html"} if told == "wrong" else {}
    url = origin.put(path, sdist.read_bytes(), headers=headers)
    with wheelwell.open_cache(cache_dir) as cache:
        plan = cache.plan(url)
        assert plan.keyed.inputs()["source"] == cache.plan(str(sdist)).keyed.inputs()["source"]
        assert plan.key == cache.plan(str(sdist)).key
    assert (plan.identity.name, plan.identity.version) == ("pure", "1.0")


def test_branch_archive_without_pkg_info_is_built(
    origin: servers.Origin, tmp_path: Path, cache_dir: Path
) -> None:
    tree = materialise("pure", tmp_path / "trees")
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        archive.add(tree, "project-main")
    url = origin.put("/archive/main.tar.gz", made.getvalue(), headers={"ETag": 'W/"x"'})
    with wheelwell.open_cache(cache_dir) as cache:
        first = cache.get(f"{url}?token=T0KEN")
        assert (first.name, first.version, first.origin) == ("pure", "1.0", Origin.BUILT)
        again = cache.get(f"pure @ {url}")
        assert (again.path, again.origin) == (first.path, Origin.LOCAL)
    assert first.record is not None
    assert "T0KEN" not in first.record.to_text()
    digest = hashlib.sha256(made.getvalue()).hexdigest()
    assert first.source == f"archive-{digest}"
