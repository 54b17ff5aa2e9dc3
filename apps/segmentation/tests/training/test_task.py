from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from indexnet_engine.images.panels import LINE
from indexnet_engine.randomness import SampleKey
from indexnet_segmentation.data.dataset import CropDataset
from indexnet_segmentation.data.labelled_images import LabelledImages
from indexnet_segmentation.data.open_data import open_data
from indexnet_segmentation.evaluation import measure_images
from indexnet_segmentation.losses import softmax_loss
from indexnet_segmentation.models import SegNet, create_model
from indexnet_segmentation.predictor import SegmentationPredictor
from indexnet_segmentation.training.task import SegmentationTask


def halves(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper and the lower row of a sheet of two, without the gap between and the names at the
    left."""
    height = (len(picture) - 8) // 2
    return picture[:height, LINE:], picture[-height:, LINE:]


@pytest.fixture
def images(labelled_folder: Path) -> LabelledImages:
    return open_data(labelled_folder, "train")


@pytest.fixture
def task(net: SegNet, images: LabelledImages) -> SegmentationTask:
    return SegmentationTask(net, CropDataset(images, 32), images)


def test_loss_is_that_of_the_paper(net: SegNet, images: LabelledImages) -> None:
    for weights in (None, np.float32([0.5, 1, 2])):
        task = SegmentationTask(net, CropDataset(images, 32), images, weights=weights)
        image, label = task.collate([task.train_data[SampleKey(0, index)] for index in (0, 1)])
        assert image.shape == (2, 3, 32, 32)
        losses = task.loss(net, (image, label))
        given = None if weights is None else torch.from_numpy(weights)
        torch.testing.assert_close(losses["loss"], softmax_loss(net(image), label, given))


@pytest.mark.parametrize("weights", [None, np.float32([0.5, 1, 2])])
def test_the_loss_of_a_batch_is_the_weighted_mean_of_its_pieces(
    net: SegNet, images: LabelledImages, weights: np.ndarray | None
) -> None:
    task = SegmentationTask(net, CropDataset(images, 32), images, weights=weights)
    image, label = task.collate([task.train_data[SampleKey(0, index)] for index in (0, 1, 2)])
    label[0, 3:] = label[2] = 255
    pieces = [(image[[index]], label[[index]]) for index in range(3)]
    pieces_weights = torch.stack([task.weight(piece) for piece in pieces])
    assert pieces_weights[0] < pieces_weights[1] / 4
    assert pieces_weights[2] == 0
    losses = torch.stack([task.loss(net, piece)["loss"] for piece in pieces])
    whole = task.loss(net, (image, label))["loss"]
    torch.testing.assert_close((pieces_weights * losses).sum() / pieces_weights.sum(), whole)


def test_evaluation_is_that_of_the_command(
    task: SegmentationTask, net: SegNet, images: LabelledImages
) -> None:
    measured = measure_images(SegmentationPredictor(net), images).summary()
    found = task.evaluate(net)
    assert found == {name: measured[name] for name in ("miou", "pixel_accuracy", "class_accuracy")}
    assert (task.monitor, task.monitor_mode) == ("miou", "max")


def test_pictures(task: SegmentationTask, net: SegNet) -> None:
    pictures = task.pictures(net)
    assert list(pictures) == ["classes", "index"]
    assert all(picture.dtype == np.uint8 and picture.shape[2] == 3 for picture in pictures.values())
    # The image is 50 wide and 40 high; three of them and two gaps.
    assert pictures["classes"].shape[1] == 3 * 400 + 2 * 4
    assert pictures["classes"].shape[0] > 320


def test_index_maps_before_and_after(images: LabelledImages) -> None:
    model = create_model("segnet", resampling="hin", classes=3, width=2).eval()
    task = SegmentationTask(model, CropDataset(images, 32), images, scale=0.7)
    before, now = halves(task.pictures(model)["index"])
    np.testing.assert_array_equal(before, now)
    for parameter in model.resampling.parameters():
        parameter.data.add_(torch.randn_like(parameter))
    still, now = halves(task.pictures(model)["index"])
    np.testing.assert_array_equal(still, before)
    assert (now != before).any()


def test_no_index_picture_without_indices(images: LabelledImages) -> None:
    model = create_model("segnet", classes=3, width=2).eval()
    assert list(SegmentationTask(model, CropDataset(images, 32), images).pictures(model)) == ["classes"]


def test_only_the_encoders_batch_norm_is_frozen(net: SegNet, images: LabelledImages) -> None:
    crops = CropDataset(images, 32)
    assert SegmentationTask(net, crops, images).frozen() == []
    frozen = set(SegmentationTask(net, crops, images, freeze_bn=True).frozen())
    norms = {name: module for name, module in net.named_modules() if isinstance(module, nn.BatchNorm2d)}
    assert any(name.startswith("resampling") for name in norms)
    for name, module in norms.items():
        assert (module in frozen) == name.startswith("encoder."), name


def test_the_encoder_has_its_own_learning_rate(net: SegNet, images: LabelledImages) -> None:
    crops = CropDataset(images, 32)
    assert len(SegmentationTask(net, crops, images).parameter_groups()) == 1
    others, encoder = SegmentationTask(net, crops, images, encoder_lr_scale=0.2).parameter_groups()
    assert encoder["lr_scale"] == 0.2
    assert set(map(id, encoder["params"])) == set(map(id, net.encoder.parameters()))
    assert len(others["params"]) + len(encoder["params"]) == len(list(net.parameters()))


def test_the_largest_side_is_an_entry_of_config_json(net: SegNet, images: LabelledImages) -> None:
    task = SegmentationTask(net, CropDataset(images, 32), images, max_side=48)
    assert task.pretrained_config()["max_side"] == 48
    assert "max_side" not in SegmentationTask(net, CropDataset(images, 32), images).pretrained_config()


def test_entries_of_config_json(task: SegmentationTask) -> None:
    found = task.pretrained_config()
    assert found["task"] == "segmentation"
    assert found["classes"] == ["lawn", "pond", "wall"]
    assert [len(colour) for colour in found["palette"]] == [3, 3, 3]
    assert found["scale"] == 1
