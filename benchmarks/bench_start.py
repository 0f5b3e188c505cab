"""How long the command takes to start, which every hit pays: fresh processes, the median counts."""

import statistics
import subprocess
import sys
import time

ROUNDS = 20


def seconds(*command: str) -> float:
    """Return how long `command` takes, once."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def median(*command: str) -> float:
    """Return how long `command` takes in general, its first run (cold disk) left out."""
    return statistics.median([seconds(*command) for _ in range(ROUNDS + 1)][1:])


if __name__ == "__main__":
    bare = median(sys.executable, "-c", "pass")
    start = median(sys.executable, "-m", "wheelwell", "--help")
    print(f"python -c pass     {bare * 1000:6.1f} ms")
    print(f"wheelwell --help   {start * 1000:6.1f} ms")
