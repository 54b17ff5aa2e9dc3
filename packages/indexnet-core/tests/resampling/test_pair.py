"""Fixed and separately learned operators equal PyTorch's."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from indexnet_core import create_resampling
from indexnet_core.errors import ShapeError
from indexnet_core.resampling import Guidance, PairResampling

SIDES = [2, 3]


@pytest.mark.parametrize("k", SIDES)
@pytest.mark.parametrize(("name", "pool"), [("max", F.max_pool2d), ("avg", F.avg_pool2d)])
def test_down(name: str, pool: type, k: int) -> None:
    x = torch.randn(2, 3, 2 * k, 3 * k)
    pooled, guidance = create_resampling(f"{name}+nearest", 3, k=k).down(x)
    assert torch.equal(pooled, pool(x, k))
    assert guidance.index is None


@pytest.mark.parametrize("k", SIDES)
@pytest.mark.parametrize("down", ["max", "avg", "stride"])
def test_nearest_and_bilinear(down: str, k: int) -> None:
    y, guidance = torch.randn(2, 3, 2, 3), Guidance((2 * k, 3 * k))
    nearest = create_resampling(f"{down}+nearest", 5, 3, k=k).up(y, guidance)
    assert torch.equal(nearest, y.repeat_interleave(k, 2).repeat_interleave(k, 3))
    bilinear = create_resampling(f"{down}+bilinear", 5, 3, k=k).up(y, guidance)
    wanted = F.interpolate(y, size=(2 * k, 3 * k), mode="bilinear", align_corners=False)
    torch.testing.assert_close(bilinear, wanted)


@pytest.mark.parametrize("k", SIDES)
@pytest.mark.parametrize("down", ["max", "avg", "stride"])
def test_deconvolution(down: str, k: int) -> None:
    resampling = create_resampling(f"{down}+deconv", 5, 3, k=k)
    y = torch.randn(2, 3, 2, 3)
    weight = resampling.layer.weight
    assert weight.shape == (3, 3, 2 * k, 2 * k)
    wanted = F.conv_transpose2d(y, weight, stride=k, padding=-(-k // 2), output_padding=k % 2)
    assert torch.equal(resampling.up(y, Guidance((2 * k, 3 * k))), wanted)
    assert wanted.shape == (2, 3, 2 * k, 3 * k)


@pytest.mark.parametrize("k", SIDES)
@pytest.mark.parametrize("down", ["max", "avg", "stride"])
def test_shuffle(down: str, k: int) -> None:
    resampling = create_resampling(f"{down}+shuffle", 5, 3, k=k)
    y = torch.randn(2, 3, 2, 3)
    weight = resampling.layer[0].weight
    assert weight.shape == (3 * k * k, 3, 1, 1)
    assert torch.equal(resampling.up(y, Guidance((2 * k, 3 * k))), F.pixel_shuffle(F.conv2d(y, weight), k))


def test_deconvolution_can_be_bilinear() -> None:
    """The layer's 4 × 4 kernel can represent bilinear ×2 upsampling, away from the borders."""
    resampling = create_resampling("max+deconv", 1)
    tent = torch.tensor([0.25, 0.75, 0.75, 0.25])
    resampling.layer.weight = nn.Parameter(torch.outer(tent, tent)[None, None])
    y = torch.randn(1, 1, 5, 6)
    got = resampling.up(y, Guidance((10, 12)))
    wanted = F.interpolate(y, scale_factor=2, mode="bilinear", align_corners=False)
    torch.testing.assert_close(got[..., 1:-1, 1:-1], wanted[..., 1:-1, 1:-1])


@pytest.mark.parametrize("up", ["nearest", "bilinear"])
def test_interpolation_has_no_weights(up: str) -> None:
    assert not list(create_resampling(f"max+{up}", 4).parameters())


@pytest.mark.parametrize(("up", "key"), [("deconv", "layer.weight"), ("shuffle", "layer.0.weight")])
def test_state_dict_is_frozen(up: str, key: str) -> None:
    assert list(create_resampling(f"max+{up}", 4).state_dict()) == [key]


@pytest.mark.parametrize("up", ["deconv", "shuffle", "carafe", "dysample"])
def test_a_learned_layer_needs_a_width(up: str) -> None:
    with pytest.raises(ShapeError, match=rf"max\+{up} has weights and needs to know its width"):
        PairResampling(None, down="max", up=up)  # type: ignore[arg-type]
    assert PairResampling(None, 4, down="max", up=up).up_channels == 4  # type: ignore[arg-type]
