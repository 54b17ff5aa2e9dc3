import pytest
import torch
import torch.nn.functional as F
from torch import nn

from indexnet_core import SpecError, collect_index_maps, count_parameters
from indexnet_matting.models.vgg import Refinement, VGGMatting


def test_it_is_deep_matting() -> None:
    with torch.device("meta"):
        model = VGGMatting()
    convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels, c.kernel_size[0]) for c in convolutions] == [
        (4, 64, 3), (64, 64, 3), (64, 128, 3), (128, 128, 3), (128, 256, 3), (256, 256, 3), (256, 256, 3),
        (256, 512, 3), (512, 512, 3), (512, 512, 3), (512, 512, 3), (512, 512, 3), (512, 512, 3),
        (512, 4096, 7), (4096, 512, 1),
        (64, 64, 5), (128, 64, 5), (256, 128, 5), (512, 256, 5), (512, 512, 5),  # the last is run first
        (64, 1, 5),
    ]  # fmt: skip
    assert all(c.bias is not None for c in convolutions)
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in model.modules()) == 13


def test_against_segnet_written_out() -> None:
    model = VGGMatting(width=0.05).double().eval()
    x = torch.randn(1, 4, 32, 64, dtype=torch.double)
    y, guides = x, []
    for stage in model.encoder.layers:
        y, guide = F.max_pool2d(stage(y), 2, return_indices=True)
        guides.append(guide)
    y = model.bottom(y)
    for stage in (4, 3, 2, 1, 0):
        y = model.decoder[stage](F.max_unpool2d(y, guides[stage], 2))
    torch.testing.assert_close(model(x), model.prediction(y))


def test_refinement_corrects_the_first_stage() -> None:
    model = VGGMatting(width=0.1, refinement=True).double().eval()
    plain = VGGMatting(width=0.1).double().eval()
    first = {key: value for key, value in model.state_dict().items() if "refinement" not in key}
    plain.load_state_dict(first)
    x = torch.randn(1, 4, 32, 32, dtype=torch.double)
    alpha = plain(x)
    assert isinstance(model.refinement, Refinement)
    torch.testing.assert_close(model(x), alpha + model.refinement.layers(torch.cat([x[:, :3], alpha], 1)))
    assert not torch.allclose(model(x), alpha)
    nn.init.zeros_(model.refinement.layers[-1].weight)  # type: ignore[arg-type]
    torch.testing.assert_close(model(x), alpha)  # biases start at zero


def test_parameters_of_the_refinement() -> None:
    with torch.device("meta"):
        more = count_parameters(VGGMatting(refinement=True)) - count_parameters(VGGMatting())
    assert more == 4 * 64 * 9 + 64 + 2 * (64 * 64 * 9 + 64) + 64 * 9 + 1


@pytest.mark.parametrize("operator", ["hin", "m2o-nl-c", "o2o-modelwise", "max+bilinear", "hmi"])
def test_other_operators(operator: str) -> None:
    model = VGGMatting(operator, width=0.05).eval()
    assert model(torch.rand(1, 4, 32, 32)).shape == (1, 1, 32, 32)
    maps = collect_index_maps(model, torch.rand(1, 4, 32, 32))
    assert len(maps) == (0 if operator in ("max+bilinear", "hmi") else 5)


def test_strides_are_refused() -> None:
    with pytest.raises(SpecError, match="VGG-16 has no strided convolutions for stride"):
        VGGMatting("stride+nearest", width=0.05)
