"""Buckets: the directories of a cache by name, and the kinds of things that are in them.

A bucket's layout is a version in its name. What has no version is short-lived, or a user's own.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

WHEELS = "wheels-v1"
SOURCES = "sources-v1"
RESPONSES = "http-v1"
REPOSITORIES = "git-v1"
ENVIRONMENTS = "environments-v1"
JOURNAL = "journal-v1"

COMMITS = "commits-v1"
COPIES = "copies-v1"
DATES = "dates-v1"
FAILED = "failed-v1"
IDENTITIES = "identities-v1"
INTERPRETERS = "interpreters-v1"
LIBRARIES = "libraries-v1"
RESOLUTIONS = "resolutions-v1"
TOOLCHAINS = "toolchains-v1"
UPLOADS = "uploads-v1"

FACTS = (
    *(COMMITS, COPIES, DATES, FAILED, IDENTITIES, INTERPRETERS, LIBRARIES),
    *(RESOLUTIONS, TOOLCHAINS, UPLOADS),
)
"""The buckets of facts that were costly to find out: small JSON files."""

SIZE = "size-v1"
"""How large the cache was when it was measured, and what was added since."""

SLOTS = "slots"
LEASES = "leases"
STAGING = "staging"
HOLDS = "holds"
PINS = "pins"
PLANS = "plans"
FAILURES = "failures"
QUARANTINE = "quarantine"

KINDS: Mapping[str, tuple[str, ...]] = {
    "wheels": (WHEELS,),
    "sources": (SOURCES, REPOSITORIES),
    "http": (RESPONSES,),
    "environments": (ENVIRONMENTS,),
    "facts": FACTS,
    "logs": (FAILURES, QUARANTINE, PLANS),
    "journal": (JOURNAL,),
}
"""What users see and purge, by the names of the switches, and the buckets that it covers."""

WORKING = (SLOTS, STAGING, LEASES, HOLDS)
"""What running processes need."""

ALL = (*itertools.chain(*KINDS.values()), *WORKING, PINS, SIZE)
