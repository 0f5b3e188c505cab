"""Exporting: wheels leave the cache, each whole or not at all, for those who know nothing of it."""

FORMS = ("dir", "index", "tar", "pip-cache")
"""What wheels can be exported to."""
