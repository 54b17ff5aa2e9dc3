"""The interface: guidance, and guidance of the wrong operator."""

import dataclasses

import pytest
import torch

from indexnet_core import create_resampling
from indexnet_core.errors import ShapeError
from indexnet_core.resampling import Guidance, Resampling


def test_guidance_cannot_be_changed() -> None:
    guidance = Guidance((4, 6))
    assert guidance.index is guidance.skip is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        guidance.size = (8, 8)  # type: ignore[misc]


@pytest.mark.parametrize("name", ["max", "hmi", "hin", "m2o-nl"])
def test_guidance_of_another_operator_is_refused(name: str) -> None:
    pooled, guidance = create_resampling("avg+nearest", 4).down(torch.randn(1, 4, 4, 4))
    with pytest.raises(ShapeError, match="holds no index: it comes from another operator"):
        create_resampling(name, 4).up(pooled, guidance)


def test_the_up_width_is_the_down_width_unless_given() -> None:
    assert Resampling(8).up_channels == 8
    assert Resampling(8, 4).up_channels == 4
    assert Resampling(None).up_channels is None


def test_it_prints_what_it_is() -> None:
    assert "channels=8, up_channels=4, k=2, pad=True" in repr(create_resampling("hmi", 8, 4, pad=True))
    assert "max+bilinear, channels=8" in repr(create_resampling("max+bilinear", 8))


@pytest.mark.parametrize("method", ["_down", "_up"])
def test_a_subclass_must_implement_the_steps(method: str) -> None:
    with pytest.raises(NotImplementedError):
        getattr(Resampling(4), method)(torch.zeros(1, 4, 2, 2), None)
