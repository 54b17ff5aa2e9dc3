import pytest
import torch
import torch.nn.functional as F

from indexnet_engine.inference.interpolation import interpolated
from indexnet_engine.inference.tiles import square_tiles
from indexnet_engine.inference.tiling import assembled, predict_parts, source_of


@pytest.mark.parametrize("size", [(40, 70), (33, 20), (1, 50), (7, 1)])
@pytest.mark.parametrize("factor", [0.3, 0.5, 1, 1.7, 3.2])
def test_rectangles_become_the_interpolated_whole(size: tuple[int, int], factor: float) -> None:
    image = torch.rand(2, 3, *size)
    wanted = (max(1, round(factor * size[0])), max(1, round(factor * size[1])))
    parts = predict_parts(lambda x: x, source_of(image), square_tiles(size, 12, 4, 1, 2))
    expected = F.interpolate(image, wanted, mode="bilinear")
    torch.testing.assert_close(assembled(interpolated(parts, size, wanted), wanted), expected)
