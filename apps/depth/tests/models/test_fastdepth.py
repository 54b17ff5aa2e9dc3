from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core import Guidance
from indexnet_depth.models import create_model
from indexnet_depth.models.fastdepth import FastDepth
from indexnet_depth.models.mobilenet import CHANNELS, scaled


def literal(network: FastDepth, x: Tensor, *, skips: bool, strided: bool) -> Tensor:
    """FastDepth unit by unit: nearest ×2 after each decoder block, features of units 1, 3, 5 added."""
    kept = {}
    for unit in range(14):
        x = network.encoder.units[unit](x)
        if unit in (0, 2, 4, 6, 12) and not strided:
            x = F.max_pool2d(x, 2)
        kept[unit] = x
    for number in range(5):
        x = network.decoder[number](x).repeat_interleave(2, 2).repeat_interleave(2, 3)
        if skips and number in (1, 2, 3):
            x = x + kept[{1: 5, 2: 3, 3: 1}[number]]
    return network.prediction(x)


@pytest.mark.parametrize("skips", [False, True])
@pytest.mark.parametrize("model", ["fastdepth-nnconv5", "fastdepth-p-nnconv5"])
def test_the_baselines_are_fastdepth(model: str, skips: bool) -> None:
    network = create_model(model, width=0.25, skips=skips).eval()
    x = torch.rand(2, 3, 64, 96)
    expected = literal(network, x, skips=skips, strided=model == "fastdepth-nnconv5")
    torch.testing.assert_close(network(x), expected)
    assert expected.std() > 0


def test_skips_change_the_result_and_not_the_weights() -> None:
    plain = create_model("fastdepth-p-nnconv5", resampling="hin", width=0.25).eval()
    skipping = create_model("fastdepth-p-nnconv5", resampling="hin", width=0.25, skips=True).eval()
    skipping.load_state_dict(plain.state_dict())
    x = torch.rand(1, 3, 64, 64)
    assert not torch.equal(plain(x), skipping(x))


def test_maps_guide_the_decoder_stage_by_stage() -> None:
    """Index maps of 1024, 512, 256, 128, 32 channels guide features of 512, 256, 128, 64, 32."""
    network = FastDepth("o2o-unshared").eval()
    seen = []
    for stage in network.resampling.stages:

        def watched(y: Tensor, guidance: Guidance, up: Callable[..., Tensor] = stage.up) -> Tensor:
            seen.append((guidance.index.decoder.shape, y.shape))
            return up(y, guidance)

        stage.up = watched
    with torch.inference_mode():
        network(torch.rand(1, 3, 64, 64))
    assert [index[1] for index, _ in seen] == [1024, 512, 256, 128, 32]
    assert [y[1] for _, y in seen] == [512, 256, 128, 64, 32]
    assert [index[2] for index, _ in seen] == [4, 8, 16, 32, 64]


def test_depth_is_never_negative() -> None:
    network = create_model("fastdepth-nnconv5", width=0.25).train()
    depth = network(torch.randn(4, 3, 32, 32))
    assert depth.min() == 0
    assert depth.max() > 0


def test_names_of_the_weights_stay() -> None:
    names = set(create_model("fastdepth-p-nnconv5", resampling="o2o-shared", width=0.1).state_dict())
    for name in (
        "encoder.units.0.conv.weight",
        "encoder.units.13.pointwise.norm.running_var",
        "decoder.0.depthwise.conv.weight",
        "decoder.4.pointwise.norm.bias",
        "prediction.conv.weight",
        "resampling.stages.4.network.block.conv.weight",
    ):
        assert name in names
    assert len(names) == 6 * 27 + 6 * 11 + 5


@pytest.mark.parametrize("width", [0.01, 0.1, 0.35, 0.5, 1.0, 1.4])
def test_scaled_widths_keep_their_ratios(width: float) -> None:
    base = scaled(32, width)
    assert [scaled(channels, width) / base for channels in CHANNELS] == [c / 32 for c in CHANNELS]
