"""The machine and the command of a measurement."""

import os
import platform
import shlex
import sys
from pathlib import Path

import torch

__all__ = ["announce", "command_line", "describe_machine", "processor"]


def announce(device: str) -> None:
    """Print the machine and the command, without which figures are meaningless."""
    print(f"{describe_machine(device)}\n{command_line()}\n", flush=True)


def command_line() -> str:
    """The command line, for repeating the measurement."""
    return f"python -m tools.bench {shlex.join(sys.argv[1:])}"


def describe_machine(device: str) -> str:
    """One line: processor or GPU, threads, PyTorch."""
    where = f"{processor()}, threads: {torch.get_num_threads()} of {os.cpu_count()}"
    if device == "cuda":
        where = f"{torch.cuda.get_device_name()}, {where}"
    return f"{where}, {torch.backends.cpu.get_cpu_capability()}, PyTorch {torch.__version__}"


def processor() -> str:
    """Name of the processor, if the system knows it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
