"""Optimizers, and learning-rate schedules without state."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import torch
from torch import nn

from indexnet_engine.errors import UserError, check_number


@dataclass
class OptimConfig:
    """Optimiser and learning rate."""

    name: Literal["adam", "sgd"] = "adam"
    """Optimiser."""
    lr: float = 1e-3
    """Learning rate before the schedule."""
    momentum: float = 0.9
    """Momentum of SGD."""
    weight_decay: float = 0.0
    """L2 penalty on all parameters."""
    schedule: Literal["constant", "multistep", "cosine"] = "multistep"
    """Learning rate schedule; cosine ends at zero with the last step."""
    milestones: list[float] = field(default_factory=list)
    """Epochs at which a multistep schedule multiplies the learning rate by gamma."""
    gamma: float = 0.1
    """Factor on the learning rate at each milestone."""
    warmup_steps: int = 0
    """Number of steps over which the learning rate rises linearly, at the start and where batch norm is
    frozen."""

    def __post_init__(self) -> None:
        for name in ("lr", "momentum", "weight_decay", "gamma", "warmup_steps"):
            check_number(f"optim.{name}", getattr(self, name))
        for milestone in self.milestones:
            check_number("optim.milestones", milestone)


def build_optimizer(
    parameter_groups: Iterable[Mapping[str, Any]], config: OptimConfig
) -> torch.optim.Optimizer:
    """Build the optimizer of parameter groups.

    A group may have ``lr_scale``, a constant factor on the learning rate, such as 0.01 for a pretrained
    encoder.

    Raises:
        UserError: No parameter is trainable.
    """
    groups = [dict(group) for group in parameter_groups]
    for group in groups:
        group["params"] = [parameter for parameter in group["params"] if parameter.requires_grad]
        group["lr"] = config.lr * group.setdefault("lr_scale", 1.0)
    groups = [group for group in groups if group["params"]]
    if not groups:
        raise UserError("the model has no trainable parameters")
    if config.name == "sgd":
        return torch.optim.SGD(
            groups, lr=config.lr, momentum=config.momentum, weight_decay=config.weight_decay
        )
    return torch.optim.Adam(groups, lr=config.lr, weight_decay=config.weight_decay)


def groups_with_lr_scale(
    model: nn.Module, part: Iterable[nn.Parameter], lr_scale: float
) -> list[dict[str, Any]]:
    """Return the parameter groups of a network whose part has its own factor on the learning rate.

    Args:
        model: the network.
        part: some of its parameters, such as those of a pretrained encoder.
        lr_scale: the factor; there is one group if it is 1.

    >>> model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2, bias=False))
    >>> groups = groups_with_lr_scale(model, model[0].parameters(), 0.1)
    >>> [(len(group["params"]), group.get("lr_scale")) for group in groups]
    [(1, None), (2, 0.1)]
    """
    if lr_scale == 1:
        return [{"params": list(model.parameters())}]
    part = list(part)
    among = set(map(id, part))
    others = [parameter for parameter in model.parameters() if id(parameter) not in among]
    return [{"params": others}, {"params": part, "lr_scale": lr_scale}]


def learning_rate_factor(
    config: OptimConfig, step: int, steps_per_epoch: int, total_steps: int, frozen_from: int | None = None
) -> float:
    """Return the factor on the learning rate at a step.

    It is a pure function of the step, so resumed and uninterrupted runs have equal learning rates.

    Args:
        config: The schedule and its numbers.
        step: Steps done before, 0 for the first.
        steps_per_epoch: Converts milestones from epochs to steps.
        total_steps: Where the cosine schedule ends.
        frozen_from: The step from which batch norm is frozen, where the warm-up is repeated: at the full rate
            a network that loses the statistics of the batch forgets what it has learned.

    >>> config = OptimConfig(schedule="multistep", milestones=[1, 2], gamma=0.5)
    >>> [learning_rate_factor(config, step, steps_per_epoch=2, total_steps=6) for step in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """
    start = frozen_from if frozen_from is not None and step >= frozen_from else 0
    warmup = min(1.0, (step - start + 1) / config.warmup_steps) if config.warmup_steps else 1.0
    if config.schedule == "multistep":
        passed = sum(step >= round(milestone * steps_per_epoch) for milestone in config.milestones)
        return warmup * config.gamma**passed
    if config.schedule == "cosine":
        return warmup * (1 + math.cos(math.pi * min(step / total_steps, 1.0))) / 2
    return warmup


def set_learning_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    """Set the learning rate of every parameter group to ``lr`` times the group's ``lr_scale``."""
    for group in optimizer.param_groups:
        group["lr"] = lr * group.get("lr_scale", 1.0)
