"""What a worker does: one errand, in the cache directory that is shared. Runs in its process."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from typing import TYPE_CHECKING

from wheelwell.errors import ConfigurationError
from wheelwell.outcome import Failure, Outcome
from wheelwell.warm.errand import outcome_of
from wheelwell.warm.start import room_of_machine

if TYPE_CHECKING:
    from wheelwell.warm.sent import Sent
    from wheelwell.warm.task import Postponed


def do(data: bytes, topic: str, wheelhouse: int) -> Outcome | Postponed:
    """Do an errand that came pickled; its steps are told under that topic.

    `wheelhouse` is the inode of the directory that collects wheels, where there is one.
    """
    from distributed import get_worker

    worker = get_worker()
    key, name = worker.get_current_task(), str(worker.name)
    sent: Sent = pickle.loads(data)  # noqa: S301  (as all that comes from Dask)
    if sent.wheelhouse and inode_of(sent.wheelhouse.directory) != wheelhouse:
        told = f"the wheelhouse {sent.wheelhouse.directory} is not shared with the worker {name}"
        error = ConfigurationError(told, hint="it must be on a disk that all have, as the cache is")
        return replace(outcome_of(sent.task, error), failure=Failure.CACHE)

    def began(step: str, subject: str) -> None:
        told = {"key": key, "step": step, "subject": subject, "worker": name}
        worker.log_event(topic, told)

    return replace(sent, start=replace(sent.start, cores=_cores(sent, worker.state.nthreads)))(
        began
    )


def inode_of(directory: str) -> int:
    """Return what a directory is known by to all who share it; 0 for one that is not there."""
    try:
        return os.stat(directory).st_ino
    except OSError:
        return 0


def _cores(sent: Sent, threads: int) -> int:
    """Return how many of this machine's cores a build may keep busy, beside the other threads."""
    cores = room_of_machine().cores
    return cores if sent.start.job.is_alone else max(1, cores // threads)
