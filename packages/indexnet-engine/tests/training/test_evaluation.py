from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from indexnet_engine.errors import UserError


def test_evaluation_gets_the_unwrapped_model_and_training_continues(toy: ModuleType, tmp_path: Path) -> None:
    seen = []

    class Watching(toy.ToyTask):  # type: ignore[name-defined]
        def loss(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
            seen.append([module.training for module in self.model])
            return super().loss(model, batch)

        def evaluate(self, model: nn.Module) -> dict[str, float]:
            assert model is self.model
            assert not torch.is_grad_enabled()
            assert not any(module.training for module in model.modules())
            return super().evaluate(model)

        def frozen(self) -> list[nn.Module]:
            return [self.model[1]]

    toy.train(tmp_path, task=Watching())
    assert seen == [[True, False, True, True, True]] * 11


def test_unknown_monitor(toy: ModuleType, tmp_path: Path) -> None:
    task = toy.ToyTask()
    task.monitor = "psnr"
    with pytest.raises(UserError, match="monitor is 'psnr', but the evaluation gives error"):
        toy.train(tmp_path, task=task)
