"""Index maps as images."""

import pytest
import torch
from torch import Tensor, nn

from indexnet_core import IndexPrediction, ResamplingStages, create_index_network
from indexnet_core.analysis.visualize import collect_index_maps, index_picture, index_pictures
from indexnet_core.functional.padding import pad_to_multiple


def prediction(images: int, channels: int, height: int, width: int) -> IndexPrediction:
    """Random indices of height × width regions; the two maps differ."""
    return IndexPrediction(
        torch.randn(images, 4, channels, height, width), "sigmoid+softmax", 2, torch.float32
    )


def test_a_depthwise_map_shows_its_channel_mean() -> None:
    maps = prediction(2, 5, 2, 3)
    assert torch.equal(index_picture(maps, "encoder", stretch=False), maps.encoder.mean(1))
    assert torch.equal(index_picture(maps, "decoder", stretch=False), maps.decoder.mean(1))
    assert torch.equal(index_picture(maps), index_picture(maps, "decoder"))


def test_a_holistic_map_is_shown_as_it_is() -> None:
    maps = prediction(2, 1, 2, 3)
    assert torch.equal(index_picture(maps, "encoder", stretch=False), maps.encoder[:, 0])


def test_stretching_fills_the_range_of_each_image() -> None:
    maps = prediction(3, 4, 2, 3)
    picture = index_picture(maps)
    assert picture.shape == (3, 4, 6)
    assert torch.equal(picture.amin((1, 2)), torch.zeros(3))
    assert torch.equal(picture.amax((1, 2)), torch.ones(3))
    assert torch.equal(picture.flatten(1).argsort(), maps.decoder.mean(1).flatten(1).argsort())


def test_a_constant_map_is_gray() -> None:
    maps = IndexPrediction(torch.zeros(1, 4, 2, 2, 2), "softmax", 2, torch.float32)
    assert torch.equal(maps.decoder, torch.full((1, 2, 4, 4), 0.25))
    assert torch.equal(index_picture(maps), torch.full((1, 4, 4), 0.5))


def test_half_precision_and_gradients_do_not_matter() -> None:
    half = torch.randn(1, 4, 2, 2, 2, requires_grad=True).bfloat16()
    picture = index_picture(IndexPrediction(half, "sigmoid", 2, torch.bfloat16))
    assert picture.dtype == torch.float32
    assert not picture.requires_grad


def test_an_unknown_side_is_refused() -> None:
    maps = prediction(1, 1, 1, 1)
    with pytest.raises(ValueError, match="side must be 'encoder' or 'decoder', got 'both'"):
        index_picture(maps, "both")  # type: ignore[arg-type]


class Encoder(nn.Module):
    def __init__(self, operator: str) -> None:
        super().__init__()
        self.stages = ResamplingStages(operator, [3, 3])

    def forward(self, x: Tensor) -> Tensor:
        for stage in self.stages:
            x, _ = stage.down(x)
        return x


@pytest.mark.parametrize(
    "operator", ["hin-nl", "o2o-modelwise", "o2o-shared", "m2o-nl-c", "hin-mp", "m2o-nl-mp"]
)
def test_maps_are_collected_in_order(operator: str) -> None:
    model = Encoder(operator).eval()
    x = torch.rand(2, 3, 8, 12)
    collected = collect_index_maps(model, x)
    for side in ("encoder", "decoder"):
        assert [tuple(getattr(maps, side).shape[2:]) for maps in collected] == [(8, 12), (4, 6)]
    network = model.stages[0].network
    assert isinstance(network, nn.Module)
    with torch.no_grad():
        assert torch.equal(collected[0].decoder, network(x).decoder)
    assert not collected[0].encoder.requires_grad
    assert not any(module._forward_hooks for module in model.modules())


def test_a_model_without_index_networks_has_no_maps() -> None:
    assert collect_index_maps(Encoder("max+bilinear"), torch.rand(1, 3, 8, 8)) == []


def test_drawn_maps_exclude_the_padding() -> None:
    model, image = Encoder("m2o").eval(), torch.rand(2, 3, 7, 10)
    stages = index_pictures(model, image, stride=4)
    wanted = collect_index_maps(model, pad_to_multiple(image, 4))
    assert len(stages) == 2
    for stage, maps, (height, width) in zip(stages, wanted, [(7, 10), (4, 5)]):
        assert list(stage) == ["encoder", "decoder"]
        for side, picture in stage.items():
            assert torch.equal(picture, index_picture(maps, side)[:, :height, :width])


def test_hooks_go_away_when_the_model_fails() -> None:
    network = create_index_network("m2o", 3)
    with pytest.raises(ValueError, match="for 3 channels, got 4"):
        collect_index_maps(network, torch.rand(1, 4, 8, 8))
    assert not network._forward_hooks
