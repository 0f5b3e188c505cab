"""`wheelwell dir` and `wheelwell info`: where the cache is, and what is in it and in force."""

from __future__ import annotations

import argparse
import os
from typing import Any

from wheelwell.config import Configuration, load
from wheelwell.quantities import as_size
from wheelwell.version import VERSION

_KINDS = {
    "wheels": "wheels-v1",
    "sources": "sources-v1",
    "environments": "environments-v1",
    "quarantine": "quarantine",
    "failures": "failures",
}


def show_directory(arguments: argparse.Namespace) -> int:
    """Print the cache directory, whether it is there or not."""
    print(_configuration(arguments).cache_dir)
    return 0


def show_info(arguments: argparse.Namespace) -> int:
    """Print what the cache holds, and what is in force."""
    configuration = _configuration(arguments)
    facts = _facts(configuration)
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
    print(f"indexes: {', '.join(facts['indexes']) or 'none'}")
    if facts["find_links"]:
        print(f"find-links: {', '.join(facts['find_links'])}")
    print(f"build environments by: {facts['installer']}")
    return 0


def _configuration(arguments: argparse.Namespace) -> Configuration:
    trusts = getattr(arguments, "trust_owner", None)  # `dir` does not ask
    return load({"cache-dir": arguments.cache_dir, "trust-owner": trusts})


def _facts(configuration: Configuration) -> dict[str, Any]:
    root = configuration.cache_dir
    named = configuration.indexes.named()
    usable, why = _examine(configuration)
    return {
        "version": VERSION,
        "cache_dir": root,
        "exists": os.path.isdir(root),
        "usable": usable,
        "why": why,
        "holds": {kind: _held(kind, f"{root}/{name}") for kind, name in _KINDS.items()},
        "indexes": named["urls"],
        "find_links": named["find-links"],
        "installer": _installer(configuration),
    }


def _examine(configuration: Configuration) -> tuple[str, str]:
    from wheelwell.compose import examine

    return examine(configuration)


def _held(kind: str, directory: str) -> dict[str, int]:
    count = size = 0
    for place, directories, names in os.walk(directory):
        for name in names:
            try:
                size += os.lstat(os.path.join(place, name)).st_size
            except OSError:
                continue  # removed meanwhile
            count += kind in {"sources", "failures"} or name in {"record.json", "environment.json"}
        directories.sort()
    return {"count": count, "bytes": size}


def _installer(configuration: Configuration) -> str:
    from wheelwell.compose import installer

    return installer(configuration)
