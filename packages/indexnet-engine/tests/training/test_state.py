from pathlib import Path

import pytest
import torch
from lightning_fabric import Fabric
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.training.loss_meter import LossMeter
from indexnet_engine.training.optim import OptimConfig, build_optimizer
from indexnet_engine.training.state import TrainingState


def make_state(model: nn.Module | None = None, name: str = "adam") -> TrainingState:
    fabric = Fabric(accelerator="cpu", devices=1)
    model = model or nn.Linear(2, 1)
    optimizer = build_optimizer([{"params": model.parameters()}], OptimConfig(name=name))  # type: ignore[arg-type]
    return TrainingState(fabric, model, optimizer, LossMeter(torch.device("cpu")))


def test_best_by_mode() -> None:
    nan = float("nan")
    highest, lowest = make_state(), make_state()
    values = [nan, 2.0, 1.0, nan, 3.0, 3.0, 0.5]
    assert [highest.note_best(value, "max") for value in values] == [
        True,
        True,
        False,
        False,
        True,
        False,
        False,
    ]
    noted = [lowest.note_best(value, "min") for value in values]
    assert noted == [True, True, True, False, False, False, True]
    assert (highest.best, lowest.best) == (3.0, 0.5)


def test_refuses_to_save_weights_that_are_not_finite() -> None:
    state = make_state()
    state.step = 12
    next(state.model.parameters()).data[0, 0] = float("inf")
    with pytest.raises(UserError, match="the weights are not finite after step 12"):
        state.capture({}, {})


def test_refuses_other_data() -> None:
    checkpoint = make_state().capture({"samples": 20, "batch_size": 4}, {})
    with pytest.raises(UserError, match=r"a\.ckpt: the run has batch_size 4, now it is 8"):
        make_state().restore(checkpoint, Path("a.ckpt"), {"samples": 20, "batch_size": 8})


def test_refuses_another_model() -> None:
    checkpoint = make_state().capture({}, {})
    with pytest.raises(
        UserError, match=r"a\.ckpt: the weights do not fit the model: .*weight \(1, 2\) instead"
    ):
        make_state(nn.Linear(3, 1)).restore(checkpoint, Path("a.ckpt"), {})


def test_refuses_other_parameter_groups() -> None:
    checkpoint = make_state().capture({}, {})
    other = make_state()
    other.optimizer.add_param_group({"params": [nn.Parameter(torch.zeros(1))]})
    with pytest.raises(UserError, match=r"a\.ckpt: the state of the optimizer does not fit"):
        other.restore(checkpoint, Path("a.ckpt"), {})


def test_another_number_of_processes_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    checkpoint = make_state().capture({}, {})
    checkpoint["processes"] *= 2
    make_state().restore(checkpoint, Path("a.ckpt"), {})
    assert "written by 2 process(es), resumed by 1" in capsys.readouterr().err
