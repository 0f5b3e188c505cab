"""Without a network, the indexes that are on this machine answer, but do not have the last word."""

from __future__ import annotations

from pathlib import Path

import pytest

import wheelwell
from support.index import IndexServer
from support.projects import make_sdist, make_wheel, materialise
from wheelwell.errors import NoMatchingSource, NoSuchProject, NotInCache
from wheelwell.indexes import Network


def get(cache_dir: Path, request: str, network: Network, **settings: object) -> wheelwell.Wheel:
    configuration = wheelwell.load_configuration(
        {name.replace("_", "-"): value for name, value in settings.items()}
    )
    with wheelwell.open_cache(cache_dir, configuration=configuration) as cache:
        return cache.get(request, network=network)


@pytest.mark.parametrize("version", ["1.0", "3.0"])
def test_what_local_places_lack_is_not_in_the_cache_where_others_were_not_asked(
    version: str, cache_dir: Path, index: IndexServer, tmp_path: Path
) -> None:
    make_wheel(tmp_path / "links", "pure", "1.0")
    places = [str(tmp_path / "links")]

    with pytest.raises(NotInCache):
        get(
            *(cache_dir, f"pure=={version}", Network.NEVER),
            index_url=index.url,
            find_links=places,
        )


def test_what_local_places_lack_does_not_exist_where_there_are_no_others(
    cache_dir: Path, tmp_path: Path
) -> None:
    make_wheel(tmp_path / "links", "pure", "1.0")
    places = [str(tmp_path / "links")]

    with pytest.raises(NoMatchingSource):
        get(cache_dir, "pure==1.0", Network.NEVER, no_index=True, find_links=places)
    with pytest.raises(NoSuchProject):
        get(cache_dir, "other==1.0", Network.NEVER, no_index=True, find_links=places)


def test_what_only_local_indexes_said_is_not_remembered_for_all_of_them(
    cache_dir: Path, index: IndexServer, tmp_path: Path
) -> None:
    ours = make_sdist(materialise("pure", tmp_path / "ours"), tmp_path / "simple" / "pure")
    link = f'<a href="{ours.name}">{ours.name}</a>'
    (ours.parent / "index.html").write_text(f"<!DOCTYPE html><html><body>{link}</body></html>")
    theirs = make_sdist(materialise("pure", tmp_path / "theirs", chatter=1), tmp_path)
    index.add(theirs)
    extra = [(tmp_path / "simple").as_uri()]

    alone = get(
        *(cache_dir, "pure==1.0", Network.NEVER),
        index_url=index.url,
        extra_index_url=extra,
    )
    together = get(
        *(cache_dir, "pure==1.0", Network.AS_NEEDED),
        index_url=index.url,
        extra_index_url=extra,
    )

    assert together.source != alone.source
    assert index.requests
