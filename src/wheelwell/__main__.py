"""Running the package runs the command."""

from wheelwell.cli import run

if __name__ == "__main__":
    run()
