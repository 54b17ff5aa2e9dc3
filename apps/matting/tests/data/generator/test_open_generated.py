import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_matting.data.generator.mattes import MATTES
from indexnet_matting.data.generator.open_generated import GeneratedTestSet, is_generated, open_generated
from indexnet_matting.data.open_data import load_test_set


def test_the_word():
    assert is_generated("generated")
    assert not is_generated("./generated")


def test_held_out_scenes_show_every_kind():
    scenes = load_test_set("generated")
    assert isinstance(scenes, GeneratedTestSet)
    assert {name.rpartition("-")[0] for name in scenes} == set(MATTES)
    one = scenes["solid-2"]
    assert one.image.shape == (320, 320, 3)
    assert (one.trimap == 128).any()
    assert np.array_equal(one.image, scenes["solid-2"].image)
    with pytest.raises(KeyError):
        scenes["solid-3"]


def test_photographs_of_a_folder(training_folder):
    assert len(open_generated(training_folder / "backgrounds").photographs) == len(
        list((training_folder / "backgrounds").iterdir())
    )
    with pytest.raises(UserError):
        open_generated(training_folder / "nowhere")
