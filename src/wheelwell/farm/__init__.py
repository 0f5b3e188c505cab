"""Farms: an executor of warm-ups over the workers of a Dask scheduler, on many machines."""

from wheelwell.farm.farm import Farm

__all__ = ["Farm"]
