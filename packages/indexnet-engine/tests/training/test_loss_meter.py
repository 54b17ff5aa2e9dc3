import pytest
import torch
from lightning_fabric import Fabric

from indexnet_engine.errors import UserError
from indexnet_engine.training.loss_meter import LossMeter


@pytest.fixture
def fabric() -> Fabric:
    return Fabric(accelerator="cpu", devices=1)


def test_means_since_the_last_call(fabric: Fabric) -> None:
    meter = LossMeter(torch.device("cpu"))
    for value in (1.0, 2.0, 6.0):
        meter.update({"loss": torch.tensor(value), "other": torch.tensor(-value)}, step=1)
    assert meter.means(fabric) == {"loss": 3.0, "other": -3.0}
    meter.update({"loss": torch.tensor(5.0, dtype=torch.bfloat16)}, step=2)
    assert meter.means(fabric) == {"loss": 5.0}


def test_state_round_trip(fabric: Fabric) -> None:
    meter, other = LossMeter(torch.device("cpu")), LossMeter(torch.device("cpu"))
    meter.update({"loss": torch.tensor(1.0)}, step=1)
    other.load_state_dict(meter.state_dict())
    for one in (meter, other):
        one.update({"loss": torch.tensor(4.0)}, step=2)
    assert meter.means(fabric) == other.means(fabric) == {"loss": 2.5}


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_names_the_first_bad_step(fabric: Fabric, bad: float) -> None:
    meter = LossMeter(torch.device("cpu"))
    for step, value in enumerate((1.0, 1.0, bad, 1.0, bad), start=1):
        meter.update({"loss": torch.tensor(value)}, step)
    with pytest.raises(UserError, match="the loss is not finite at step 3"):
        meter.require_finite(fabric)


def test_only_the_minimised_loss_must_be_finite(fabric: Fabric) -> None:
    meter = LossMeter(torch.device("cpu"))
    meter.update({"loss": torch.tensor(1e30), "ratio": torch.tensor(float("nan"))}, step=1)
    meter.require_finite(fabric)
