import math
from pathlib import Path

import pytest
import torch
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.inference import memory
from indexnet_engine.inference.memory import (
    OVERHEAD,
    SIDES,
    UNKNOWN,
    affordable_tiles,
    available_memory,
    bytes_per_pixel,
    default_memory,
    peak_bytes,
)


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
    assert bytes_per_pixel(Wide().eval(), channels=4) == pytest.approx(OVERHEAD * 404, rel=0.01)


def largest(model: nn.Module, size: tuple[int, int], max_memory: float, overlap: int = 256) -> int:
    """Pixels of the largest tile; 0 where the whole image is one."""
    tiles = affordable_tiles(model, 4, size, max_memory, overlap)
    return 0 if tiles.number == 1 else math.prod(tiles.size)


def test_tiles_are_as_large_as_the_limit_allows() -> None:
    model = Wide().eval()
    needed = bytes_per_pixel(model, channels=4)
    limit = 640**2 * needed / 1e9 + 1e-9
    assert largest(model, (640, 640), limit) == 0
    assert largest(model, (630, 610), limit) == 0  # padded to 640 x 640
    assert 0 < largest(model, (641, 640), limit) <= 640**2
    tiles = affordable_tiles(model, 4, (2160, 3840), limit, 256)
    assert 0.7 * 640**2 < math.prod(tiles.size) <= 640**2
    assert all(side % 32 == 0 for side in tiles.size)  # a multiple of the stride


class Strips(Wide):
    """Large images are worked on in halves."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        half = x.shape[2] // 2 if x.shape[2] >= 512 else x.shape[2]
        return torch.cat([Wide.forward(self, rows) for rows in x.split(half, dim=2)], dim=2)


def test_large_images_are_counted_where_networks_save_memory() -> None:
    model = Strips().eval()
    small, large = (bytes_per_pixel(model, side, 4) for side in SIDES)
    assert large < 0.6 * small
    assert largest(model, (1024, 1024), 1024**2 * large / 1e9 + 1e-9) == 0
    assert 600**2 < largest(model, (2160, 3840), 600**2 * small / 1e9) <= 600**2 * small / large


def test_no_larger_image_is_run_than_the_limit_allows() -> None:
    model, sides = Strips().eval(), []
    small = bytes_per_pixel(model, channels=4)
    with model.register_forward_pre_hook(lambda _, args: sides.append(args[0].shape[-1])):
        assert 0 < largest(model, (640, 640), 500**2 * small / 1e9) <= 500**2
    assert sides == []


def test_memory_limits_that_are_too_low() -> None:
    model = Wide().eval()
    with pytest.raises(
        UserError, match=r"max_memory 0.01 GB is too little: tiles that share 256 pixels need"
    ):
        largest(model, (2160, 3840), 0.01)
    assert 0 < largest(model, (2160, 3840), 0.01, 0) <= 0.01e9 / (1.5 * 404)
    for limit in (0, -1, float("nan")):
        with pytest.raises(UserError, match="max_memory must be positive"):
            largest(model, (64, 64), limit, 0)
    with pytest.raises(UserError, match="overlap must not be negative, got -8"):
        largest(model, (64, 64), 1, -8)


def test_exported_networks_state_their_memory() -> None:
    model = nn.Identity()
    for entries, expected in (
        ({"bytes_per_pixel": 70}, 70),
        ({}, UNKNOWN),
        ({"bytes_per_pixel": "?"}, UNKNOWN),
    ):
        model.entries = entries
        assert bytes_per_pixel(model) == expected


def test_the_limit_follows_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda, cpu = torch.device("cuda:1"), torch.device("cpu")
    asked = []
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: asked.append(device) or (10e9, 80e9))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _device: 6e9)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _device: 1e9)
    assert available_memory(cuda) == 15
    assert asked == [cuda]
    assert default_memory(cuda, 1.0) == pytest.approx(12)  # 4/5 of what is free
    monkeypatch.setattr(memory, "available_memory", lambda _device: 20.0)
    assert default_memory(cpu, 8.0) == 8
    monkeypatch.setattr(memory, "available_memory", lambda _device: 3.0)
    assert default_memory(cpu, 8.0) == 1.5
    monkeypatch.setattr(memory, "available_memory", lambda _device: None)
    assert default_memory(cpu, 8.0) == 8


def test_the_memory_of_the_computer_and_of_a_container(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 90 kB\nMemAvailable:   2000000 kB\n")
    assert memory._meminfo(tmp_path / "meminfo") == 2_048_000_000
    assert memory._meminfo(tmp_path / "none") is None
    assert memory._control_group(tmp_path) is None
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert memory._control_group(tmp_path) is None
    (tmp_path / "memory.max").write_text("5000\n")
    assert memory._control_group(tmp_path) == 4000
