import copy

import pytest
import torch

from indexnet_core import ShapeError, collect_index_maps, count_parameters
from indexnet_denoising.models.dncnn_segnet import DnCNNSegNet


def test_widths_follow_figure_11() -> None:
    with torch.device("meta"):
        shapes = {name: tuple(p.shape[:2]) for name, p in DnCNNSegNet().named_parameters() if p.ndim == 4}
    parts = [[shapes[name] for name in shapes if name.startswith(part)] for part in ("enc", "bot", "dec")]
    assert [(wide, out) for out, wide in parts[0]] == [
        (1, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256)
    ]  # fmt: skip
    assert [(wide, out) for out, wide in parts[1]] == [(256, 512), (512, 512), (512, 256)]
    # The last stage is decoded first.
    assert [(wide, out) for out, wide in parts[2]] == [
        (64, 64), (64, 64), (128, 64), (64, 64), (256, 128), (128, 128)
    ]  # fmt: skip
    assert shapes["prediction.weight"] == (1, 64)


def test_keys_are_frozen() -> None:
    keys = {key.rpartition(".")[0] for key in DnCNNSegNet(width=2, resampling="o2o-shared").state_dict()}
    convolutions = {
        **{"encoder.0": 2, "encoder.1": 2, "encoder.2": 3, "bottom": 3},
        **{"decoder.0": 2, "decoder.1": 2, "decoder.2": 2},
    }
    expected = {
        f"{part}.{3 * index + offset}"  # convolution, batch norm, ReLU
        for part, count in convolutions.items()
        for index in range(count)
        for offset in (0, 1)
    }
    resampling = {key for key in keys if key.startswith("resampling.")}
    assert keys - resampling == expected | {"prediction"}
    assert {key.split(".")[:3][-1] for key in resampling} == {"0", "1", "2"}


@pytest.mark.parametrize("size", [(8, 8), (24, 40)])
def test_forward_subtracts_the_predicted_noise(size: tuple[int, int]) -> None:
    model = DnCNNSegNet(width=4, resampling="m2o").eval()
    noisy = torch.rand(2, 1, *size)
    torch.testing.assert_close(model(noisy) + model._noise(noisy), noisy)


@pytest.mark.parametrize("channels", [1, 3])
def test_zero_prediction_is_the_identity_but_for_a_bias(channels: int) -> None:
    model = DnCNNSegNet(channels, width=4, resampling="hin", zero_prediction=True)
    noisy = torch.rand(2, channels, 16, 16)
    with torch.no_grad():
        model.prediction.bias.zero_()
    assert torch.equal(model(noisy), noisy)


def test_a_zero_prediction_learns() -> None:
    model = DnCNNSegNet(width=4, resampling="hin", zero_prediction=True)
    model(torch.rand(2, 1, 16, 16)).square().mean().backward()
    assert model.prediction.weight.grad is not None
    assert model.prediction.weight.grad.abs().max() > 0


def test_odd_sizes_are_refused_and_the_error_suggests_padding() -> None:
    with pytest.raises(ShapeError, match="divisible by 8, got 321x481; pass pad=True"):
        DnCNNSegNet(width=4)(torch.rand(1, 1, 321, 481))


@pytest.mark.parametrize("size", [(1, 1), (3, 9), (17, 24), (33, 45)])
@pytest.mark.parametrize("resampling", ["max", "o2o-shared", "stride+bilinear"])
def test_padding_takes_any_size(size: tuple[int, int], resampling: str) -> None:
    noisy = torch.rand(1, 1, *size)
    assert DnCNNSegNet(width=4, resampling=resampling, pad=True).eval()(noisy).shape == noisy.shape


def test_padding_is_reflection_to_the_next_multiple_of_eight() -> None:
    torch.manual_seed(0)
    model = DnCNNSegNet(width=4, resampling="o2o-unshared").eval()
    padding = copy.deepcopy(model)
    padding.pad = True
    noisy = torch.rand(1, 1, 21, 30)
    padded = torch.nn.functional.pad(noisy, (0, 2, 0, 3), mode="reflect")
    torch.testing.assert_close(padding(noisy), model(padded)[..., :21, :30])
    torch.testing.assert_close(padding(padded), model(padded))


@pytest.mark.parametrize(("resampling", "networks"), [("o2o-modelwise", 1), ("o2o-shared", 3), ("max", 0)])
def test_three_stages_of_indices(resampling: str, networks: int) -> None:
    model = DnCNNSegNet(width=4, resampling=resampling).eval()
    assert sum(name.startswith("resampling") for name in model.state_dict()) == networks
    shapes = [tuple(pair.decoder.shape) for pair in collect_index_maps(model, torch.rand(1, 1, 32, 24))]
    assert shapes == ([(1, 4, 32, 24), (1, 8, 16, 12), (1, 16, 8, 6)] if networks else [])


def test_max_unpooling_and_index_networks_differ_only_in_the_indices() -> None:
    plain, learned = (
        {key for key in DnCNNSegNet(width=4, resampling=name).state_dict() if "resampling" not in key}
        for name in ("max", "m2o-nl-c")
    )
    assert plain == learned


def test_options_reach_the_index_networks() -> None:
    wide, narrow = (
        count_parameters(DnCNNSegNet(width=4, resampling="hin-nl", expansion=expansion))
        for expansion in (2, 1)
    )
    assert wide > narrow
    noisy = torch.rand(1, 1, 16, 16)
    torch.manual_seed(0)
    first = DnCNNSegNet(width=4, resampling="hin").eval()
    second = DnCNNSegNet(width=4, resampling="hin", normalization="sigmoid").eval()
    second.load_state_dict(first.state_dict())
    assert not torch.equal(first(noisy), second(noisy))
