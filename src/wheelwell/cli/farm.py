"""`--farm`: the executor of a warm-up on other machines."""

from __future__ import annotations

import argparse
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache
    from wheelwell.warm.elastic import Elastic


@contextlib.contextmanager
def farm(
    arguments: argparse.Namespace,
    cache: WheelCache,
    *,
    tell: Callable[[str], None],
    warn: Callable[[str], None],
) -> Iterator[Elastic | None]:
    """Connect to the farm that is asked for; None where builds are to run here.

    Raises `ConfigurationError` and `FarmError`.
    """
    if not arguments.farm:
        yield None
        return
    from wheelwell.farm import Farm

    # What Dask logs of a lost connection is told as what became of each build.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    with Farm(arguments.farm, cache, jobs=arguments.jobs, tell=tell, warn=warn) as executor:
        yield executor
