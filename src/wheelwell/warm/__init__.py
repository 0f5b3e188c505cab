"""Warming up: many requests for many Pythons, in parallel, whatever fails."""
