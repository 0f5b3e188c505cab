"""Sources: from a request to an immutable source, and its private copy."""
