import numpy as np
import pytest

from indexnet_engine.images.headings import LINE, index_sheet, with_headings, with_name
from indexnet_engine.images.panels import side_by_side

WIDE, TALL = np.full((10, 40, 3), 7, np.uint8), np.full((40, 20, 3), 9, np.uint8)


def test_a_heading_over_each_picture() -> None:
    row = side_by_side([WIDE, TALL], 40)  # 160 and 20 pixels wide
    headed = with_headings(row, [WIDE, TALL], ["wide", ""])
    assert headed.shape == (LINE + 40, 160 + 4 + 20, 3)
    np.testing.assert_array_equal(headed[LINE:], row)
    assert (headed[:LINE, :160] < 128).any()
    assert (headed[:LINE, 160:] == 255).all()


def test_a_long_heading_stays_over_its_picture() -> None:
    headed = with_headings(side_by_side([TALL, TALL], 40), [TALL, TALL], ["a heading that is too long", ""])
    assert (headed[:LINE, :20] < 128).any()
    assert (headed[:LINE, 20:] == 255).all()


def test_every_picture_has_a_heading() -> None:
    with pytest.raises(ValueError, match="shorter"):
        with_headings(side_by_side([WIDE, TALL], 40), [WIDE, TALL], ["one"])


def test_the_name_of_a_row() -> None:
    named = with_name(TALL, "a name")
    assert named.shape == (40, LINE + 20, 3)
    np.testing.assert_array_equal(named[:, LINE:], TALL)
    assert (named[:, :LINE] < 128).any()


def test_index_maps_in_rows_and_columns() -> None:
    stages = [np.zeros((20, 30), np.float32), np.ones((10, 15), np.float32)]
    sheet = index_sheet({"before": stages, "now": stages[::-1]}, 20)
    assert sheet.shape == (2 * (LINE + 20) + 8, LINE + 2 * 30 + 4, 3)
    pictures = sheet[LINE : LINE + 20, LINE:]
    assert (pictures[:, :30] == 0).all()
    assert (pictures[:, 30:] == 255).all()
    np.testing.assert_array_equal(sheet[-20:, LINE:], pictures[:, ::-1])
