"""The stride of a network, determined from one run."""

import pytest
import torch
from torch import nn

from indexnet_core.retrofitting.pairing import needed_stride
from indexnet_core.retrofitting.steps import find_steps
from indexnet_core.retrofitting.trace import observe

from .nets import Functional, Hourglass, Pyramid, Shared, Strided


def stride_of(network: nn.Module) -> int | None:
    seen = observe(network, (torch.rand(1, 3, 16, 32),))
    return needed_stride(find_steps(seen), seen)


@pytest.mark.parametrize(
    ("network", "stride"),
    [(Shared(), 4), (Strided(), 8), (Hourglass(), 2), (Pyramid(), 2), (Functional(), 4)],
)
def test_the_multiples_that_every_stage_halves(network: nn.Module, stride: int) -> None:
    assert stride_of(network) == stride


def test_other_downsampling_before_a_stage_counts() -> None:
    down_and_up = (nn.MaxPool2d(2), nn.Upsample(scale_factor=2))
    assert stride_of(nn.Sequential(nn.Conv2d(3, 4, 4, stride=4), *down_and_up)) == 8


def test_downsampling_without_a_step_back_does_not_count() -> None:
    class Context(Hourglass):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) + nn.functional.max_pool2d(nn.functional.max_pool2d(x, 2), 2).mean()

    assert stride_of(Context()) == 2


def test_an_input_that_is_enlarged_first_may_have_any_size() -> None:
    assert (
        stride_of(nn.Sequential(nn.Upsample(scale_factor=4), nn.AvgPool2d(2), nn.Upsample(scale_factor=2)))
        == 1
    )


def test_no_stride_where_maps_are_no_fraction_of_the_image() -> None:
    assert stride_of(nn.Sequential(nn.Conv2d(3, 4, 5), nn.MaxPool2d(2), nn.Upsample(scale_factor=2))) is None
