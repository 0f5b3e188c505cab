"""Recording: what is written down about a build when it is over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib import metadata

from wheelwell.builder.builder import Built
from wheelwell.builder.shortfall import holds_programs
from wheelwell.degraded import YES, Facts, Verdict, judge
from wheelwell.digest import sha256_chunks
from wheelwell.interpreter import Interpreter
from wheelwell.key import Key, Keyed
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
    earlier: Iterable[Record] = (),
) -> Record:
    """Return the record of a wheel that is not stored yet: the store adds where it is.

    `version` is wheelwell's own, `origin` where the source was fetched from, `needs` what of the
    wheel's needs this machine meets, `earlier` are the records of other builds of the source.
    """
    facts = Facts(
        filename=built.wheel.name,
        inputs=keyed.inputs(),
        native=built.checked.native,
        holds_programs=not built.checked.native and holds_programs(built.wheel),
        log=built.said,
        declares=built.declares,
        earlier=tuple(earlier),
    )
    verdict = judge(facts)
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
        degraded=verdict.degraded,
        evidence=verdict.evidence,
        system=_system(built, keyed.key(), verdict, facts.earlier),
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


def _system(built: Built, key: Key, verdict: Verdict, earlier: Sequence[Record]) -> str:
    """Return how the system looked to a degraded build, by which one is known that may do better.

    What changed while it ran may be what was missing, so that it is tried once more. Where that
    did not help, the build itself may write there, and would be tried again for ever.
    """
    if verdict.degraded != YES:
        return ""
    is_no_better = any(
        record.key == key and record.evidence[:1] == verdict.evidence[:1] for record in earlier
    )
    return built.system_afterwards if is_no_better else built.system
