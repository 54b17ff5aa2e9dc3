"""Options that several parts share."""

import argparse
import re
from collections.abc import Iterable, Sequence

import torch

from indexnet_engine.errors import UserError
from indexnet_engine.files import make_folder
from tools.bench.work import Size

__all__ = ["check_names", "check_options", "parse_sizes"]


def parse_sizes(words: Sequence[str], multiple: int = 1) -> list[Size]:
    """Parse sizes, width x height, into height and width.

    Raises:
        UserError: a text is not a size, or a size is not divisible.

    >>> parse_sizes(["1920x1080"])
    [(1080, 1920)]
    """
    found = []
    for word in words:
        match = re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", word)
        if match is None:
            raise UserError(f"--size must be width x height as in 1920x1080, got {word}")
        width, height = map(int, match.groups())
        if width % multiple or height % multiple:
            raise UserError(f"--size must be divisible by {multiple} here, got {word}")
        found.append((height, width))
    return found


def check_names(what: str, names: Sequence[str], known: Iterable[str]) -> None:
    """Check names; argparse's ``choices`` would also check a list of defaults."""
    for name in names:
        if name not in known:
            raise UserError(f"unknown {what} {name!r}; choose from {', '.join(known)}")


def check_options(options: argparse.Namespace) -> None:
    """Check the options that argparse does not check, before anything is measured.

    Raises:
        UserError: a number is not positive, there is no such device, or a file cannot be written.
    """
    for name in ("rounds", "threads", "batch", "width", "seconds", "channels", "size"):
        values = getattr(options, name, None)
        for value in values if isinstance(values, list) else [values]:
            if isinstance(value, int | float) and not value > 0:
                raise UserError(f"--{name} must be positive, got {value:g}")
    if options.device == "cpu" and "graph" in getattr(options, "execution", []):
        raise UserError("--execution graph needs a CUDA device")
    if options.device == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: PyTorch finds no CUDA device")
    for path in (options.out, getattr(options, "plot", None)):
        if path is not None and path.is_dir():
            raise UserError(f"{path}: is a folder")
        if path is not None:
            make_folder(path.parent)
