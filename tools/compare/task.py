"""The interface that a task implements to be compared."""

from abc import ABC, abstractmethod
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_engine.images.panels import one_below_another, with_column_headings, with_row_label

__all__ = ["Columns", "ComparedTask", "Contender", "Figure", "Measured", "varied"]

Columns: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]


class Figure(NamedTuple):
    """A metric that the table shows.

    Attributes:
        name: key of the metric, and heading of its column.
        better: which values are better.
        digits: decimals in the table.
        percent: whether a fraction is shown in per cent.
    """

    name: str
    better: Literal["higher", "lower"]
    digits: int = 3
    percent: bool = False


class Contender(NamedTuple):
    """A row of the table.

    Attributes:
        label: name of the row and of its runs.
        words: options of the training by which this row differs from the others.
    """

    label: str
    words: list[str]


def varied(contenders: Sequence[Contender], option: Sequence[str]) -> list[Contender]:
    """Return each contender once for each value of a training option.

    Args:
        contenders: one for each operator.
        option: the option's name and its values; without it the contenders are returned unchanged.

    >>> [row.label for row in varied([Contender("hin", [])], ["loop.ema", "null", "0.99"])]
    ['hin-ema-null', 'hin-ema-0.99']
    """
    if not option:
        return list(contenders)
    name, *values = option
    return [
        Contender(f"{label}-{name.rpartition('.')[2]}-{value}", [*words, f"--{name}={value}"])
        for label, words in contenders
        for value in values
    ]


class Measured(NamedTuple):
    """The metrics of one training.

    Attributes:
        values: metric -> value.
        classes: class -> metric -> value, for a task with classes.
    """

    values: dict[str, float]
    classes: Mapping[str, Mapping[str, float]] = {}


class ComparedTask(ABC):
    """One of the four tasks. ``config`` is always the ``TrainConfig`` of the task.

    Args:
        options: options of the command line, including those of `add_options`.
    """

    name: ClassVar[str]
    config_class: ClassVar[type]
    configs: ClassVar[Path]
    operators: ClassVar[tuple[str, ...]]
    """The operators compared by default."""
    columns: ClassVar[Columns]
    """Headings of the panel's columns before and after those of the networks."""

    run_training: "ClassVar[staticmethod[[Any], Path]]"
    """Run or resume a training; returns its folder."""
    create_network: "ClassVar[staticmethod[..., nn.Module]]"
    """Create an untrained network from the options of ``config.model``."""
    load_network: "ClassVar[staticmethod[[Path, str], nn.Module]]"
    """Load the network of a run onto a device, in evaluation mode."""

    def __init__(self, options: Namespace) -> None:
        self.options = options

    @staticmethod
    @abstractmethod
    def add_options(parser: ArgumentParser) -> None:
        """Add the task's own options, ``--test`` among them."""

    def contenders(self) -> list[Contender]:
        """Return one contender for each operator."""
        return [Contender(name, [f"--model.resampling={name}"]) for name in self.options.operators]

    def shared_words(self) -> list[str]:
        """Return further options of all trainings, such as the test data to evaluate during training."""
        return [] if self.options.test is None else [f"--data.test={self.options.test}"]

    @abstractmethod
    def open(self, config: Any) -> None:
        """Open the test data.

        Raises:
            UserError: they are missing or unusable.
        """

    @property
    @abstractmethod
    def figures(self) -> Sequence[Figure]:
        """The metrics that the table shows; known after `open`."""

    def build(self, config: Any) -> nn.Module:
        """Create an untrained network."""
        return self.create_network(**config.model.arguments())

    def side(self, config: Any) -> int:
        """Return the side of a training sample in pixels."""
        return int(config.data.size)

    @abstractmethod
    def draw(self, config: Any, samples: int) -> dict[str, Tensor]:
        """Generate a random batch in place of training data."""

    def input(self, batch: Mapping[str, Tensor]) -> Tensor:
        """Return the network's input for a batch."""
        return batch["image"]

    @abstractmethod
    def loss(self, config: Any, output: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """Return the training loss."""

    @abstractmethod
    def measure(self, model: nn.Module) -> Measured:
        """Evaluate a network on all test data."""

    @property
    @abstractmethod
    def names(self) -> list[str]:
        """Names of the test images."""

    @abstractmethod
    def predict(self, model: nn.Module, name: str) -> NDArray[np.generic]:
        """Return a network's prediction for one test image; timing begins after the image has been read."""

    @abstractmethod
    def size(self, name: str) -> str:
        """Return height and width of one image as a text, ``480x640`` for example."""

    @abstractmethod
    def row(
        self, name: str, predictions: Sequence[NDArray[Any]]
    ) -> tuple[NDArray[np.uint8], Sequence[NDArray[Any]]]:
        """Draw the row of one image.

        Args:
            name: of the image.
            predictions: one for each network.

        Returns:
            The row as one image, and the images in its columns.
        """

    def panels(self, names: Sequence[str], models: Mapping[str, nn.Module]) -> NDArray[np.uint8]:
        """Draw a row for each image, with its name, and a column for each network, with a heading."""
        rows = []
        for name in names:
            row, images = self.row(name, [self.predict(model, name) for model in models.values()])
            rows.append(with_row_label(with_column_headings(row, images, self.headings(models)), name))
        return one_below_another(rows)

    def headings(self, labels: Iterable[str]) -> list[str]:
        """Return the headings of all columns; ``labels`` are those of the networks."""
        before, after = self.columns
        return [*before, *labels, *after]
