"""What the comparison has to know of a task."""

from abc import ABC, abstractmethod
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.images.panels import with_column_headings, with_row_label

__all__ = ["Columns", "ComparedTask", "Contender", "Figure", "Measured"]

Columns: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]


class Figure(NamedTuple):
    """A measure that is shown.

    Attributes:
        name: key of the measure, and head of its column.
        better: which values are good.
        digits: decimals in the table.
        percent: whether a share is shown as per cent.
    """

    name: str
    better: Literal["higher", "lower"]
    digits: int = 3
    percent: bool = False


class Contender(NamedTuple):
    """A row of the table.

    Attributes:
        label: names row and runs.
        words: what sets its trainings apart from the others, as options of the task's training.
    """

    label: str
    words: list[str]


class Measured(NamedTuple):
    """What one training has reached.

    Attributes:
        values: measure -> value.
        classes: class -> measure -> value, where a task has classes.
    """

    values: dict[str, float]
    classes: Mapping[str, Mapping[str, float]] = {}


class ComparedTask(ABC):
    """One of the four tasks. ``config`` is always the task's own ``TrainConfig``.

    Args:
        options: of the command line, with those of `add_options`.
    """

    name: ClassVar[str]
    config_class: ClassVar[type]
    configs: ClassVar[Path]
    operators: ClassVar[tuple[str, ...]]
    """Compared unless others are named."""

    def __init__(self, options: Namespace) -> None:
        self.options = options

    @staticmethod
    @abstractmethod
    def add_options(parser: ArgumentParser) -> None:
        """Add what this task alone has, ``--test`` included."""

    def contenders(self) -> list[Contender]:
        """One for each operator."""
        return [Contender(name, [f"--model.resampling={name}"]) for name in self.options.operators]

    def shared_words(self) -> list[str]:
        """Options of all trainings, beyond ``--data``."""
        return []

    @abstractmethod
    def train(self, config: Any) -> Path:
        """Run a training, or go on with one, and give its folder."""

    @abstractmethod
    def open(self, config: Any) -> None:
        """Open what is measured on.

        Raises:
            UserError: it is not there, or cannot be measured on.
        """

    @property
    @abstractmethod
    def figures(self) -> Sequence[Figure]:
        """What the table shows; known after `open`."""

    @abstractmethod
    def build(self, config: Any) -> nn.Module:
        """An untrained network."""

    @abstractmethod
    def side(self, config: Any) -> int:
        """Side in pixels of what it is trained on."""

    @abstractmethod
    def draw(self, config: Any, samples: int) -> dict[str, Tensor]:
        """A random batch in place of training data."""

    @abstractmethod
    def input(self, batch: Mapping[str, Tensor]) -> Tensor:
        """What the network takes of a batch."""

    @abstractmethod
    def loss(self, config: Any, output: Tensor, batch: Mapping[str, Tensor]) -> Tensor:
        """What is minimised."""

    @abstractmethod
    def load(self, folder: Path, device: str) -> nn.Module:
        """The network of a run, in evaluation mode."""

    @abstractmethod
    def measure(self, model: nn.Module) -> Measured:
        """Measure a network on all that has been opened."""

    @property
    @abstractmethod
    def names(self) -> list[str]:
        """Of the images that are measured on."""

    @abstractmethod
    def predict(self, model: nn.Module, name: str) -> NDArray[np.generic]:
        """What a network makes of one image, which has been read before: this is timed."""

    @abstractmethod
    def size(self, name: str) -> str:
        """Height and width of one image, in words."""

    @abstractmethod
    def panels(self, names: Sequence[str], models: Mapping[str, nn.Module]) -> NDArray[np.uint8]:
        """Draw a row for each image, with a column for each network; ``columns`` says what else."""

    columns: ClassVar[Columns]
    """What stands before the networks' columns, and what after them."""

    def headings(self, labels: Iterable[str]) -> list[str]:
        """Of all columns, given those of the networks."""
        before, after = self.columns
        return [*before, *labels, *after]

    def labelled(
        self,
        row: NDArray[np.uint8],
        pictures: Sequence[NDArray[np.generic]],
        name: str,
        labels: Iterable[str],
    ) -> NDArray[np.uint8]:
        """Put the headings over a row of pictures, and the image's name at its left."""
        return with_row_label(with_column_headings(row, pictures, self.headings(labels)), name)

    def chosen(self, words: Sequence[str]) -> list[str]:
        """Which images to draw: those named, or so many of them, spread over the set.

        Raises:
            UserError: one is not there.
        """
        names = self.names
        if len(words) == 1 and words[0] not in names and words[0].isdecimal():
            count = min(int(words[0]), len(names))
            return [names[number] for number in np.linspace(0, len(names) - 1, count).round().astype(int)]
        if missing := [word for word in words if word not in names]:
            raise UserError(f"--panels: no image {missing[0]} among those that are measured on")
        return list(words)
