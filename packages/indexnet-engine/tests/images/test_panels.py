import numpy as np
import pytest

from indexnet_engine.images.panels import (
    LINE,
    index_sheet,
    one_below_another,
    side_by_side,
    to_bytes,
    with_column_headings,
    with_row_label,
)

WIDE, TALL = np.full((10, 40, 3), 7, np.uint8), np.full((40, 20, 3), 9, np.uint8)


def test_images_of_different_shapes() -> None:
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


def test_a_heading_over_each_image() -> None:
    row = side_by_side([WIDE, TALL], 40)  # 160 and 20 pixels wide
    headed = with_column_headings(row, [WIDE, TALL], ["wide", ""])
    assert headed.shape == (LINE + 40, 160 + 4 + 20, 3)
    np.testing.assert_array_equal(headed[LINE:], row)
    assert (headed[:LINE, :160] < 128).any()
    assert (headed[:LINE, 160:] == 255).all()


def test_a_long_heading_stays_over_its_image() -> None:
    headed = with_column_headings(
        side_by_side([TALL, TALL], 40), [TALL, TALL], ["a heading that is too long", ""]
    )
    assert (headed[:LINE, :20] < 128).any()
    assert (headed[:LINE, 20:] == 255).all()


def test_every_image_has_a_heading() -> None:
    with pytest.raises(ValueError, match="shorter"):
        with_column_headings(side_by_side([WIDE, TALL], 40), [WIDE, TALL], ["one"])


def test_the_label_of_a_row() -> None:
    labelled = with_row_label(TALL, "a label")
    assert labelled.shape == (40, LINE + 20, 3)
    np.testing.assert_array_equal(labelled[:, LINE:], TALL)
    assert (labelled[:, :LINE] < 128).any()


def test_index_maps_in_rows_and_columns() -> None:
    stages = [np.zeros((20, 30), np.float32), np.ones((10, 15), np.float32)]
    sheet = index_sheet({"before": stages, "now": stages[::-1]}, 20)
    assert sheet.shape == (2 * (LINE + 20) + 8, LINE + 2 * 30 + 4, 3)
    pictures = sheet[LINE : LINE + 20, LINE:]
    assert (pictures[:, :30] == 0).all()
    assert (pictures[:, 30:] == 255).all()
    np.testing.assert_array_equal(sheet[-20:, LINE:], pictures[:, ::-1])
