import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import tools.denoisers.methods as methods
from indexnet_engine.images.image_file import write_image


class FakeBM3D(ModuleType):
    """In place of the package bm3d: a mean of 3×3 pixels; counts its calls and keeps their arguments."""

    class BM3DProfile:
        num_threads = 0

    def __init__(self) -> None:
        super().__init__("bm3d")
        self.calls: list[tuple[tuple[int, ...], float, int]] = []

    def bm3d(self, image: np.ndarray, sigma: float, profile: BM3DProfile) -> np.ndarray:
        self.calls.append((image.shape, sigma, profile.num_threads))
        padded = np.pad(image, [(1, 1), (1, 1), *[(0, 0)] * (image.ndim - 2)], mode="edge")
        height, width = image.shape[:2]
        shifted = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
        return np.mean(shifted, axis=0)

    bm3d_rgb = bm3d


@pytest.fixture
def fake_bm3d(monkeypatch: pytest.MonkeyPatch) -> FakeBM3D:
    fake = FakeBM3D()
    monkeypatch.setitem(sys.modules, "bm3d", fake)
    monkeypatch.setattr(methods, "version", lambda package: "fake")
    return fake


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with a gray and a colour image, smooth with an edge."""
    rows, columns = np.mgrid[:40, :48] / 48
    gray = (0.3 + 0.4 * (columns > 0.5) + 0.1 * rows).astype(np.float32)
    write_image(tmp_path / "photos" / "a.png", gray)
    write_image(tmp_path / "photos" / "b.png", np.stack([gray, gray[::-1], 1 - gray], -1))
    return tmp_path / "photos"
