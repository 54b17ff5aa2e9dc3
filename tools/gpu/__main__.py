"""``python -m tools.gpu``: see `tools.gpu.cli`."""

from tools.command import run
from tools.gpu.cli import main

if __name__ == "__main__":
    run(main)
