"""Build requirements where no index may be asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from support.index import IndexServer
from support.projects import make_wheel, materialise
from wheelwell import load_configuration, open_cache
from wheelwell.builder.frontends import find_uv
from wheelwell.errors import EnvironmentFailed

pytestmark = pytest.mark.slow  # what it shows does not depend on the Python that runs it

needs_uv = pytest.mark.skipif(find_uv(os.environ) is None, reason="needs uv")


@pytest.mark.parametrize("installer", [pytest.param("uv", marks=needs_uv), "pip"])
def test_without_an_index_build_requirements_are_looked_for_at_find_links_alone(
    installer: str,
    tmp_path: Path,
    cache_dir: Path,
    index: IndexServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if installer == "pip":
        monkeypatch.setattr("wheelwell.builder.frontends.find_uv", lambda _: None)
    index.add(make_wheel(tmp_path / "upstream", "wanted", "2.0"))
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    tree = materialise("pure", tmp_path, build_system={"requires": ["wanted"]})
    links = tmp_path / "links"
    links.mkdir()
    switches = {"cache-dir": str(cache_dir), "no-index": True, "find-links": [str(links)]}
    with open_cache(configuration=load_configuration(switches)) as cache:
        with pytest.raises(EnvironmentFailed):
            cache.get(str(tree))
        assert index.requests == []
        make_wheel(links, "wanted", "1.0")
        record = cache.get(str(tree)).record
    assert record is not None
    assert record.observed.requirements == {"wanted": "1.0"}
    assert index.requests == []
