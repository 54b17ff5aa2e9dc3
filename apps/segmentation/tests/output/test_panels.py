import numpy as np
import pytest

from indexnet_segmentation.data.classes import CAMVID11, SUN37
from indexnet_segmentation.output.panels import (
    colourise,
    legend,
    occurring,
    overlay,
    segmentation_panel,
    with_legend,
)

RNG = np.random.default_rng(0)
IMAGE = RNG.random((40, 60, 3), dtype=np.float32)
LABEL = RNG.choice([0, 3, 10, 255], (40, 60))


def test_every_class_in_its_colour_and_black_without_one() -> None:
    picture = colourise(LABEL, CAMVID11)
    for number in (0, 3, 10):
        assert (picture[number == LABEL] == CAMVID11.palette[number]).all()
    assert not picture[LABEL == 255].any()


def test_an_overlay_shows_the_photograph_where_there_is_no_class() -> None:
    picture = overlay(IMAGE, LABEL, CAMVID11, opacity=0.25)
    unknown = LABEL == 255
    np.testing.assert_array_equal(picture[unknown], np.rint(255 * IMAGE[unknown]))
    expected = 0.75 * np.rint(255 * IMAGE) + 0.25 * colourise(LABEL, CAMVID11)
    np.testing.assert_allclose(picture[~unknown], expected[~unknown], atol=0.51)


def test_classes_that_occur() -> None:
    assert occurring(LABEL) == [0, 3, 10]
    assert occurring(np.array([[5]]), LABEL) == [0, 3, 5, 10]
    assert occurring(np.full((2, 2), 255)) == []


@pytest.mark.parametrize("width", [1, 40, 300, 2000])
def test_a_legend_holds_all_colours_in_any_width(width: int) -> None:
    numbers = list(range(37))
    picture = legend(SUN37, numbers, width)
    assert (picture.shape[1], picture.dtype) == (width, np.uint8)
    if width >= 300:
        colours = {tuple(colour) for colour in picture.reshape(-1, 3).tolist()}
        assert colours >= set(SUN37.palette)
    assert picture.shape[0] <= legend(SUN37, numbers, max(1, width // 2)).shape[0]


def test_a_legend_lies_under_the_picture() -> None:
    picture = with_legend(colourise(LABEL, CAMVID11), CAMVID11, [0])
    np.testing.assert_array_equal(picture[:40], colourise(LABEL, CAMVID11))
    assert picture.shape[0] > 40
    assert picture.shape[1] == 60


@pytest.mark.parametrize("height", [17, 100])
def test_a_panel_does_not_mix_the_colours_of_classes(height: int) -> None:
    panel = segmentation_panel(IMAGE, [LABEL], CAMVID11, height=height)
    shown = {tuple(colour) for colour in panel[:height, -round(60 * height / 40) :].reshape(-1, 3).tolist()}
    assert shown == {(0, 0, 0), *(CAMVID11.palette[number] for number in (0, 3, 10))}


def test_a_panel_like_figure_12() -> None:
    other = np.zeros_like(LABEL)
    panel = segmentation_panel(IMAGE, [LABEL, other], CAMVID11, height=40)
    assert panel.shape[1] == 3 * 60 + 2 * 4
    np.testing.assert_array_equal(panel[:40, :60], np.rint(255 * IMAGE))
    np.testing.assert_array_equal(panel[:40, 64:124], colourise(LABEL, CAMVID11))
    np.testing.assert_array_equal(panel[:40, 128:], colourise(other, CAMVID11))
