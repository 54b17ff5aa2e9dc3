"""The environment of a run: versions, machine, commit, command."""

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import torch

from indexnet_engine.processes import torchrun_number


def describe_environment() -> dict[str, Any]:
    """Describe the environment of this process, in plain JSON types."""
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": sys.argv,
        "git": git_state(Path(__file__)),
        "python": sys.version,
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "processes": torchrun_number("WORLD_SIZE", alone=1),
        "torch": {
            "version": torch.__version__,
            "threads": torch.get_num_threads(),
            "cuda": torch.version.cuda,
            "devices": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())],
            "config": torch.__config__.show(),
        },
        "packages": dict(sorted((found.name, found.version) for found in distributions())),
    }


def git_state(file: Path) -> dict[str, Any] | None:
    """Return the commit of the repository that tracks a file, and whether there are uncommitted changes.

    None if no repository tracks it: a package may be installed inside the repository of another project.
    """
    folder = file.parent
    try:
        _git(folder, "ls-files", "--error-unmatch", file.name)
        commit = _git(folder, "rev-parse", "HEAD")
        changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
        return {"commit": commit, "changed": bool(changes)}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=10
    )
    return done.stdout.strip()
