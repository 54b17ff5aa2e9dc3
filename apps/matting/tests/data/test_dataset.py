import shutil

import numpy as np
import pytest
import torch

from indexnet_engine.images.image_file import write_image
from indexnet_engine.randomness import SampleKey
from indexnet_matting.data.open_data import open_training_data
from tests.training_samples import check_keys, check_workers

CROPS, SIZE = (32, 48, 64), 32


@pytest.fixture
def dataset(training_folder, tmp_path):
    return open_training_data(
        training_folder, cache_dir=tmp_path / "cache", seed=3, crops=CROPS, size=SIZE, repeats=10
    )


def test_shapes_and_ranges(dataset):
    assert len(dataset) == 30
    for index in range(30):
        sample = dataset[SampleKey(0, index)]
        assert {name: tuple(value.shape) for name, value in sample.items()} == {
            "image": (3, SIZE, SIZE),
            "trimap": (1, SIZE, SIZE),
            "alpha": (1, SIZE, SIZE),
            "foreground": (3, SIZE, SIZE),
            "background": (3, SIZE, SIZE),
        }
        for value in sample.values():
            assert value.dtype == torch.float32
            assert value.is_contiguous()
            assert value.min() >= 0
            assert value.max() <= 1 + 1e-6


def test_the_matting_equation_holds_in_every_sample(dataset):
    for epoch in range(2):
        for index in range(len(dataset)):
            s = {name: value.double() for name, value in dataset[SampleKey(epoch, index)].items()}
            expected = s["alpha"] * s["foreground"] + (1 - s["alpha"]) * s["background"]
            assert (s["image"] - expected).abs().max() < 1e-6


def test_the_trimap_is_correct_and_has_unknown_pixels(dataset):
    levels = torch.tensor([0, 128 / 255, 1])
    for index in range(len(dataset)):
        sample = dataset[SampleKey(0, index)]
        trimap, alpha = sample["trimap"], sample["alpha"]
        assert torch.isin(trimap, levels).all()
        unknown = trimap == levels[1]
        assert unknown.any()
        assert torch.equal(trimap[~unknown], alpha[~unknown])


def test_a_sample_depends_only_on_seed_epoch_and_index(dataset):
    check_keys(dataset, "image")


def test_the_foreground_follows_from_the_index(dataset):
    """Foregrounds differ in size, so a crop of all their height tells them apart."""
    shapes = [dataset.foregrounds[index % 3].rgba.shape for index in range(6)]
    assert shapes == [(90, 120, 4), (100, 115, 4), (110, 110, 4)] * 2


@pytest.mark.parametrize(("start", "count"), [("fork", 2), ("spawn", 1)])
def test_workers_give_the_same_batches_as_none(dataset, start, count):
    check_workers(dataset, batch_size=4, steps=3, start=start, count=count)


def test_samples_vary(dataset):
    """Two epochs of the same indices share neither crops nor backgrounds nor, often, orientation."""
    means = {round(float(dataset[SampleKey(epoch, 0)]["background"].mean()), 5) for epoch in range(12)}
    assert len(means) > 8
    alphas = {float(dataset[SampleKey(epoch, 0)]["alpha"].mean()) for epoch in range(12)}
    assert len(alphas) > 10


def test_colours_are_those_of_the_files(dataset):
    """An opaque part of the crop is a part of the foreground file, possibly mirrored."""
    dataset.crops = (SIZE,)
    for index in range(12):
        sample = dataset[SampleKey(0, index)]
        opaque = (sample["alpha"][0] == 1).numpy()
        if not opaque.any():
            continue
        file = dataset.foregrounds[index % 3].rgba[..., :3]
        colours = {tuple(colour) for colour in file.reshape(-1, 3).tolist()}
        shown = np.rint(255 * sample["image"].permute(1, 2, 0).numpy()[opaque]).astype(int)
        assert all(tuple(colour) in colours for colour in shown.tolist())


def test_a_background_covers_the_foreground_or_the_crop(training_folder, tmp_path):
    """A ramp from left to right: a crop shows a part of it, or all."""
    shutil.rmtree(training_folder / "backgrounds")
    ramp = np.repeat(np.linspace(0, 255, 240).astype(np.uint8)[None, :, None], 3, 2).repeat(180, 0)
    write_image(training_folder / "backgrounds" / "ramp.png", ramp)
    spans = {}
    for scale in ("foreground", "crop"):
        dataset = open_training_data(
            training_folder, cache_dir=tmp_path / "cache", crops=[30], size=32, background_scale=scale
        )
        shown = [dataset[SampleKey(0, index)]["background"] for index in range(12)]
        spans[scale] = np.mean([picture.max() - picture.min() for picture in shown])
    assert spans["crop"] > 0.7  # a square of a 4:3 picture
    assert spans["foreground"] < 0.4
