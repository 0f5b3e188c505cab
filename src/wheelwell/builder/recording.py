"""Recording: what is written down about a build when it is over."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib import metadata

from wheelwell.builder.builder import Built
from wheelwell.digest import sha256_chunks
from wheelwell.interpreter import Interpreter
from wheelwell.key import Keyed
from wheelwell.needs import Needs
from wheelwell.record import Observed, Record, Stamp


def record_of(
    keyed: Keyed,
    built: Built,
    *,
    origin: str,
    host: Interpreter,
    version: str,
    needs: Needs | None = None,
) -> Record:
    """Return the record of a wheel that is not stored yet: the store adds where it is.

    `version` is wheelwell's own, `origin` where the source was fetched from, `needs` what of the
    wheel's needs this machine meets.
    """
    with built.wheel.open("rb", buffering=0) as file:
        sha256 = sha256_chunks(iter(lambda: file.read(1 << 20), b""))
    return Record(
        key=keyed.key(),
        inputs=keyed.inputs(),
        build="unpublished",
        filename=built.wheel.name,
        sha256=sha256,
        stamp=Stamp(size=0, mtime_ns=0, ctime_ns=0, inode=0),
        native=built.checked.native,
        needs=needs,
        observed=Observed(
            python=host.version,
            libc=" ".join(host.libc).strip(),
            requirements=built.installed,
            wheelwell=version,
            frontend=f"build {metadata.version('build')}, {built.frontend}",
            origin=origin,
            built_at=datetime.now(UTC).isoformat(timespec="seconds"),
            seconds=round(built.seconds, 3),
            cpu_seconds=round(built.usage.cpu_seconds, 3),
            peak_memory=built.usage.peak_memory,
        ),
    )
