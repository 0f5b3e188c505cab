"""Composition: the only place that names concrete classes."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wheelwell.builder.compilers import Compilers
from wheelwell.builder.interpreters import Interpreters
from wheelwell.cache import Parts, Plan, WheelCache
from wheelwell.config import Configuration, load
from wheelwell.dates import Dates
from wheelwell.key import Key, Keyed
from wheelwell.sources.resolve import Sources
from wheelwell.sources.uploads import Uploads
from wheelwell.store.disk import Place, Store, open_store
from wheelwell.store.memory import DiskMemory
from wheelwell.version import VERSION

if TYPE_CHECKING:
    from wheelwell.builder.builder import Builder, Built
    from wheelwell.record import Record
    from wheelwell.sources.fetch import Web
    from wheelwell.store.slots import Slot

AGENT = f"wheelwell/{VERSION}"


def open_cache(
    directory: str | os.PathLike[str] | None = None,
    *,
    configuration: Configuration | None = None,
    is_ephemeral: bool = False,
    warn: Callable[[str], None] | None = None,
) -> WheelCache:
    """Open the cache in `directory`, or in the configured one; it is made where it is not there.

    Where it cannot be used, `warn` is told why, and the cache that is returned builds everything
    anew and stores nothing: the wheels that it hands out are in a temporary directory that stays.
    `is_ephemeral` asks for such a cache at once. Raises `ConfigurationError`.
    """
    from wheelwell.store.shelf import DiskShelf

    configuration = configuration or load()
    warn = warn or _warn
    for warning in configuration.warnings:
        warn(warning)
    root = os.path.abspath(directory or configuration.cache_dir)
    store, is_ephemeral = _store(root, warn, is_ephemeral=is_ephemeral)
    memory = DiskMemory(store.layout)
    web = functools.cache(lambda: _web(configuration))
    sources = Sources(
        indexes=configuration.indexes, memory=memory, shelf=DiskShelf(store.layout), web=web
    )
    build_uploads = Uploads(indexes=configuration.build_indexes, memory=memory, web=web)
    return WheelCache(
        Parts(
            store=store,
            sources=sources,
            interpreters=Interpreters(memory, configuration.environ, configuration.directory),
            compilers=Compilers(memory, configuration.environ),
            dates=Dates(
                memory=memory, uploads=sources.uploads, build_uploads=build_uploads, now=_now
            ),
            builder=functools.cache(lambda: _builder(store, configuration, build_uploads)),
            slot=lambda project: _slot(store, project),
            place=_place,
            record=_record,
            interpreter=configuration.python or sys.executable,
            settings=configuration.settings,
            timeout=configuration.timeout,
            directory=configuration.directory,
            is_ephemeral=is_ephemeral,
            close=functools.partial(_close, store) if is_ephemeral else lambda: None,
        )
    )


def _store(root: str, warn: Callable[[str], None], *, is_ephemeral: bool) -> tuple[Store, bool]:
    if not is_ephemeral:
        try:
            return open_store(root, warn=warn), False
        except OSError as error:
            warn(
                f"the cache directory {root} cannot be used ({error.strerror}); "
                "wheels are built anew, and are not kept there"
            )
    import tempfile

    return open_store(tempfile.mkdtemp(prefix="wheelwell-"), warn=warn), True


def _close(store: Store) -> None:
    """Leave nothing of an ephemeral cache but the wheels and logs that were handed out."""
    import contextlib
    import shutil

    layout = store.layout
    for name in os.listdir(layout.root):
        path = f"{layout.root}/{name}"
        if path in {layout.wheels, layout.failures}:
            continue
        if os.path.isdir(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
    with contextlib.suppress(OSError):  # it is not empty: something was handed out
        os.rmdir(layout.root)


def _web(configuration: Configuration) -> Web:
    from wheelwell.sources.fetch import Web

    return Web(configuration.connection, agent=AGENT)


def _now() -> str:
    """Return the present instant, as `instants` writes it."""
    import time

    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _builder(store: Store, configuration: Configuration, uploads: Uploads) -> Builder:
    from wheelwell.builder.builder import Builder
    from wheelwell.builder.environment import Environments
    from wheelwell.builder.installer import Installer
    from wheelwell.store import lease

    def exclusively(name: str, is_over: Callable[[], bool]) -> AbstractContextManager[object]:
        return lease.acquire(store.layout.lease(name), is_cancelled=is_over)

    environments = Environments(
        Path(store.layout.environments),
        installer=Installer(
            indexes=configuration.build_indexes,
            connection=configuration.connection,
            environ=configuration.environ,
            page_before=uploads.page_before,
        ),
        exclusively=exclusively,
    )
    return Builder(environments, configuration.environ)


@contextmanager
def _slot(store: Store, project: str) -> Iterator[Slot]:
    from wheelwell.builder.builder import end_leftovers
    from wheelwell.store.slots import lease_slot

    with lease_slot(store.layout, project, clear=end_leftovers) as slot:
        yield slot


def _place(keyed: Keyed, key: Key) -> Place:
    return Place(project=keyed.name, source=keyed.source, key=key)


def _record(plan: Plan, built: Built) -> Record:
    from wheelwell.builder.recording import record_of

    return record_of(
        plan.keyed, built, origin=plan.located.origin, host=plan.interpreter, version=VERSION
    )


def _warn(message: str) -> None:
    import warnings

    warnings.warn(message, stacklevel=3)


def installer(configuration: Configuration) -> str:
    """Return what fills build environments here: the path of uv, or pip."""
    from wheelwell.builder.installer import find_uv

    return find_uv(configuration.environ) or "pip (with uv it is several times faster)"
