"""The cache directory's layout: where everything is, as paths and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from wheelwell import buckets
from wheelwell.key import Key
from wheelwell.source import Source

TAG = "CACHEDIR.TAG"
TAG_TEXT = (
    "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This directory is a cache of wheelwell (https://bford.info/cachedir/).\n"
)
"""Backup programs leave out what is marked so."""

RECORD = "record.json"
LOG = "build.log.gz"


@dataclass(frozen=True, slots=True)
class Layout:
    """The places under one cache directory. Paths are text: a hit must not wait for `pathlib`."""

    root: str
    """The cache directory, absolute."""

    @property
    def wheels(self) -> str:
        """The entries."""
        return f"{self.root}/{buckets.WHEELS}"

    @property
    def sources(self) -> str:
        """The source archives, by their SHA-256."""
        return f"{self.root}/{buckets.SOURCES}"

    @property
    def responses(self) -> str:
        """What servers answered, by what they were asked."""
        return f"{self.root}/{buckets.RESPONSES}"

    @property
    def repositories(self) -> str:
        """The Git repositories, by where they are."""
        return f"{self.root}/{buckets.REPOSITORIES}"

    @property
    def environments(self) -> str:
        """The prepared build environments."""
        return f"{self.root}/{buckets.ENVIRONMENTS}"

    @property
    def slots(self) -> str:
        """Where builds run."""
        return f"{self.root}/{buckets.SLOTS}"

    @property
    def leases(self) -> str:
        """The lock files. Only who holds one removes it."""
        return f"{self.root}/{buckets.LEASES}"

    @property
    def staging(self) -> str:
        """What is being written, on the same file system as its final place."""
        return f"{self.root}/{buckets.STAGING}"

    @property
    def failures(self) -> str:
        """The logs of builds that failed."""
        return f"{self.root}/{buckets.FAILURES}"

    @property
    def quarantine(self) -> str:
        """What was found damaged."""
        return f"{self.root}/{buckets.QUARANTINE}"

    @property
    def journal(self) -> str:
        """What happened, a file a day."""
        return f"{self.root}/{buckets.JOURNAL}"

    @property
    def size(self) -> str:
        """How large the cache was when it was measured, and what was added since."""
        return f"{self.root}/{buckets.SIZE}"

    @property
    def holds(self) -> str:
        """The builds that somebody holds."""
        return f"{self.root}/{buckets.HOLDS}"

    @property
    def pins(self) -> str:
        """What a user wants to stay."""
        return f"{self.root}/{buckets.PINS}"

    @property
    def plans(self) -> str:
        """The plans of warm-ups."""
        return f"{self.root}/{buckets.PLANS}"

    def entry(self, project: str, source: Source, key: Key) -> str:
        """The directory of one key."""
        return f"{self.wheels}/{project}/{source.token}/{key}"

    def fact(self, bucket: str, name: str) -> str:
        """The file of one remembered fact; `name` is safe in a file name."""
        return f"{self.root}/{bucket}/{name}.json"

    def lease(self, name: str) -> str:
        """The lock file of one lease; `name` is safe in a file name."""
        return f"{self.leases}/{name}.lock"
