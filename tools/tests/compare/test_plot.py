from itertools import pairwise
from pathlib import Path

import pytest

from indexnet_core import Complexity
from indexnet_engine.images.image_file import read_image
from tools.compare.plot import apart, plot_rows
from tools.compare.rows import Row
from tools.compare.task import Figure, Measured


@pytest.mark.parametrize("heights", [[0.5] * 9, [0.0, 0.01, 1.0, 0.99], [0.2, 0.21, 0.8], [0.1] * 40])
def test_names_keep_their_order_and_a_distance(heights: list[float]) -> None:
    found = apart(heights)
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    distances = [found[above] - found[below] for below, above in pairwise(order)]
    assert min(distances) >= min(0.055, 1 / (len(heights) - 1)) - 1e-5
    assert min(found) >= -1e-6
    assert max(found) <= 1 + 1e-6


def test_names_that_are_far_apart_stay() -> None:
    assert apart([0.9, 0.1, 0.5]) == [0.9, 0.1, 0.5]


def test_colours_of_a_plot(tmp_path: Path) -> None:
    rows = [
        Row(f"operator-{number}", Complexity(1000 + number, 2**20), None, [Measured({"psnr": 20.0 + number})])
        for number in range(2)
    ]
    plot_rows(tmp_path / "plot.png", rows, Figure("psnr", "higher"), "gflops", "title")
    pixels = read_image(tmp_path / "plot.png", 3)
    for colour in ((0x1F, 0x77, 0xB4), (0xFF, 0x7F, 0x0E)):  # matplotlib's first two
        assert (abs(pixels * 255 - colour).max(2) < 1).any()
