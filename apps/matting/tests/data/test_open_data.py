import shutil
from collections.abc import Mapping

import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image
from indexnet_engine.randomness import SampleKey
from indexnet_matting.data.crop import composite
from indexnet_matting.data.open_data import load_test_set, open_training_data

CROPS, SIZE = (32, 48, 64), 32


def test_a_folder(test_folder):
    images = load_test_set(test_folder)
    assert isinstance(images, Mapping)
    assert list(images) == ["fern", "lace", "wing"]
    assert len(images) == 3
    image = images["wing"]
    assert image.name == "wing"
    np.testing.assert_array_equal(image.image, read_image(test_folder / "image/wing.png"))
    np.testing.assert_array_equal(image.alpha, read_image(test_folder / "alpha/wing.png")[..., 0])
    assert image.trimap.dtype == np.uint8
    assert set(np.unique(image.trimap)) == {0, 128, 255}
    assert image.image.shape[:2] == image.alpha.shape == image.trimap.shape == (72, 61)


def test_builtin():
    images = load_test_set("builtin")
    assert len(images) == len(list(images)) == 8
    for image in images.values():
        assert image.image.shape[:2] == image.alpha.shape == image.trimap.shape
        unknown = image.trimap == 128
        assert 0.1 < unknown.mean() < 0.9
        np.testing.assert_array_equal(image.alpha[~unknown], image.trimap[~unknown] / 255)


def test_builtin_scenes_obey_the_matting_equation():
    image = load_test_set("builtin")["hair-11-camera"]
    transparent = image.alpha == 0
    black = composite(np.zeros_like(image.image), image.alpha, image.image)
    np.testing.assert_array_equal(black[transparent], image.image[transparent])


def test_backgrounds_given_found_or_builtin(training_folder, tmp_path):
    def count(backgrounds=None):
        return len(open_training_data(training_folder, backgrounds, cache_dir=tmp_path).backgrounds)

    assert count() == 2
    assert count("builtin") == 8
    (training_folder / "backgrounds").rename(training_folder / "others")
    assert count() == 8
    assert count(training_folder / "others") == 2


def test_builtin_samples():
    dataset = open_training_data("builtin", size=64)
    assert len(dataset) == 1600
    sample = dataset[SampleKey(0, 0)]
    assert sample["image"].shape == (3, 64, 64)
    assert 0.01 < sample["alpha"].mean() < 0.9


def test_the_adobe_layout(training_folder, tmp_path):
    part = tmp_path / "Combined_Dataset" / "Training_set" / "Other"
    part.mkdir(parents=True)
    for name in ("fg", "alpha"):
        (training_folder / name).rename(part / name)
    (part.parent / "training_fg_names.txt").write_text("wing.png\nfern.png\n")
    dataset = open_training_data(
        tmp_path / "Combined_Dataset", "builtin", cache_dir=tmp_path, crops=CROPS, size=SIZE
    )
    assert len(dataset) == 200
    assert dataset[SampleKey(0, 0)]["image"].shape == (3, SIZE, SIZE)


def test_errors_are_reported_before_training(training_folder, tmp_path):
    with pytest.raises(UserError, match="must be positive"):
        open_training_data(training_folder, cache_dir=tmp_path, crops=())
    with pytest.raises(UserError, match="no folder of foregrounds; expected fg/ or foreground/"):
        open_training_data(training_folder / "fg", cache_dir=tmp_path)
    with pytest.raises(UserError, match="repeats must be at least 1"):
        open_training_data("builtin", repeats=0)
    with pytest.raises(UserError, match="no such file or folder"):
        open_training_data("builtin", tmp_path / "nowhere")


def test_the_adobe_data_sets_own_list_of_backgrounds(training_folder, tmp_path):
    part = tmp_path / "archive" / "Training_set" / "Other"
    part.mkdir(parents=True)
    for name in ("fg", "alpha"):
        shutil.move(training_folder / name, part / name)
    (part.parent / "training_fg_names.txt").write_text("fern.png\n")
    (part.parent / "training_bg_names.txt").write_text("sky.jpg\n")
    options = {"cache_dir": tmp_path / "cache", "crops": CROPS, "size": SIZE}

    def sources(**more):
        dataset = open_training_data(tmp_path / "archive", training_folder / "backgrounds", **options, **more)
        return [path.name for path in dataset.backgrounds.sources]

    assert sources() == ["sky.jpg"]
    (tmp_path / "mine.txt").write_text("sea.png\n")
    assert sources(background_names=tmp_path / "mine.txt") == ["sea.png"]
    (part.parent / "training_bg_names.txt").write_text("COCO_train2014_000000000009.jpg\n")
    assert sources() == ["sea.png", "sky.jpg"]  # other backgrounds than those of the list
