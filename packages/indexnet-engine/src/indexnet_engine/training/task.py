"""What an application hands to the training loop."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np
from torch import Tensor, nn
from torch.utils.data import default_collate

from indexnet_engine.randomness import SampleKey


class TrainData(Protocol):
    """Training samples, each a pure function of its key and a seed; see ``rng.sample_rng``.

    May also have PyTorch's ``__getitems__(keys: list[SampleKey])``, which makes a batch's samples at once.
    """

    def __getitem__(self, key: SampleKey, /) -> Any:
        """Give one sample: a tensor, or a tuple or dict of them."""
        ...

    def __len__(self) -> int:
        """Give the number of samples in an epoch."""
        ...


class Task(ABC):
    """A model, its data, what is minimised and what is measured.

    Attributes:
        model: what is trained.
        train_data: samples.
        monitor: the measure that decides which weights are the best.
        monitor_mode: whether the best is the highest or the lowest.
        notes: printed when training really starts, so that none comes before an error.
        frozen_modules: stay in evaluation mode while the others train.
    """

    model: nn.Module
    train_data: TrainData
    monitor: str
    monitor_mode: Literal["max", "min"]
    notes: Sequence[str] = ()
    frozen_modules: Sequence[nn.Module] = ()

    @abstractmethod
    def loss(self, model: nn.Module, batch: Any) -> Mapping[str, Tensor]:
        """Give scalar losses; ``"loss"`` is minimised, the others are logged.

        ``model`` is ``self.model`` prepared for the devices and the precision: call it, not ``self.model``.
        """

    @abstractmethod
    def evaluate(self, model: nn.Module) -> Mapping[str, float]:
        """Measure the plain model, which is in evaluation mode; runs in the main process, others wait.

        The entry named by ``monitor`` decides which weights are the best.
        """

    @abstractmethod
    def pictures(self, model: nn.Module) -> Mapping[str, np.ndarray]:
        """Give pictures to look at, uint8 (H, W, 3), by name."""

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Groups for the optimiser, which may carry ``lr_scale``; one of all parameters by default."""
        return [{"params": list(self.model.parameters())}]

    def frozen(self) -> Iterable[nn.Module]:
        """Modules that stay in evaluation mode while the others train: batch norm with fixed statistics."""
        return self.frozen_modules

    def collate(self, samples: Sequence[Any]) -> Any:
        """Make a batch of samples; PyTorch's way by default."""
        return default_collate(list(samples))

    def pretrained_config(self) -> Mapping[str, Any]:
        """Entries for the ``config.json`` beside the weights, in addition to the model's own ``config``.

        ``task``, and whatever prediction needs.
        """
        return {}
