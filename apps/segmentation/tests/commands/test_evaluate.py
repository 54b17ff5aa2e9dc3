import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.weights.packaged import NO_NETWORKS, PackagedNetworks
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.data.open_data import open_data
from indexnet_segmentation.evaluation import held_out, measure_images, require_classes
from indexnet_segmentation.metrics import Scores
from indexnet_segmentation.models import SegNet
from indexnet_segmentation.predictor import SegmentationPredictor


def expected(net: SegNet, folder: Path, split: str) -> Scores:
    images = open_data(folder, split)
    scores = Scores(images.classes)
    for index in range(len(images)):
        image, label = images.read(index)
        scores.add(SegmentationPredictor(net).probabilities(image).argmax(0), label)
    return scores


def test_measures_of_a_folder(
    command, net_folder: Path, net: SegNet, labelled_folder: Path, tmp_path: Path
) -> None:
    answer = command(
        "evaluate", "--weights", net_folder, "--data", labelled_folder,
        "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv", "--out", tmp_path / "out",
    )  # fmt: skip
    assert answer.status == 0
    scores = expected(net, labelled_folder, "test")
    found = json.loads((tmp_path / "a.json").read_text())
    assert found["mean"] == pytest.approx(scores.summary())
    assert found["confusion"] == scores.matrix.tolist()
    assert found["images"] == 3
    assert f"{scores.summary()['miou']:.4f}" in answer.out.split()
    assert (tmp_path / "a.csv").read_text().startswith("class,iou,")
    for index, name in enumerate("abc"):
        label = (
            SegmentationPredictor(net)
            .probabilities(open_data(labelled_folder, "test").read(index)[0])
            .argmax(0)
        )
        np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / f"out/{name}.png")), label)


def test_written_predictions_have_the_same_score(
    command, net_folder: Path, labelled_folder: Path, tmp_path: Path
) -> None:
    words = ("evaluate", "--weights", net_folder, "--data", labelled_folder, "--out", tmp_path / "out")
    measured = command(*words).out
    scored = command("score", "--pred", tmp_path / "out", "--label", labelled_folder / "label")
    assert (scored.status, scored.out) == (0, measured)


@pytest.mark.parametrize("split", ["val", "test"])
def test_parts_of_a_data_set(command, net_folder: Path, net: SegNet, split_folder: Path, split: str) -> None:
    answer = command("evaluate", "--weights", net_folder, "--data", split_folder, "--split", split)
    value = expected(net, split_folder, split).summary()["miou"]
    assert f"{value:.4f}" in answer.out.split()


def test_the_scale_of_the_weights_is_used(net: SegNet, labelled_folder: Path) -> None:
    images = open_data(labelled_folder, "test")
    whole, half = (measure_images(SegmentationPredictor(net, scale=scale), images) for scale in (1.0, 0.5))
    assert whole.matrix.sum() == half.matrix.sum()
    assert (whole.matrix != half.matrix).any()
    assert "boundary_f1" not in measure_images(SegmentationPredictor(net), images, tolerance=None).summary()


def test_the_part_to_measure_on(split_folder: Path) -> None:
    assert held_out(str(split_folder), "val") == "val"
    assert held_out(str(split_folder), "test") == "test"
    (split_folder / "val" / "image").rename(split_folder / "val" / "other")
    assert held_out(str(split_folder), "val") == "test"
    (split_folder / "test" / "image").rename(split_folder / "test" / "other")
    with pytest.raises(UserError, match="has neither val nor test"):
        held_out(str(split_folder), "val")


def test_other_classes_are_refused(command, net_folder: Path, labelled_folder: Path) -> None:
    answer = command("evaluate", "--weights", net_folder, "--data", "builtin")
    assert answer.status == 2
    assert answer.err == f"error: {net_folder}: has 3 classes, but builtin has 7\n"
    images = open_data(labelled_folder, "test")
    other = Classes(("lawn", "lake", "wall"), images.classes.palette)
    with pytest.raises(UserError, match=r"run: class 1 is 'lake', but in .*fields it is 'pond'"):
        require_classes(other, "run", images)


def test_all_inputs_are_checked_before_anything_is_computed(
    command, net_folder: Path, labelled_folder: Path, tmp_path: Path
) -> None:
    words = ("evaluate", "--weights", net_folder, "--data", labelled_folder)
    for more, message in (
        (("--json", tmp_path), "is a folder"),
        (("--tile", 64), "--tile must be larger"),
        (("--boundary", 2), "--boundary must be a fraction"),
        (("--out", labelled_folder / "label"), "is an input and would be overwritten"),
        (("--weights", tmp_path / "nowhere"), "nowhere: no such folder"),
    ):
        answer = command(*words, *more)
        assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
        assert message in answer.err
    Image.fromarray(np.full((42, 48), 9, np.uint8)).save(labelled_folder / "label" / "c.png")
    answer = command(*words, "--out", tmp_path / "out")
    assert answer.status == 2
    assert "c.png" in answer.err
    assert not (tmp_path / "out").exists()


def test_the_network_of_the_package(
    command, net_folder: Path, labelled_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("evaluate", "--data", labelled_folder)
    monkeypatch.setattr(SegmentationPredictor, "packaged", NO_NETWORKS)
    assert command(*words).err == (
        "error: missing --weights: the folder of a run; no network comes with this package\n"
    )
    packaged = PackagedNetworks(net_folder.parent, {net_folder.name: ""}, default=net_folder.name)
    monkeypatch.setattr(SegmentationPredictor, "packaged", packaged)
    expected = command(*words, "--weights", net_folder).out
    assert command(*words).out == command(*words, "--weights", net_folder.name).out == expected
