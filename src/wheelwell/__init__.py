"""The build cache for Python wheels: a request becomes a wheel, built at most once.

    import wheelwell

    with wheelwell.open_cache() as cache:
        wheel = cache.get("lxml==5.3.0")
        wheel.path, wheel.sha256, wheel.tags, wheel.origin, wheel.record

What is public is named here, and imported when it is first used: a hit must start fast.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wheelwell.version import VERSION

if TYPE_CHECKING:
    from wheelwell.cache import WheelCache
    from wheelwell.compose.cache import open_cache
    from wheelwell.config import Configuration
    from wheelwell.config import load as load_configuration
    from wheelwell.errors import WheelwellError
    from wheelwell.explain import Explanation
    from wheelwell.indexes import Network
    from wheelwell.options import Options, Reuse
    from wheelwell.plan import Plan
    from wheelwell.protocols import Reporter
    from wheelwell.settings import Settings
    from wheelwell.wheel import Origin, Wheel

__version__ = VERSION

_PLACES = {
    "Configuration": ("config", "Configuration"),
    "Explanation": ("explain", "Explanation"),
    "Network": ("indexes", "Network"),
    "Options": ("options", "Options"),
    "Origin": ("wheel", "Origin"),
    "Plan": ("plan", "Plan"),
    "Reporter": ("protocols", "Reporter"),
    "Reuse": ("options", "Reuse"),
    "Settings": ("settings", "Settings"),
    "Wheel": ("wheel", "Wheel"),
    "WheelCache": ("cache", "WheelCache"),
    "WheelwellError": ("errors", "WheelwellError"),
    "load_configuration": ("config", "load"),
    "open_cache": ("compose.cache", "open_cache"),
}

__all__ = [
    "Configuration",
    "Explanation",
    "Network",
    "Options",
    "Origin",
    "Plan",
    "Reporter",
    "Reuse",
    "Settings",
    "Wheel",
    "WheelCache",
    "WheelwellError",
    "__version__",
    "load_configuration",
    "open_cache",
]


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _PLACES[name]
    return getattr(import_module(f"{__name__}.{module}"), attribute)


def __dir__() -> list[str]:
    return __all__
