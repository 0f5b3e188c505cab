"""`wheelwell dir` and `wheelwell info`: where the cache is, and what is in it and in force."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from wheelwell.buckets import ENVIRONMENTS, KINDS, PINS, QUARANTINE, REPOSITORIES, WHEELS, WORKING
from wheelwell.cli import print_json
from wheelwell.config import Configuration, load
from wheelwell.quantities import as_age, as_size
from wheelwell.version import VERSION


def show_directory(arguments: argparse.Namespace) -> int:
    """Print the cache directory, whether it is there or not."""
    directory = _configuration(arguments).cache_dir
    if arguments.json:
        print_json({"cache_dir": directory})
    else:
        print(directory)
    return 0


def show_info(arguments: argparse.Namespace) -> int:
    """Print what the cache holds, and what is in force."""
    configuration = _configuration(arguments)
    facts = _facts(configuration, arguments.kinds)
    if arguments.json:
        import json

        print(json.dumps(facts, ensure_ascii=False))
        return 0
    print(f"wheelwell {facts['version']}")
    print(
        f"cache directory: {facts['cache_dir']}" + ("" if facts["exists"] else " (not there yet)")
    )
    print(f"usable: {facts['usable']}" + (f" ({facts['why']})" if facts["why"] else ""))
    for kind, held in facts["holds"].items():
        print(f"  {kind + ':':14} {held['count']:>7}   {as_size(held['bytes'])}")
    total = sum(held["bytes"] for held in facts["holds"].values()) + facts["working"]
    print(f"  {'in all:':14} {'':>7}   {as_size(total)}")
    limit, age = facts["limit"], facts["max_age"]
    print(f"limit: {as_size(limit) if limit is not None else 'none'}")
    if age is not None:
        print(f"max-age: {as_age(age)}")
    for layer in facts["layers"]:
        print(f"layer: {layer}")
    print(f"indexes: {', '.join(facts['indexes']) or 'none'}")
    if facts["find_links"]:
        print(f"find-links: {', '.join(facts['find_links'])}")
    print(f"build environments by: {facts['installer']}")
    return 0


def _configuration(arguments: argparse.Namespace) -> Configuration:
    trusts = getattr(arguments, "trust_owner", None)  # `dir` does not ask
    return load({"cache-dir": arguments.cache_dir, "trust-owner": trusts})


def _facts(configuration: Configuration, kinds: Sequence[str] | None) -> dict[str, Any]:
    root = configuration.cache_dir
    named = configuration.indexes.named()
    usable, why = _examine(configuration)
    return {
        "version": VERSION,
        "cache_dir": root,
        "exists": os.path.isdir(root),
        "usable": usable,
        "why": why,
        "holds": {kind: _held(KINDS[kind], root) for kind in kinds or KINDS},
        "working": _held((*WORKING, PINS), root)["bytes"],
        "limit": configuration.limits.size,
        "max_age": configuration.limits.age,
        "layers": [*configuration.layers],
        "indexes": named["urls"],
        "find_links": named["find-links"],
        "installer": _installer(configuration),
    }


def _examine(configuration: Configuration) -> tuple[str, str]:
    from wheelwell.compose.upkeep import examine

    return examine(configuration)


def _held(buckets: Iterable[str], root: str) -> dict[str, Any]:
    """Return how many things the buckets hold, and how many bytes they take."""
    count, size = 0, 0
    seen: set[tuple[int, int]] = set()
    for bucket in buckets:
        for path, status in _files(f"{root}/{bucket}"):
            count += _is_counted(bucket, path.removeprefix(f"{root}/{bucket}/"))
            if (status.st_dev, status.st_ino) not in seen:
                size += status.st_size
            if status.st_nlink > 1:
                seen.add((status.st_dev, status.st_ino))
    return {"count": count, "bytes": size, "buckets": [*buckets]}


def _is_counted(bucket: str, path: str) -> bool:
    """Say whether a file stands for one thing: an entry, an archive, an environment, and so on."""
    if bucket == WHEELS:
        return path.endswith("/record.json")
    if bucket == ENVIRONMENTS:
        return path.count("/") == 2 and path.endswith("/environment.json")
    if bucket == REPOSITORIES:
        return path.count("/") == 1 and path.endswith("/HEAD")
    if bucket == QUARANTINE:
        return path.count("/") <= 1
    return True


def _files(directory: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the files below a directory; links are not followed."""
    above = [directory]
    while above:
        with contextlib.suppress(OSError), os.scandir(above.pop()) as found:
            for each in found:
                if each.is_dir(follow_symlinks=False):
                    above.append(each.path)
                else:
                    yield each.path, each.stat(follow_symlinks=False)


def _installer(configuration: Configuration) -> str:
    from wheelwell.compose.cache import installer

    return installer(configuration)
