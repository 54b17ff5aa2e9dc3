from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from indexnet_engine.errors import OptionError
from indexnet_engine.runs.checkpoint import load_checkpoint
from indexnet_engine.training.loop_config import LoopConfig


@pytest.mark.parametrize(("fraction", "first"), [(0.0, 0), (0.4, 4), (0.5, 6), (1.0, 11), (None, 11)])
def test_statistics_are_frozen_from_a_fraction_of_the_steps(
    toy: ModuleType, tmp_path: Path, fraction: float | None, first: int
) -> None:
    """Eleven steps: half of them are rounded to six (5.5, half to even)."""
    frozen, means = [], []

    class Watching(toy.ToyTask):  # type: ignore[name-defined]
        def loss(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
            frozen.append(not self.model[1].training)
            losses = super().loss(model, batch)
            means.append(self.model[1].running_mean.clone())
            return losses

    task = Watching()
    before = task.model[1].running_mean.clone()
    run = toy.train(tmp_path, task=task, freeze_bn_from=fraction)
    assert frozen == [step >= first for step in range(11)]
    means = [before, *means]
    assert [torch.equal(a, b) for a, b in pairwise(means)] == frozen
    assert torch.equal(load_checkpoint(run.last_checkpoint)["model"]["1.running_mean"], means[first])


def test_affine_parameters_are_trained_with_frozen_statistics(toy: ModuleType, tmp_path: Path) -> None:
    run = toy.train(tmp_path, freeze_bn_from=0)
    norm = load_checkpoint(run.last_checkpoint)["model"]
    assert norm["1.running_var"].tolist() == [1] * 4
    assert not torch.equal(norm["1.weight"], torch.ones(4))


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_fraction_outside_the_training(fraction: float) -> None:
    with pytest.raises(OptionError, match=r"^loop\.freeze_bn_from"):
        LoopConfig(freeze_bn_from=fraction)
