import json

import numpy as np
import pytest
from PIL import Image

from indexnet_segmentation.data.classes import (
    CAMVID11,
    IGNORE,
    MAX_CLASSES,
    NYU40,
    SUN37,
    SYNTHETIC,
    pick_colours,
)


@pytest.mark.parametrize(
    ("classes", "count"), [(SUN37, 37), (NYU40, 40), (CAMVID11, 11), (SYNTHETIC, 7)], ids=str
)
def test_names_and_colours_belong_together(classes, count):
    assert (
        classes.count == len(classes.palette) == len(set(classes.names)) == len(set(classes.palette)) == count
    )
    assert (0, 0, 0) not in classes.palette  # black is for pixels without a class
    assert np.uint8(classes.palette).shape == (count, 3)


def test_sun37_is_the_beginning_of_nyu40():
    assert SUN37.names == NYU40.names[:37]
    assert (SUN37.names[0], SUN37.names[19], SUN37.names[36]) == ("wall", "floor mat", "bag")
    assert all(name.startswith("other") for name in NYU40.names[37:])


def test_segnets_order_of_camvid():
    assert CAMVID11.names[:4] == ("sky", "building", "pole", "road")
    assert CAMVID11.palette[3] == (128, 64, 128)


def test_colours_for_the_largest_number_of_classes():
    colours = pick_colours(MAX_CLASSES)
    assert len(set(colours)) == MAX_CLASSES == IGNORE
    assert json.loads(json.dumps(colours))[0] == [128, 0, 0]


@pytest.mark.data
def test_the_colours_are_those_of_voc(shared):
    palette = Image.open(shared("data/segmentation/voc_samples") / "2007_004189.png").getpalette()
    assert pick_colours(20) == tuple(zip(palette[3:63:3], palette[4:63:3], palette[5:63:3]))
