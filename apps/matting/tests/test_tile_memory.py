import math

import pytest
import torch
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_matting.models import create_model
from indexnet_matting.tile_memory import OVERHEAD, SIDES, bytes_per_pixel, choose_tile, peak_bytes


class Wide(nn.Module):
    """Four channels become a hundred and one again: 404 bytes a pixel are alive at once beside the input."""

    stride = 32

    def __init__(self) -> None:
        super().__init__()
        self.widen, self.narrow = nn.Conv2d(4, 100, 1), nn.Conv2d(100, 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.narrow(self.widen(x))


def test_tensors_that_are_alive_at_once_are_counted() -> None:
    x = torch.zeros(1000)
    assert peak_bytes(lambda x: x + 1, x) == 4000
    assert peak_bytes(lambda x: (x + 1).mul_(2).relu_(), x) == 4000  # in place
    assert peak_bytes(lambda x: (x + 1)[10:].view(-1, 2), x) == 4000  # a view
    assert peak_bytes(lambda x: ((x + 1) * 2) * 3, x) == 8000  # the first is gone by then

    def keeps_all(x: torch.Tensor) -> list[torch.Tensor]:
        first = x + 1
        return [first, first * 2, first * 3]

    assert peak_bytes(keeps_all, x) == 12000


def test_bytes_a_pixel() -> None:
    assert bytes_per_pixel(Wide().eval()) == pytest.approx(OVERHEAD * 404, rel=0.01)


def test_every_tensor_of_a_matting_network_is_counted() -> None:
    model = create_model("b11", width=0.1).eval()
    narrow, wide = bytes_per_pixel(model), bytes_per_pixel(create_model("b11", width=0.2).eval())
    assert wide == pytest.approx(2 * narrow, rel=0.3)
    assert bytes_per_pixel(model) == narrow


def test_tiles_are_as_large_as_the_limit_allows() -> None:
    model = Wide().eval()
    needed = bytes_per_pixel(model)
    assert choose_tile(model, (640, 640), 640**2 * needed / 1e9 + 1e-9, 256) is None
    assert choose_tile(model, (630, 610), 640**2 * needed / 1e9 + 1e-9, 256) is None  # padded to 640 x 640
    assert choose_tile(model, (641, 640), 640**2 * needed / 1e9 + 1e-9, 256) == 640
    assert choose_tile(model, (2160, 3840), 600**2 * needed / 1e9, 256) == 576  # a multiple of the stride


class Strips(Wide):
    """Large images are worked on in halves."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        half = x.shape[2] // 2 if x.shape[2] >= 512 else x.shape[2]
        return torch.cat([Wide.forward(self, rows) for rows in x.split(half, dim=2)], dim=2)


def test_large_images_are_counted_where_networks_save_memory() -> None:
    model = Strips().eval()
    small, large = bytes_per_pixel(model), bytes_per_pixel(model, SIDES[-1])
    assert large < 0.6 * small
    assert choose_tile(model, (1024, 1024), 1024**2 * large / 1e9 + 1e-9, 256) is None
    assert choose_tile(model, (2160, 3840), 600**2 * small / 1e9, 256) == 32 * int(
        math.sqrt(600**2 * small / large) / 32
    )


def test_no_larger_image_is_run_than_the_limit_allows() -> None:
    model, sides = Strips().eval(), []
    small = bytes_per_pixel(model)
    with model.register_forward_pre_hook(lambda _, args: sides.append(args[0].shape[-1])):
        assert choose_tile(model, (640, 640), 500**2 * small / 1e9, 256) == 480
    assert sides == []


def test_memory_limits_that_are_too_low() -> None:
    model = Wide().eval()
    with pytest.raises(
        UserError, match=r"max_memory 0.01 GB is too little: tiles that share 256 pixels need"
    ):
        choose_tile(model, (2160, 3840), 0.01, 256)
    assert choose_tile(model, (2160, 3840), 0.01, 0) == 128
    for limit in (0, -1, float("nan")):
        with pytest.raises(UserError, match="max_memory must be positive"):
            choose_tile(model, (64, 64), limit, 0)
    with pytest.raises(UserError, match="overlap must not be negative, got -8"):
        choose_tile(model, (64, 64), 1, -8)
