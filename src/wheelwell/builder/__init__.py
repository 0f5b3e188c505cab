"""Building: interpreters, compilers and environments, backends under a supervisor, good wheels."""
