from pathlib import Path

import pytest
from PIL import Image

from tools.bench.linear import plot_curves, slope

pytest.importorskip("matplotlib")


def test_slope() -> None:
    sizes = [(10, 10), (20, 30), (100, 200)]
    assert slope({(h, w): 3e-8 * h * w for h, w in sizes}) == pytest.approx(1)
    assert slope({(h, w): 2.0 * (h * w) ** 1.5 for h, w in sizes}) == pytest.approx(1.5)


def test_plot(tmp_path: Path) -> None:
    curve = {(256, 256): 0.1, (1080, 1920): 3.0}
    plot_curves(
        tmp_path / "new" / "plot.png", {"seconds": {"ours": curve}, "bytes": {"ours": curve}}, "title"
    )
    with Image.open(tmp_path / "new" / "plot.png") as image:
        assert image.width > image.height > 100
