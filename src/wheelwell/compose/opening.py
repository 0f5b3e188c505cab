"""Opening a cache again in another process: what is said of it there, and what is that one's own.

What is built and where sources come from are as they are here, so that keys are the same. How a
machine reaches servers, what is on it, and what is secret are of the process that opens.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace

from wheelwell.cache import WheelCache
from wheelwell.compose.cache import open_cache
from wheelwell.config import Configuration, load
from wheelwell.indexes import Connection, Indexes
from wheelwell.overrides import Overrides
from wheelwell.secret_variables import names_alone, set_here
from wheelwell.urls import without_passwords


@dataclass(frozen=True, kw_only=True, slots=True)
class Opening:
    """Opens the same cache wherever it is called. A value without secrets."""

    directory: str
    """Of the cache, absolute."""

    configuration: Configuration

    def __call__(self, warn: Callable[[str], None]) -> WheelCache:
        """Open the cache. Raises `ConfigurationError` and `Unwritable`."""
        configuration = _arrived(self.configuration, load())
        return open_cache(self.directory, configuration=configuration, warn=warn)


def opening_of(directory: str, configuration: Configuration) -> Opening:
    """Return what opens the cache in `directory` as this process does."""
    settings = configuration.settings
    sent = replace(
        configuration,
        indexes=_without_passwords(configuration.indexes),
        build_indexes=_without_passwords(configuration.build_indexes),
        connection=Connection(),
        settings=replace(settings, secrets=names_alone(settings.secrets)),
        packages={name: _names_alone(table) for name, table in configuration.packages.items()},
        switches=_names_alone(configuration.switches),
        environ={},
        warnings=(),
    )
    return Opening(directory=directory, configuration=sent)


def _without_passwords(indexes: Indexes) -> Indexes:
    return Indexes(
        urls=tuple(map(without_passwords, indexes.urls)),
        find_links=tuple(map(without_passwords, indexes.find_links)),
    )


def _names_alone(overrides: Overrides) -> Overrides:
    return replace(overrides, secrets=names_alone(overrides.secrets))


def _arrived(sent: Configuration, own: Configuration) -> Configuration:
    """Return the configuration that came, with what is this process's own."""
    known = {
        without_passwords(url): url
        for indexes in (own.build_indexes, own.indexes)
        for url in (*indexes.urls, *indexes.find_links)
    }

    def credited(indexes: Indexes) -> Indexes:
        return Indexes(
            urls=tuple(known.get(url, url) for url in indexes.urls),
            find_links=tuple(known.get(place, place) for place in indexes.find_links),
        )

    def filled(overrides: Overrides) -> Overrides:
        return replace(overrides, secrets=set_here(overrides.secrets, own.environ))

    return replace(
        sent,
        indexes=credited(sent.indexes),
        build_indexes=credited(sent.build_indexes),
        connection=own.connection,
        settings=replace(sent.settings, secrets=set_here(sent.settings.secrets, own.environ)),
        packages={name: filled(table) for name, table in sent.packages.items()},
        switches=filled(sent.switches),
        environ=own.environ,
        # A Python that is named by a relative path is beside the one who asked, if anywhere.
        directory=sent.directory if os.path.isdir(sent.directory) else own.directory,
        warnings=own.warnings,
    )
