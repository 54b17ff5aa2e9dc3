import pytest
import torch

from indexnet_core import ShapeError
from indexnet_engine.models.encoder_weights import IMAGENET_MEAN, IMAGENET_STD
from indexnet_matting.models.input import network_input


def test_channels_are_normalised_rgb_and_trimap() -> None:
    image, trimap = torch.rand(2, 3, 5, 7, dtype=torch.double), torch.rand(2, 1, 5, 7).round()
    x = network_input(image, trimap)
    assert x.shape == (2, 4, 5, 7)
    assert x.dtype == torch.double
    for channel, (mean, std) in enumerate(zip((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))):
        torch.testing.assert_close(x[:, channel], (image[:, channel] - mean) / std)
    assert torch.equal(x[:, 3:], trimap.double())
    assert (len(IMAGENET_MEAN), len(IMAGENET_STD)) == (3, 3)


def test_torchvision_normalises_alike() -> None:
    functional = pytest.importorskip("torchvision.transforms.functional")
    image = torch.rand(1, 3, 4, 4)
    x = network_input(image, torch.zeros(1, 1, 4, 4))
    torch.testing.assert_close(x[:, :3], functional.normalize(image, IMAGENET_MEAN, IMAGENET_STD))


@pytest.mark.parametrize(
    ("image", "trimap"),
    [
        ((1, 4, 8, 8), (1, 1, 8, 8)),
        ((1, 3, 8, 8), (1, 1, 8, 9)),
        ((2, 3, 8, 8), (1, 1, 8, 8)),
        ((1, 3, 8, 8), (1, 3, 8, 8)),
        ((3, 8, 8), (1, 8, 8)),
    ],
)
def test_shapes_that_do_not_fit_are_named(image: tuple[int, ...], trimap: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="expected an image") as caught:
        network_input(torch.zeros(image), torch.zeros(trimap))
    assert str(image) in str(caught.value)
    assert str(trimap) in str(caught.value)
