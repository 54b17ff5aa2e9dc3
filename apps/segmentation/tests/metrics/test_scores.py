import math

import numpy as np
import pytest
import torch
from torchmetrics.classification import MulticlassAccuracy, MulticlassJaccardIndex

from indexnet_segmentation.data.classes import CAMVID11
from indexnet_segmentation.metrics import Scores, boundary_f1, boundary_iou_counts


def image(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of different sizes; labels of stripes, and predictions that are mostly right."""
    rng = np.random.default_rng(seed)
    label = np.repeat(rng.integers(0, 11, 6), 5)[:, None] + np.zeros(20 + seed, int)
    pred = np.where(rng.random(label.shape) < 0.7, label, rng.integers(0, 11, label.shape))
    label[rng.random(label.shape) < 0.1] = 255
    return pred, label


@pytest.fixture
def scores() -> Scores:
    found = Scores(CAMVID11)
    for seed in range(5):
        found.add(*image(seed))
    return found


def test_measures_of_the_whole_set(scores: Scores) -> None:
    pixels = [np.concatenate([part.ravel() for part in parts]) for parts in zip(*map(image, range(5)))]
    pred, label = map(torch.from_numpy, pixels)
    options = {"num_classes": 11, "ignore_index": 255}
    summary = scores.summary()
    assert summary["miou"] == pytest.approx(MulticlassJaccardIndex(**options)(pred, label).item(), rel=1e-6)
    micro = MulticlassAccuracy(**options, average="micro")(pred, label).item()
    assert summary["pixel_accuracy"] == pytest.approx(micro, rel=1e-6)
    recall = MulticlassAccuracy(**options, average="none")(pred, label)
    there = torch.bincount(label[label < 255], minlength=11) > 0
    assert summary["class_accuracy"] == pytest.approx(recall[there].mean().item(), rel=1e-6)
    f1 = np.mean([boundary_f1(*image(seed)) for seed in range(5)])
    assert summary["boundary_f1"] == pytest.approx(f1)
    counts = [boundary_iou_counts(*image(seed), 11) for seed in range(5)]
    iou = (counts[0] + counts[1] + counts[2] + counts[3] + counts[4]).iou()
    assert summary["boundary_iou"] == pytest.approx(np.nanmean(iou))
    assert scores.images == 5


def test_the_order_does_not_matter(scores: Scores) -> None:
    other = Scores(CAMVID11)
    for seed in (3, 0, 4, 2, 1):
        other.add(*image(seed))
    assert other.summary() == pytest.approx(scores.summary(), rel=1e-12)
    np.testing.assert_array_equal(other.matrix, scores.matrix)


def test_the_table_of_classes(scores: Scores) -> None:
    rows = scores.by_class()
    assert list(rows) == list(CAMVID11.names)
    known = [row["iou"] for row in rows.values() if not math.isnan(row["iou"])]
    assert np.mean(known) == pytest.approx(scores.summary()["miou"])
    assert sum(row["share"] for row in rows.values()) == pytest.approx(1)
    assert all(list(row) == ["iou", "accuracy", "boundary_iou", "share"] for row in rows.values())


def test_the_tolerance_reaches_the_boundary_measures() -> None:
    narrow, wide = Scores(CAMVID11, 0.01), Scores(CAMVID11, 0.1)
    for found in (narrow, wide):
        found.add(*image(0))
    assert narrow.summary()["boundary_f1"] < wide.summary()["boundary_f1"]
    assert narrow.summary()["boundary_iou"] != wide.summary()["boundary_iou"]
    assert narrow.summary()["miou"] == wide.summary()["miou"]


def test_nothing_measured_is_not_a_number() -> None:
    assert all(math.isnan(value) for value in Scores(CAMVID11).summary().values())
