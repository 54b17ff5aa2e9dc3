import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image


def save(path: Path, label: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(label.astype(np.uint8)).save(path)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Predictions and labels of three classes; half of one image is wrong."""
    rng = np.random.default_rng(0)
    for name in ("a", "b"):
        label = rng.integers(0, 3, (20, 30))
        pred = label.copy()
        if name == "b":
            pred[:, :15] = (pred[:, :15] + 1) % 3
        label[0] = 255
        save(tmp_path / "label" / f"{name}.png", label)
        save(tmp_path / "pred" / f"{name}.png", pred)
    (tmp_path / "classes.yaml").write_text(yaml.safe_dump({"classes": ["x", "y", "z"]}))
    return tmp_path / "pred", tmp_path / "label"


def test_predictions_against_labels(command, folders: tuple[Path, Path], tmp_path: Path) -> None:
    pred, label = folders
    answer = command(
        "score", "--pred", pred, "--label", label, "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv"
    )
    assert answer.status == 0
    found = json.loads((tmp_path / "a.json").read_text())
    assert found["mean"]["pixel_accuracy"] == pytest.approx(0.75)
    assert found["images"] == 2
    assert np.array(found["confusion"]).sum() == 2 * 19 * 30
    assert "0.7500" in answer.out.split()


def test_a_folder_against_itself_is_perfect(command, folders: tuple[Path, Path], tmp_path: Path) -> None:
    """Also where both leave pixels without a class."""
    label = folders[1]
    assert command("score", "--pred", label, "--label", label, "--json", tmp_path / "a.json").status == 0
    assert set(json.loads((tmp_path / "a.json").read_text())["mean"].values()) == {1.0}


def test_one_file_each_whatever_their_names(command, folders: tuple[Path, Path]) -> None:
    pred, label = folders
    shutil.move(pred / "a.png", pred / "other.png")
    answer = command("score", "--pred", pred / "other.png", "--label", label / "a.png")
    assert answer.status == 0
    assert "1.0000" in answer.out.split()


def test_labels_with_a_mask_ending(command, folders: tuple[Path, Path]) -> None:
    pred, label = folders
    for name in "ab":
        shutil.move(label / f"{name}.png", label / f"{name}_mask.png")
    assert command("score", "--pred", pred, "--label", label).status == 0


def test_numbering_from_one_must_be_stated(command, folders: tuple[Path, Path], tmp_path: Path) -> None:
    pred, label = folders
    (tmp_path / "one.yaml").write_text(yaml.safe_dump({"classes": ["x", "y", "z"], "first": 1, "void": 0}))
    for folder in (pred, label):
        for name in "ab":
            numbers = np.asarray(Image.open(folder / f"{name}.png")).astype(int) + 1
            save(tmp_path / "one" / folder.name / f"{name}.png", np.where(numbers == 256, 0, numbers))
    labels = ("--label", tmp_path / "one" / "label", "--labels", tmp_path / "one.yaml")
    answer = command("score", "--pred", pred, *labels)
    assert answer.status == 2
    assert "number classes from 1; state with --pred_numbers" in answer.err
    first = command("score", "--pred", pred, *labels, "--pred-numbers", "from-0")
    second = command("score", "--pred", tmp_path / "one" / "pred", *labels, "--pred-numbers", "same")
    plain = command("score", "--pred", pred, "--label", label)
    assert first.out == second.out == plain.out


def test_the_numbering_must_be_stated(command, folders: tuple[Path, Path], tmp_path: Path) -> None:
    pred, label = folders
    (tmp_path / "classes.yaml").unlink()
    answer = command("score", "--pred", pred, "--label", label)
    assert answer.status == 2
    assert "no classes.yaml beside it defines the numbers; give --labels" in answer.err
    assert command("score", "--pred", pred, "--label", label, "--labels", "sun37-from-0").status == 0


def test_inputs_that_cannot_be_scored(command, folders: tuple[Path, Path], tmp_path: Path) -> None:
    pred, label = folders

    def refused(message: str) -> None:
        answer = command("score", "--pred", pred, "--label", label)
        assert (answer.status, answer.out, answer.err.count("\n")) == (2, "", 1)
        assert message in answer.err

    good = np.asarray(Image.open(pred / "a.png"))
    save(pred / "a.png", np.where(np.arange(30) == 4, 255, good))
    refused("a.png: 19 pixels have no class where the label has one")
    save(pred / "a.png", good[:, 1:])
    refused("a.png: is 20x29, but ")
    save(pred / "a.png", np.full_like(good, 7))
    refused("a.png: the number 7 (600 pixels) is no class")
    save(pred / "a.png", good)
    save(pred / "c.png", good)
    refused("no label for c")
    (pred / "c.png").unlink()
    save(label / "c.png", good)
    refused("no prediction for c")
