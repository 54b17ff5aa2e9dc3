"""The parts of an application that are measured."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from indexnet_engine.training.loop import LoopConfig
from indexnet_engine.training.optim import OptimConfig
from indexnet_engine.training.task import Task, TrainData

__all__ = ["Measures", "Opened", "Pipeline", "Source"]

Measures: TypeAlias = dict[str, Callable[[], object]]
"""Measures of one image by name, to be called; the last is all that an evaluation asks for."""


class Source(NamedTuple):
    """Which data to open."""

    data: str
    """The value of ``train --data.train``."""
    meaning: str | None
    """Meaning of the numbers in the files: ``--data.unit`` of depth, ``--data.labels`` of segmentation."""
    cache: Path
    """Folder for what is decoded or cut once."""


class Opened(NamedTuple):
    """Training data, and the training that would take them; all with the defaults of ``train``."""

    data: TrainData
    make_task: Callable[[], Task]
    loop: LoopConfig
    optim: OptimConfig


class Pipeline(NamedTuple):
    """One application."""

    open: Callable[[Source], Opened]
    """Opens training data."""
    stages: Mapping[str, str]
    """``"module.function"`` that a sample calls -> what it is for. None of them calls another."""
    measures: Callable[[int, int], Measures]
    """Makes an estimate and a truth of a height and a width, and gives what measures them."""
    sizes: tuple[tuple[int, int], ...]
    """Height and width of usual test images."""
