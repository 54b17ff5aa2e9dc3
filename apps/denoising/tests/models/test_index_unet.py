import pytest
import torch

from indexnet_core import OPERATORS, ShapeError, SpecError, collect_index_maps, parse_operator
from indexnet_denoising.models import create_model
from indexnet_denoising.models.index_unet import IndexUNet

JOINT = [name for name in OPERATORS if not parse_operator(name).strided]


@pytest.mark.parametrize("operator", JOINT)
def test_every_operator_without_strides_builds_runs_and_learns(operator: str) -> None:
    model = create_model("index-unet", resampling=operator, width=4)
    for block in model.modules():
        if hasattr(block, "second"):  # they start at zero, which hides the first convolutions' gradients
            torch.nn.init.normal_(block.second.weight, 0, 0.1)
    noisy = torch.rand(2, 1, 24, 16)
    clean = model(noisy)
    assert clean.shape == noisy.shape
    clean.square().mean().backward()
    assert [name for name, parameter in model.named_parameters() if parameter.grad is None] == []


def test_strided_operators_are_refused() -> None:
    with pytest.raises(SpecError, match=r"index-unet has no strided convolutions for stride\+nearest"):
        IndexUNet(width=4, resampling="stride+nearest")


def test_widths_double_from_level_to_level() -> None:
    with torch.device("meta"):
        shapes = {name: tuple(p.shape[:2]) for name, p in IndexUNet(width=32).named_parameters()}
    assert shapes["head.weight"] == (32, 1)
    assert [shapes[f"wider.{stage}.weight"] for stage in range(3)] == [(64, 32), (128, 64), (256, 128)]
    assert [shapes[f"narrower.{stage}.weight"] for stage in range(3)] == [(32, 64), (64, 128), (128, 256)]
    assert shapes["bottom.0.second.weight"] == (256, 256)
    assert "bottom.1.second.weight" not in shapes
    assert shapes["prediction.weight"] == (1, 32)


def test_more_blocks_see_further() -> None:
    assert [IndexUNet(width=2, blocks=blocks).reach for blocks in (1, 2)] == [
        81,
        81 + 4 * (1 + 2 + 4) + 2 * 8,
    ]


@pytest.mark.parametrize("operator", ["hin", "o2o-shared", "m2o", "max"])
def test_there_is_neither_batch_norm_nor_a_bias(operator: str) -> None:
    model = IndexUNet(width=4, resampling=operator)
    assert not any(isinstance(layer, torch.nn.BatchNorm2d) for layer in model.modules())
    assert not [name for name in model.state_dict() if name.endswith("bias")]


def test_without_biases_darkness_stays_dark_and_max_pooling_scales_with_the_image() -> None:
    model = IndexUNet(width=4, resampling="max").eval()
    noisy = torch.rand(1, 1, 16, 16)
    assert not model(torch.zeros(1, 1, 16, 16)).any()
    torch.testing.assert_close(model(3 * noisy), 3 * model(noisy))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_zero_prediction_is_the_identity_and_learns(channels: int) -> None:
    model = IndexUNet(channels, width=4, zero_prediction=True)
    noisy = torch.rand(2, channels, 16, 16)
    assert torch.equal(model(noisy), noisy)
    model(noisy).square().mean().backward()
    assert model.prediction.weight.grad.abs().max() > 0


def test_blocks_start_as_the_identity() -> None:
    block = IndexUNet(width=4).bottom[0]
    x = torch.rand(1, 32, 8, 8)
    assert torch.equal(block(x), x)


def test_convolutions_without_relu_keep_the_variance() -> None:
    torch.manual_seed(0)
    model = IndexUNet(width=32)
    for convolution, variance in (
        (model.head, 1 / 9),
        (model.wider[2], 1 / (9 * 128)),
        (model.narrower[2], 1 / (9 * 256)),
        (model.bottom[0].first, 2 / (9 * 256)),
    ):
        assert float(convolution.weight.detach().var()) == pytest.approx(variance, rel=0.2)


@pytest.mark.parametrize("size", [(1, 1), (3, 9), (17, 24), (33, 45)])
@pytest.mark.parametrize("resampling", ["max", "hin", "m2o"])
def test_padding_takes_any_size(size: tuple[int, int], resampling: str) -> None:
    noisy = torch.rand(1, 1, *size)
    assert IndexUNet(width=4, resampling=resampling, pad=True).eval()(noisy).shape == noisy.shape


def test_odd_sizes_are_refused_and_the_error_suggests_padding() -> None:
    with pytest.raises(ShapeError, match="divisible by 8, got 321x481; pass pad=True"):
        IndexUNet(width=4)(torch.rand(1, 1, 321, 481))


def test_skips_are_weighted_by_the_index_maps() -> None:
    """Logits of zero make all indices 1/4, and the skip a quarter of the feature."""
    model = IndexUNet(width=4, resampling="hin").eval()
    for parameter in model.resampling.parameters():
        torch.nn.init.zeros_(parameter)
    x = torch.rand(1, 4, 8, 8)
    _, guidance = model.resampling[0].down(x, skip=True)
    torch.testing.assert_close(guidance.skip, x / 4)


def test_three_stages_of_indices() -> None:
    model = IndexUNet(width=4, resampling="m2o").eval()
    shapes = [tuple(pair.decoder.shape) for pair in collect_index_maps(model, torch.rand(1, 1, 32, 24))]
    assert shapes == [(1, 4, 32, 24), (1, 8, 16, 12), (1, 16, 8, 6)]


def test_options_that_build_no_network() -> None:
    with pytest.raises(SpecError, match="blocks must be a whole number of at least 1, got 0"):
        create_model("index-unet", blocks=0)
