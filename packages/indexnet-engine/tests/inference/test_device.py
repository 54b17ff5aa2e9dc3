from dataclasses import dataclass

import pytest
import torch
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.inference.device import pick_device, reach_of, refuse_options_of_weights, stride_of


def test_devices() -> None:
    assert pick_device("cpu") == "cpu"
    assert torch.empty(0, device=pick_device()).device.type == pick_device()
    with pytest.raises(UserError, match="device 'abacus' is unknown"):
        pick_device("abacus")
    with pytest.raises(UserError, match="device 'cuda:99' cannot be used"):
        pick_device("cuda:99")


def test_stride_of_a_network() -> None:
    class Striding(nn.Identity):
        stride = 32

    assert stride_of(Striding()) == 32
    assert stride_of(nn.Identity()) == 1


def test_reach_of_a_network() -> None:
    class Local(nn.Identity):
        reach = 9

    assert (reach_of(Local()), reach_of(nn.Identity())) == (9, None)


def test_trained_weights_leave_no_choice_of_a_network() -> None:
    @dataclass
    class Options:
        name: str = "a"

    refuse_options_of_weights(None, Options("b"))
    refuse_options_of_weights("run", Options())
    with pytest.raises(UserError, match=r"run: --model\.\* cannot be combined with --weights"):
        refuse_options_of_weights("run", Options("b"))
