import pickle

import numpy as np
import pytest

from indexnet_segmentation.data.classes import SYNTHETIC
from indexnet_segmentation.data.synthetic import SCENES, SIDE, SyntheticScenes, draw_scene


@pytest.fixture(scope="module")
def scenes():
    images = SyntheticScenes("val")
    return [images.read(index) for index in range(len(images))]


def test_shapes_and_ranges(scenes):
    assert len(scenes) == SCENES["val"]
    for image, label in scenes:
        assert image.shape == (SIDE, SIDE, 3)
        assert image.dtype == np.float32
        assert image.min() >= 0
        assert image.max() <= 1
        assert label.shape == (SIDE, SIDE)
        assert label.dtype == np.int64


def test_every_class_occurs_in_every_scene(scenes):
    for _, label in scenes:
        assert sorted(np.unique(label)) == list(range(SYNTHETIC.count))


def test_wires_and_rings_are_thin_and_dots_are_small(scenes):
    """No pixel of a thin class has a neighbourhood of 9 x 9 pixels of its class; the large shapes have."""
    for name, fits in (("wire", False), ("dot", False), ("box", True), ("disc", True)):
        number = SYNTHETIC.names.index(name)
        windows = [np.lib.stride_tricks.sliding_window_view(label == number, (9, 9)) for _, label in scenes]
        assert any(window.all((-1, -2)).any() for window in windows) == fits, name


def test_colours_of_a_class_are_like_its_own(scenes):
    """The label lies where the shape was drawn: its pixels have, on average, the colour of the class."""
    for name in ("disc", "box", "triangle", "ring", "wire", "dot"):
        number = SYNTHETIC.names.index(name)
        pixels = np.concatenate([image[label == number] for image, label in scenes])
        assert np.corrcoef(SYNTHETIC.palette[number], pixels.mean(0))[0, 1] > 0.95, name


def test_a_scene_is_a_function_of_its_name():
    first = draw_scene("train-03")
    draw_scene.cache_clear()
    for one, other in zip(first, draw_scene("train-03")):
        np.testing.assert_array_equal(one, other)
    assert (draw_scene("val-03")[1] != first[1]).any()
    assert (draw_scene("train-11")[1] != first[1]).any()


def test_splits_share_no_name_and_can_be_pickled():
    names = [name for split in SCENES for name in SyntheticScenes(split).names]
    assert len(names) == len(set(names)) == sum(SCENES.values())
    images = pickle.loads(pickle.dumps(SyntheticScenes("test")))
    assert images.files(0) is None
    assert images.names[0] == "test-00"
