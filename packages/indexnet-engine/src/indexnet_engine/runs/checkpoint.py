"""Checkpoints: everything that an exact resume needs."""

import pickle
import zipfile
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

import torch
from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, naming_write_errors
from indexnet_engine.randomness import RngState

FORMAT = 1


class ProcessState(TypedDict):
    """The state of one process of a run."""

    rng: RngState
    losses: dict[str, Any]  # sums since the last logged step


class Checkpoint(TypedDict):
    """The whole state of a training run after some step, in types that ``weights_only=True`` accepts.

    The learning-rate schedule and the position in the epoch are functions of ``step``.
    """

    format: int
    step: int
    best: float | None
    metrics: dict[str, float]
    model: dict[str, Tensor]
    average: NotRequired[dict[str, Tensor]]  # moving average of the weights, where the training keeps one
    optimizer: dict[str, Any]
    scaler: dict[str, Any]
    processes: list[ProcessState]
    data: dict[str, int]  # must be equal when the run is resumed
    config: dict[str, Any]


def save_checkpoint(path: str | Path, state: Checkpoint) -> None:
    """Write a checkpoint atomically: ``path`` holds the old or the new one, never a partial one.

    Raises:
        UserError: ``path`` cannot be written, or the disk is full.
    """
    # torch.save raises RuntimeError where the disk is full.
    with naming_write_errors(path, RuntimeError), atomic_path(path) as temporary:
        torch.save(dict(state), temporary)


def load_checkpoint(path: str | Path) -> Checkpoint:
    """Read a checkpoint onto the CPU. Nothing in the file is executed.

    Raises:
        UserError: The file is missing, damaged, no checkpoint, or of an unknown format.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: no such checkpoint")
    try:
        _check_sums(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (zipfile.BadZipFile, pickle.UnpicklingError, RuntimeError, EOFError, OSError) as error:
        raise UserError(
            f"{path}: not a checkpoint that can be read (damaged, or written by something else)"
        ) from error
    if not isinstance(state, dict) or not Checkpoint.__required_keys__ <= state.keys():
        raise UserError(f"{path}: not a checkpoint of a training run")
    if state["format"] != FORMAT:
        raise UserError(f"{path}: checkpoint format {state['format']}, this version reads format {FORMAT}")
    return cast(Checkpoint, state)


def trained_weights(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """Return the weights for evaluation and prediction: the moving average, or those of the last step."""
    return checkpoint.get("average", checkpoint["model"])


def _check_sums(path: Path) -> None:
    """Find damage inside the tensors, which ``torch.load`` does not check."""
    with zipfile.ZipFile(path) as archive:
        if damaged := archive.testzip():
            raise zipfile.BadZipFile(damaged)
