"""The parts of an application that are measured."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from indexnet_engine.training.loop import LoopConfig
from indexnet_engine.training.optim import OptimConfig
from indexnet_engine.training.task import Task, TrainData

__all__ = ["Measures", "Opened", "Pipeline", "Source"]

Measures: TypeAlias = dict[str, Callable[[], object]]
"""Functions that compute metrics of one image, by name; the last one is all that an evaluation computes."""


class Source(NamedTuple):
    """Which data to open."""

    data: str
    """The value of ``train --data.train``."""
    meaning: str | None
    """Meaning of the numbers in the files: ``--data.unit`` of depth, ``--data.labels`` of segmentation."""
    cache: Path
    """Folder for files that are decoded or cropped once."""


class Opened(NamedTuple):
    """Training data, and the task that trains on them; all with the defaults of ``train``."""

    data: TrainData
    make_task: Callable[[], Task]
    loop: LoopConfig
    optim: OptimConfig


class Pipeline(NamedTuple):
    """One application."""

    open: Callable[[Source], Opened]
    """Opens the training data."""
    stages: Mapping[str, str]
    """``"module.function"`` that making a sample calls -> its purpose. None of them calls another."""
    measures: Callable[[int, int], Measures]
    """Makes a prediction and a reference of a height and a width, and returns the metrics to call."""
    sizes: tuple[tuple[int, int], ...]
    """Height and width of typical test images."""
