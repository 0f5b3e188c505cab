"""What a worker does: one errand, in the cache directory that is shared. Runs in its process."""

from __future__ import annotations

import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

from wheelwell.warm.start import room_of_machine

if TYPE_CHECKING:
    from wheelwell.outcome import Outcome
    from wheelwell.warm.sent import Sent
    from wheelwell.warm.task import Postponed


def do(data: bytes, topic: str) -> Outcome | Postponed:
    """Do an errand that came pickled; its steps are told under that topic."""
    from distributed import get_worker

    worker = get_worker()
    key, name = worker.get_current_task(), str(worker.name)
    sent: Sent = pickle.loads(data)  # noqa: S301  (as all that comes from Dask)

    def began(step: str, subject: str) -> None:
        told = {"key": key, "step": step, "subject": subject, "worker": name}
        worker.log_event(topic, told)

    return replace(sent, start=replace(sent.start, cores=_cores(sent, worker.state.nthreads)))(
        began
    )


def _cores(sent: Sent, threads: int) -> int:
    """Return how many of this machine's cores a build may keep busy, beside the other threads."""
    cores = room_of_machine().cores
    return cores if sent.start.job.is_alone else max(1, cores // threads)
