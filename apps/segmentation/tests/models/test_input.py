import pytest
import torch

from indexnet_core import ShapeError
from indexnet_segmentation.models import network_input


def test_it_is_torchvisions_normalisation() -> None:
    transforms = pytest.importorskip("torchvision.transforms.v2.functional")
    image = torch.rand(2, 3, 4, 5)
    expected = transforms.normalize(image, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    torch.testing.assert_close(network_input(image), expected)


@pytest.mark.parametrize("shape", [(3, 4, 5), (1, 1, 4, 5), (1, 4, 4, 5)])
def test_what_is_no_image(shape: tuple[int, ...]) -> None:
    with pytest.raises(ShapeError, match="expected images"):
        network_input(torch.zeros(shape))
