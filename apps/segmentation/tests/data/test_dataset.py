import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from indexnet_engine.errors import UserError
from indexnet_engine.models.encoder_weights import IMAGENET_MEAN, IMAGENET_STD
from indexnet_engine.randomness import SampleKey
from indexnet_engine.training.sampler import StepSampler
from indexnet_segmentation.data.classes import IGNORE, SYNTHETIC
from indexnet_segmentation.data.dataset import CropDataset
from indexnet_segmentation.data.folder import open_folder
from indexnet_segmentation.data.labelled_images import LabelledImages


class Coordinates(LabelledImages):
    """One image whose red and green are its pixels' row and column, its label the class of a checkerboard."""

    source, classes, names = "coordinates", SYNTHETIC, ["a"]

    def __init__(self, height, width):
        rows, columns = np.mgrid[:height, :width]
        self.image = np.stack([rows / 100, columns / 100, 0 * rows], 2).astype(np.float32)
        self.label = ((rows // 10 + columns // 10) % 7).astype(np.int64)

    def read(self, index):
        return self.image, self.label


def denormalised(image):
    return image * torch.tensor(IMAGENET_STD)[:, None, None] + torch.tensor(IMAGENET_MEAN)[:, None, None]


def test_shape_type_and_range(labelled_folder):
    dataset = CropDataset(open_folder(labelled_folder, "train"), 32)
    assert len(dataset) == 3
    for index in range(3):
        image, label = dataset[SampleKey(0, index)]
        assert (image.shape, image.dtype) == ((3, 32, 32), torch.float32)
        assert (label.shape, label.dtype) == ((32, 32), torch.int64)
        assert set(label.unique().tolist()) <= {0, 1, 2, IGNORE}
        assert -2.2 < image.min() < image.max() < 2.7


def test_a_sample_is_a_function_of_seed_epoch_and_index(labelled_folder):
    images = open_folder(labelled_folder, "train")
    one, same, other = (
        CropDataset(images, 32, seed=1),
        CropDataset(images, 32, seed=1),
        CropDataset(images, 32, seed=2),
    )
    key = SampleKey(5, 2)
    same[SampleKey(0, 0)]  # what was drawn before does not matter
    assert all(torch.equal(a, b) for a, b in zip(one[key], same[key]))
    assert not torch.equal(one[key][0], other[key][0])
    assert not torch.equal(one[key][0], one[SampleKey(6, 2)][0])


@pytest.mark.parametrize("workers", [0, 2])
def test_worker_processes_change_nothing(labelled_folder, workers):
    dataset = CropDataset(open_folder(labelled_folder, "train"), 32, seed=3)
    sampler = StepSampler(3, 1, 3, stop_step=4)
    batches = list(DataLoader(dataset, batch_sampler=sampler, num_workers=workers))
    for (key,), (image, label) in zip(sampler, batches):
        expected = dataset[key]
        assert torch.equal(image[0], expected[0])
        assert torch.equal(label[0], expected[1])


def test_without_scaling_image_and_label_are_the_pixels_themselves():
    source = Coordinates(90, 70)
    dataset = CropDataset(source, 32, (1.0, 1.0))
    mirrored = set()
    for epoch in range(20):
        image, label = dataset[SampleKey(epoch, 0)]
        rows, columns = (denormalised(image)[:2] * 100).round().long()
        assert torch.equal(torch.from_numpy(source.label)[rows, columns], label)
        mirrored.add(bool(columns[0, 0] > columns[0, -1]))
        assert (rows.diff(dim=0) == 1).all()
    assert mirrored == {False, True}


@pytest.mark.parametrize("scale", [0.5, 0.8, 1.7, 3.0])
def test_scaled_labels_stay_with_their_pixels(scale):
    """Image and label are resized by one rule: the class at a pixel is that of the place it shows."""
    source = Coordinates(120, 120)
    image, label = CropDataset(source, 48, (scale, scale))[SampleKey(0, 0)]
    rows, columns = denormalised(image)[:2] * 100
    inner = (rows % 10 - 4.5).abs().maximum(
        (columns % 10 - 4.5).abs()
    ) < 3  # away from the borders of classes
    expected = torch.from_numpy(source.label)[
        rows.round().long().clip(0, 119), columns.round().long().clip(0, 119)
    ]
    seen = inner & (label != IGNORE)
    assert seen.sum() > 200
    assert torch.equal(label[seen], expected[seen])
    step = (columns[:, 1:] - columns[:, :-1]).abs().median()
    assert abs(step - 1 / scale) < 0.05


def test_beyond_the_image_there_is_no_class():
    dataset = CropDataset(Coordinates(20, 90), 64, (1.0, 1.0))
    tops = set()
    for epoch in range(12):
        image, label = dataset[SampleKey(epoch, 0)]
        outside = label == IGNORE
        assert outside.sum() == (64 - 20) * 64
        assert image[:, outside].abs().max() < 1e-6  # ImageNet's mean
        tops.add(int((~outside).any(1).long().argmax()))
    assert len(tops) > 4


@pytest.mark.parametrize(
    ("size", "scales"),
    [(32, (0, 1)), (32, (2, 1)), (32, (1,)), (32, (1, float("inf"))), (32, (float("nan"), 1)), (0, (1, 1))],
)
def test_numbers_out_of_range(size, scales):
    with pytest.raises(UserError, match=r"size must be positive|scales are the smallest and the largest"):
        CropDataset(Coordinates(50, 50), size, scales)


def test_jitter_changes_colours_only(labelled_folder):
    images, key = open_folder(labelled_folder, "train"), SampleKey(2, 1)
    (plain, label), (coloured, same) = (
        CropDataset(images, 32, seed=1, jitter=jitter)[key] for jitter in (0, 0.3)
    )
    assert torch.equal(label, same)
    inside = label != IGNORE
    assert not torch.allclose(plain[:, inside], coloured[:, inside])
