import pytest
import torch
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.training.devices import Autocast, make_fabric


@pytest.mark.parametrize("devices", ["auto", 1, "1"])
def test_one_process(devices: int | str) -> None:
    fabric = make_fabric("cpu", devices, "32")
    assert (fabric.world_size, fabric.device) == (1, torch.device("cpu"))


def test_a_job_scheduler_is_not_a_request_for_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SLURM_NTASKS": "4", "SLURM_PROCID": "0", "SLURM_JOB_NAME": "job"}.items():
        monkeypatch.setenv(name, value)
    assert make_fabric("cpu", "auto", "32").world_size == 1


def test_bfloat16_keeps_the_input_and_the_output() -> None:
    fabric = make_fabric("cpu", 1, "bf16-mixed")
    seen = []

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.conv(x)
            seen.extend([x.dtype, y.dtype])
            return y

    output = fabric.setup(Net())(torch.ones(1, 1, 2, 2))
    assert seen == [torch.float32, torch.bfloat16]
    assert output.dtype == torch.float32


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("cpu", 2, "32"), "devices is 2, but 1 process"),
        (("cpu", "all", "32"), "devices is all, but 1 process"),
        (("cpu", 1, "16-mixed"), "16-mixed needs a GPU; use bf16-mixed or 32"),
        (("abacus", 1, "32"), "accelerator 'abacus'"),
    ],
)
def test_impossible_devices_are_refused(arguments: tuple[str, int, str], message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        make_fabric(*arguments)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("accelerator", ["gpu", "cuda"])
def test_no_gpu(accelerator: str) -> None:
    with pytest.raises(UserError, match=f"accelerator '{accelerator}'"):
        make_fabric(accelerator, "auto", "32")


def test_scaler_state_round_trip() -> None:
    one, other = Autocast("16-mixed", "cpu"), Autocast("16-mixed", "cpu")
    one.load_state_dict({**one.state_dict(), "scale": 1024.0, "_growth_tracker": 17})
    other.load_state_dict(one.state_dict())
    assert other.state_dict()["scale"] == 1024.0
    assert other.state_dict()["_growth_tracker"] == 17
