"""``python -m tools.bench PART``: see `tools.bench.cli`."""

from tools.bench.cli import main
from tools.command import run

if __name__ == "__main__":
    run(main)
