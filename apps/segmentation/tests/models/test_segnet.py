import copy

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from indexnet_core import collect_index_maps, count_parameters
from indexnet_segmentation.models.segnet import SegNet


def test_widths_are_those_of_vgg_16_and_its_mirror_image() -> None:
    with torch.device("meta"):
        model = SegNet()
    convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [
        (3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256),
        (256, 512), (512, 512), (512, 512), (512, 512), (512, 512), (512, 512),
        # The last stage is decoded first.
        (64, 64), (64, 64), (128, 64), (64, 64), (256, 128), (128, 128), (128, 128),
        (512, 256), (256, 256), (256, 256), (512, 512), (512, 512), (512, 512),
        (64, 37),
    ]  # fmt: skip
    assert all(c.bias is not None and c.kernel_size == (3, 3) for c in convolutions)
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in model.modules()) == 26


def test_keys_are_frozen() -> None:
    keys = {key.rpartition(".")[0] for key in SegNet("o2o-shared", width=2).state_dict()}
    expected = {
        f"{part}.{stage}.{place}.{kind}"
        for part in ("encoder.layers", "decoder")
        for stage, count in enumerate((2, 2, 3, 3, 3))
        for place in range(count)
        for kind in ("conv", "norm")
    }
    resampling = {key for key in keys if key.startswith("resampling.")}
    assert keys - resampling == expected | {"prediction"}
    assert {key.split(".")[2] for key in resampling} == {"0", "1", "2", "3", "4"}


def test_against_segnet_written_out() -> None:
    model = SegNet(classes=5, width=4).double().eval()
    x = torch.randn(1, 3, 32, 64, dtype=torch.double)
    y, guides = x, []
    for stage in model.encoder.layers:
        y, guide = F.max_pool2d(stage(y), 2, return_indices=True)
        guides.append(guide)
    for stage in (4, 3, 2, 1, 0):
        y = model.decoder[stage](F.max_unpool2d(y, guides[stage], 2))
    torch.testing.assert_close(model(x), model.prediction(y))


@pytest.mark.parametrize(("resampling", "networks"), [("o2o-modelwise", 1), ("o2o-shared", 5), ("max", 0)])
def test_five_stages_of_indices(resampling: str, networks: int) -> None:
    model = SegNet(resampling, width=4).eval()
    assert sum(name.startswith("resampling") for name in model.state_dict()) == networks
    shapes = [tuple(pair.decoder.shape) for pair in collect_index_maps(model, torch.rand(1, 3, 32, 64))]
    expected = [(1, 4 * min(2**s, 8), 32 // 2**s, 64 // 2**s) for s in range(5)]
    assert shapes == (expected if networks else [])


def test_operators_share_the_names_of_all_other_weights() -> None:
    plain, learned = (
        {key for key in SegNet(name, width=4).state_dict() if "resampling" not in key}
        for name in ("max", "m2o-nl-c")
    )
    assert plain == learned


def test_padding_is_reflection_to_the_next_multiple_of_32() -> None:
    model = SegNet("o2o-unshared", classes=3, width=4).eval()
    padding = copy.deepcopy(model)
    padding.pad = True
    image = torch.rand(1, 3, 45, 60)
    padded = F.pad(image, (0, 4, 0, 19), mode="reflect")
    torch.testing.assert_close(padding(image), model(padded)[..., :45, :60])
    torch.testing.assert_close(padding(padded), model(padded))


def test_options_reach_the_index_networks() -> None:
    wide, narrow = (count_parameters(SegNet("hin-nl", width=4, expansion=expansion)) for expansion in (2, 1))
    assert wide > narrow
    image = torch.rand(1, 3, 32, 32)
    first = SegNet("hin", width=4).eval()
    second = SegNet("hin", width=4, normalization="sigmoid").eval()
    second.load_state_dict(first.state_dict())
    assert not torch.equal(first(image), second(image))
