from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from indexnet_engine.errors import OptionError
from indexnet_engine.runs.checkpoint import load_checkpoint, trained_weights
from indexnet_engine.training.average import WeightAverage
from indexnet_engine.training.loop_config import LoopConfig
from indexnet_engine.weights.pretrained import from_pretrained


def test_average_is_that_of_the_formula() -> None:
    model = nn.Sequential(nn.Linear(1, 1), nn.BatchNorm1d(1))
    average = WeightAverage(model, 0.5)
    expected = 0.0
    for step in range(6):
        nn.init.constant_(model[0].weight, step)
        nn.init.constant_(model[1].running_mean, step)
        model[1].num_batches_tracked.fill_(step)
        average.update(model, step)
        decay = min(0.5, step / (10 + step))
        expected = decay * expected + (1 - decay) * step
    assert average.model[0].weight.item() == pytest.approx(expected)
    assert average.model[1].running_mean.item() == pytest.approx(expected)
    assert average.model[1].num_batches_tracked.item() == 5


def test_frozen_statistics_are_copied() -> None:
    model = nn.Sequential(nn.BatchNorm1d(1), nn.BatchNorm1d(1))
    average = WeightAverage(model, 0.5)
    average.update(model, 0)
    model[0].eval()
    for layer in model:
        nn.init.constant_(layer.running_mean, 8)
    average.update(model, 100)
    assert average.model[0].running_mean.item() == 8
    assert average.model[1].running_mean.item() == 4


def test_average_is_evaluated_and_saved_and_does_not_touch_the_training(
    toy: ModuleType, tmp_path: Path
) -> None:
    evaluated = []

    class Watching(toy.ToyTask):  # type: ignore[name-defined]
        def evaluate(self, model: nn.Module) -> dict[str, float]:
            evaluated.append({name: value.clone() for name, value in model.state_dict().items()})
            return super().evaluate(model)

    plain = load_checkpoint(toy.train(tmp_path).last_checkpoint)
    run = toy.train(tmp_path, task=Watching(), ema=0.9)
    averaged = load_checkpoint(run.last_checkpoint)
    for name, value in plain["model"].items():
        assert torch.equal(averaged["model"][name], value), name
    assert "average" not in plain
    assert trained_weights(plain) is plain["model"]
    assert same(trained_weights(averaged), evaluated[-1])
    assert not same(averaged["model"], averaged["average"])
    best = load_checkpoint(run.best_checkpoint)
    saved = from_pretrained(run.folder, lambda config: toy.ToyTask().model)
    assert same(saved.state_dict(), trained_weights(best))


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return all(torch.equal(value, other[name]) for name, value in one.items())


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_decay_outside_its_range(decay: Any) -> None:
    with pytest.raises(OptionError, match=r"^loop\.ema"):
        LoopConfig(ema=decay)
