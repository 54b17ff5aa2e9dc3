import pytest
import torch

from indexnet_engine.inference.blending import blended
from indexnet_engine.inference.tiles import square_tiles


@pytest.mark.parametrize("blend", [1, 4, 16])
@pytest.mark.parametrize("size", [(50, 70), (20, 100), (33, 20), (16, 16)])
def test_rectangles_cover_the_image_once_and_weights_add_up_to_one(size: tuple[int, int], blend: int) -> None:
    tiles = square_tiles(size, 32, 16, 1, blend)
    image, count = torch.rand(1, 2, *size), torch.zeros(size)
    predictions = (
        image[..., slice(*rows), slice(*columns)] for rows in tiles.rows for columns in tiles.columns
    )
    for part in blended(predictions, tiles):
        torch.testing.assert_close(part.values, image[(..., *part.place)])
        count[part.place] += 1
    assert (count == 1).all()


def test_one_tile_fades_into_the_next() -> None:
    tiles = square_tiles((8, 56), 32, 8, 1, 4)
    whole = torch.cat(
        [part.values for part in blended(iter([torch.zeros(1, 1, 8, 32), torch.ones(1, 1, 8, 32)]), tiles)],
        -1,
    )
    assert whole[0, 0, 0, 24:32].tolist() == [0, 0, 0.125, 0.375, 0.625, 0.875, 1, 1]
    tiles = tiles._replace(blend=1)
    whole = torch.cat(
        [part.values for part in blended(iter([torch.zeros(1, 1, 8, 32), torch.ones(1, 1, 8, 32)]), tiles)],
        -1,
    )
    assert whole[0, 0, 0, 24:32].tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
