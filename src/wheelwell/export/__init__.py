"""Exporting: wheels leave the cache, each whole or not at all, for those who know nothing of it."""
