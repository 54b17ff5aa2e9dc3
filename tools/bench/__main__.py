"""``python tools/bench PART``: see `bench.cli`."""

import sys
from pathlib import Path

if not __package__:
    # Started by the folder's name, Python looks for modules inside it; the package stands one above.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from bench.cli import main
from command import run

if __name__ == "__main__":
    run(main)
