"""A moving average of the weights."""

import copy

import torch
from torch import Tensor, nn

__all__ = ["WeightAverage", "average_weight"]


class WeightAverage:
    """An exponential moving average of a model's parameters and running statistics.

    It is a function of the weights after each step and of the number of the step, so resuming needs
    ``model`` only. Counters, and the buffers of modules in evaluation mode, such as frozen batch norm, are
    copied.

    Args:
        model: on its device, in its memory format.
        decay: weight of the average before a step, in [0, 1); see `average_weight`.

    Attributes:
        model: a copy of the model, with the averages.
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.model = copy.deepcopy(model)
        self.decay = decay

    @torch.no_grad()
    def update(self, model: nn.Module, steps: int) -> None:
        """Add the weights of a model after another step; ``steps`` were added before."""
        averaged: list[tuple[Tensor, Tensor]] = list(zip(self.model.parameters(), model.parameters()))
        copied: list[tuple[Tensor, Tensor]] = []
        for mine, module in zip(self.model.modules(), model.modules()):
            for average, buffer in zip(mine.buffers(recurse=False), module.buffers(recurse=False)):
                moves = module.training and buffer.is_floating_point()
                (averaged if moves else copied).append((average, buffer))
        averages, values = zip(*averaged)
        torch._foreach_lerp_(averages, values, 1 - average_weight(steps, self.decay))
        for copy_, value in copied:
            copy_.copy_(value)


def average_weight(steps: int, decay: float) -> float:
    """Return the weight of the average of ``steps`` steps when another is added.

    With a constant ``decay`` the first weights would dominate the average of a short training, so the
    weight rises as n / (10 + n) up to it. It begins with the weights of the first step; TensorFlow's
    ``ExponentialMovingAverage(num_updates)`` has (1 + n) / (10 + n).

    >>> [round(average_weight(steps, 0.99), 3) for steps in (0, 10, 100, 1000)]
    [0.0, 0.5, 0.909, 0.99]
    """
    return min(decay, steps / (10 + steps))
