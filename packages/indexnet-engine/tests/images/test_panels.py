import numpy as np

from indexnet_engine.images.panels import one_below_another, side_by_side, to_bytes


def test_pictures_of_different_shapes() -> None:
    wide, tall = np.full((10, 20, 3), 7, np.uint8), np.full((20, 10, 3), 9, np.uint8)
    row = side_by_side([wide, tall], 20)
    assert row.shape == (20, 40 + 4 + 10, 3)
    assert (row[:, :40] == 7).all()
    assert (row[:, 44:] == 9).all()


def test_values_beyond_the_range_are_clipped() -> None:
    values = to_bytes(np.float32([[-1, 0.5, 2]]))
    assert values.shape == (1, 3, 3)
    assert values[0, :, 0].tolist() == [0, 128, 255]


def test_gray_and_colour_become_three_channels() -> None:
    gray = np.full((2, 3, 1), 0.2, np.float32)
    colour = np.broadcast_to(np.float32([0, 0.2, 1]), (2, 3, 3))
    assert (to_bytes(gray) == 51).all()
    assert to_bytes(gray).shape == (2, 3, 3)
    assert to_bytes(colour)[1, 2].tolist() == [0, 51, 255]


def test_rows_of_different_widths() -> None:
    sheet = one_below_another([np.full((10, 30, 3), 7, np.uint8), np.full((5, 20, 3), 9, np.uint8)])
    assert sheet.shape == (10 + 8 + 5, 30, 3)
    assert (sheet[:10] == 7).all()
    assert (sheet[10:18] == 255).all()
    assert (sheet[18:, :20] == 9).all()
    assert (sheet[18:, 20:] == 255).all()
