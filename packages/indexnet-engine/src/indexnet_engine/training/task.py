"""The interface between an application and the training loop."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

import numpy as np
from torch import Tensor, nn
from torch.utils.data import default_collate

from indexnet_engine.randomness import SampleKey


class TrainData(Protocol):
    """Training samples, each a pure function of its key and a seed; see `indexnet_engine.sample_rng`.

    PyTorch's optional ``__getitems__(keys: list[SampleKey])`` makes the samples of a batch at once.
    """

    def __getitem__(self, key: SampleKey, /) -> Any:
        """Return one sample: a tensor, or a tuple or dict of tensors."""
        ...

    def __len__(self) -> int:
        """Return the number of samples in an epoch."""
        ...


class Task(ABC):
    """A model, its data, its losses and its metrics.

    Attributes:
        model: the network to train.
        train_data: the training samples.
        monitor: name of the metric that decides which weights are the best.
        monitor_mode: whether the highest or the lowest value is the best.
        notes: printed after all checks, when training starts.
        frozen_modules: modules that stay in evaluation mode.
    """

    model: nn.Module
    train_data: TrainData
    monitor: str
    monitor_mode: Literal["max", "min"]
    notes: Sequence[str] = ()
    frozen_modules: Sequence[nn.Module] = ()

    @abstractmethod
    def loss(self, model: nn.Module, batch: Any) -> Mapping[str, Tensor]:
        """Compute scalar losses; ``"loss"`` is minimised, the others are logged.

        ``model`` is ``self.model`` prepared for the devices and the precision: call it, not ``self.model``.
        """

    def weight(self, batch: Any) -> Tensor | None:
        """Return what the losses of a batch are a mean over, such as its number of valid pixels, a scalar.

        By default None, for losses that are a mean over the samples: for all batches or for none. A number
        weighs the losses of a step's pieces (``loop.accumulate``, several processes), so that the step
        minimises the mean over its whole batch, however it is divided. Losses of a piece of weight 0 must
        be finite.
        """
        return None

    @abstractmethod
    def evaluate(self, model: nn.Module) -> Mapping[str, float]:
        """Compute the metrics of the unwrapped model, in evaluation mode, in the main process.

        The entry ``monitor`` decides which weights are the best.
        """

    @abstractmethod
    def pictures(self, model: nn.Module) -> Mapping[str, np.ndarray]:
        """Draw panels that show the progress, uint8 (H, W, 3), by name."""

    def parameter_groups(self) -> list[dict[str, Any]]:
        """Return the optimizer's parameter groups, optionally with ``lr_scale``; by default one group."""
        return [{"params": list(self.model.parameters())}]

    def frozen(self) -> Iterable[nn.Module]:
        """Return modules that stay in evaluation mode during training, such as frozen batch norm."""
        return self.frozen_modules

    def collate(self, samples: Sequence[Any]) -> Any:
        """Collate samples into a batch; by default as PyTorch does."""
        return default_collate(list(samples))

    def pretrained_config(self) -> Mapping[str, Any]:
        """Return further entries of ``config.json``: ``task``, and options for prediction."""
        return {}
