"""On what was measured."""

import os
import platform
import shlex
import sys
from pathlib import Path

import torch

__all__ = ["announce", "command_line", "describe_machine", "processor"]


def announce(device: str) -> None:
    """Print where and by what command is measured: figures without it say nothing."""
    print(f"{describe_machine(device)}\n{command_line()}\n", flush=True)


def command_line() -> str:
    """The command as it can be given again."""
    return f"python -m tools.bench {shlex.join(sys.argv[1:])}"


def describe_machine(device: str) -> str:
    """One line: processor or GPU, threads, PyTorch."""
    where = f"{processor()}, threads: {torch.get_num_threads()} of {os.cpu_count()}"
    if device == "cuda":
        where = f"{torch.cuda.get_device_name()}, {where}"
    return f"{where}, {torch.backends.cpu.get_cpu_capability()}, PyTorch {torch.__version__}"


def processor() -> str:
    """Name of the processor, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
