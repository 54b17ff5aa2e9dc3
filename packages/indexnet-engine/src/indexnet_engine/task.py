"""What an application hands to the training loop."""

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np
from torch import Tensor, nn

from indexnet_engine.rng import SampleKey


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


class Task(Protocol):
    """A model, its data, what is minimised and what is measured.

    Three more methods are used where a task has them:

    - ``parameter_groups() -> list[dict]``: groups for the optimiser, which may carry ``lr_scale``; all
      parameters by default.
    - ``collate(samples: list) -> batch``: makes a batch of samples; PyTorch's default otherwise.
    - ``pretrained_config() -> dict``: entries for the ``config.json`` beside the weights (``task`` and
      whatever prediction needs) in addition to the model's own ``config``.
    """

    model: nn.Module
    train_data: TrainData
    monitor: str
    monitor_mode: Literal["max", "min"]

    def loss(self, model: nn.Module, batch: Any) -> Mapping[str, Tensor]:
        """Give scalar losses; ``"loss"`` is minimised, the others are logged.

        ``model`` is ``self.model`` prepared for the devices and the precision: call it, not ``self.model``.
        """
        ...

    def evaluate(self, model: nn.Module) -> Mapping[str, float]:
        """Measure the plain model, which is in evaluation mode; runs in the main process, others wait.

        The entry named by ``monitor`` decides which weights are the best.
        """
        ...

    def pictures(self, model: nn.Module) -> Mapping[str, np.ndarray]:
        """Give pictures to look at, uint8 (H, W, 3), by name."""
        ...
