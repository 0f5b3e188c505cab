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
from wheelwell.request import Request
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
    request = cache.request(pin)
    chain = (*options.wanted_by, missing.project)
    if request.name in chain:
        circle = " → ".join((*chain[chain.index(request.name) :], request.name))
        raise EnvironmentFailed(
            f"the build requirements need each other, and none has a wheel: {circle}",
            hint="a wheel of one of them, at an index or by --find-links, opens the circle",
        )
    if any(wheel.request == request.text for wheel in options.wheels):
        raise EnvironmentFailed(
            f"{missing.project} needs {pin} to be built; its wheel was built, but is not taken",
            hint="does its wheel fit the Python that is built for?",
        )
    told = replace(options, wanted_by=chain, wheels=())
    try:
        return whole(request, cache, options_of(request, told, cache, as_of=missing.as_of))
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


def whole(request: Request, cache: WheelCache, options: Options) -> Wheel:
    """Return a wheel that has its bytes: it is read now. Raises as `WheelCache.get` does."""
    from wheelwell.reproduction import is_whole

    wheel = cache.give(request, options)
    if is_whole(wheel):
        return wheel
    cache.set_aside(wheel)
    return cache.give(request, options)


def options_of(request: Request, options: Options, cache: WheelCache, *, as_of: str) -> Options:
    """Return how a build requirement is to be had, of what asks for it with `options`."""
    settings = cache.settings_of(request.name)
    return replace(
        options,
        settings=replace(settings, as_of=as_of) if as_of else settings,
        rebuild=False,
        prefer_binary=False,
        require_native=None,
        keep=False,
    )
