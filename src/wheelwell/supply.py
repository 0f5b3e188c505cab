"""Supplying build requirements that no index has a wheel of: they are built first, through a cache.

They come from where build requirements do, and as of the instant that theirs is. What the switches
say is meant for what was asked for, and is not for them. No lease is held meanwhile, so that two
projects that need each other end in an error, and not in waiting.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wheelwell.errors import BuildError, EnvironmentFailed, NotInCache, SourceError
from wheelwell.missing import RequirementsMissing
from wheelwell.options import Options
from wheelwell.wheel import Wheel

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache


def supplied(options: Options, missing: RequirementsMissing, cache: WheelCache) -> Options:
    """Return options with the wheels that are missing, had from a cache of build requirements.

    Raises `EnvironmentFailed` where one is not to be had, and as `WheelCache.get` does otherwise.
    """
    return replace(
        options,
        wheels=(*options.wheels, *(supply(pin, missing, options, cache) for pin in missing.pins)),
    )


def supply(pin: str, missing: RequirementsMissing, options: Options, cache: WheelCache) -> Wheel:
    """Return the wheel of one build requirement, whole. Raises as `supplied` does."""
    from wheelwell.reproduction import is_whole

    request, told = cache.request(pin), options_of(pin, missing, options, cache)
    try:
        wheel = cache.give(pin, told)
        if not is_whole(wheel):
            cache.set_aside(wheel)
            wheel = cache.give(pin, told)
    except (BuildError, SourceError, NotInCache) as error:
        lines = error.lines if isinstance(error, BuildError) else ()
        raise EnvironmentFailed(
            f"{missing.project or 'it'} needs {pin} to be built, which has no wheel that fits, "
            f"and could not be built itself: {error.message.splitlines()[0]}",
            lines=lines,
            requirements={request.name: request.pin},
            hint=error.hint if error.is_hint_telling else "",
            log=error.log,
        ) from error
    return wheel


def options_of(
    pin: str, missing: RequirementsMissing, options: Options, cache: WheelCache
) -> Options:
    """Return how a build requirement is to be had.

    Raises `EnvironmentFailed` where it needs what needs it.
    """
    name = cache.request(pin).name
    chain = (*options.wanted_by, missing.project)
    if name in chain:
        circle = " → ".join((*chain[chain.index(name) :], name))
        raise EnvironmentFailed(
            f"the build requirements need each other, and none has a wheel: {circle}",
            hint="a wheel of one of them, at an index or by --find-links, opens the circle",
        )
    if any(wheel.request == cache.request(pin).text for wheel in options.wheels):
        raise EnvironmentFailed(
            f"{missing.project} needs {pin} to be built; its wheel was built, but is not taken",
            hint="does its wheel fit the Python that is built for?",
        )
    settings = cache.settings_of(name)
    return Options(
        interpreter=options.interpreter,
        settings=replace(settings, as_of=missing.as_of) if missing.as_of else settings,
        network=options.network,
        reuse=options.reuse,
        timeout=options.timeout,
        jobs=options.jobs,
        wanted_by=chain,
        is_deferring=options.is_deferring,
        cancel=options.cancel,
        reporter=options.reporter,
    )
