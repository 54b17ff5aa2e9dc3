import shutil

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_segmentation.commands.check_data import CheckConfig, check, check_data, format_report


def save(path, values):
    Image.fromarray(np.asarray(values, np.uint8)).save(path)


def found(report):
    """file -> level and message; of several the last."""
    return {problem.file: (problem.level, problem.message) for problem in report.problems}


def test_good_folders(labelled_folder, split_folder, capsys):
    check_data(CheckConfig(str(labelled_folder)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{labelled_folder}: 3 classes; all: 3 images"
    assert lines[1] == "  sizes: 1 of 40x50, 1 of 41x49, 1 of 42x48"
    assert lines[2].startswith("  all: lawn ")
    assert lines[2].endswith("no class 4.88 %")
    assert lines[3:] == ["  no problems"]
    report = check(split_folder)
    assert {name: split.images for name, split in report.splits.items()} == {"train": 4, "val": 2, "test": 2}
    assert report.problems == []


def test_counts_are_those_of_the_labels(labelled_folder):
    (split,) = check(labelled_folder).splits.values()
    labels = [np.asarray(Image.open(path)) for path in (labelled_folder / "label").iterdir()]
    assert split.pixels.tolist() == [sum((label == number).sum() for label in labels) for number in range(3)]
    assert split.void == sum((label == 255).sum() for label in labels)


def test_builtin(capsys):
    check_data(CheckConfig())
    out = capsys.readouterr().out
    assert out.startswith("builtin: 7 classes; train: 64 images; val: 8 images; test: 8 images\n")
    assert out.endswith("  no problems\n")


def test_faults(labelled_folder):
    image, label = labelled_folder / "image", labelled_folder / "label"
    band = np.asarray(Image.open(label / "a.png"))
    for name, values in (
        ("range", np.where(band == 2, 7, band)),
        ("size", band[:20]),
        ("void", np.full_like(band, 255)),
        ("colour", np.dstack([band, band, 2 * band])),
        ("glass", band),
    ):
        save(label / f"{name}.png", values)
        save(image / f"{name}.png", np.full((40, 50, 4 if name == "glass" else 3), len(name)))
    save(label / "stray.png", band)
    (image / "b.png").write_bytes((image / "b.png").read_bytes()[:70])
    shutil.copy(image / "c.png", image / "twin.png")
    shutil.copy(label / "c.png", label / "twin.png")
    report = check(labelled_folder)
    problems = found(report)
    assert problems == {
        "label/range.png": problems["label/range.png"],
        "label/size.png": ("error", "is 20x50, but image/size.png is 40x50 (height x width)"),
        "label/void.png": ("note", "no pixel has a class"),
        "label/colour.png": problems["label/colour.png"],
        "label/stray.png": ("note", "belongs to no image"),
        "image/glass.png": ("note", "transparency is composited over white"),
        "image/b.png": problems["image/b.png"],  # in Pillow's words
        "image/twin.png": ("note", "same content as image/c.png"),
    }
    level, text = problems["label/range.png"]
    assert level == "error"
    assert text.endswith("is no class and not declared as void; classes are 0 to 2, void is 255")
    assert problems["label/colour.png"][0] == problems["image/b.png"][0] == "error"
    assert report.splits["all"].images == 5
    assert str(labelled_folder) not in "".join(format_report(report).splitlines()[1:])
    with pytest.raises(UserError, match=r"image/b\.png, label/colour\.png, .* would stop a training"):
        check_data(CheckConfig(str(labelled_folder)))


def test_classes_that_never_occur_and_a_void_number_that_never_occurs(split_folder):
    (split_folder / "classes.yaml").write_text("classes: [lawn, pond, wall, roof]\nvoid: [254, 255]\n")
    problems = found(check(split_folder))
    assert problems["train"] == ("note", "a class that never occurs: roof")
    (split_folder / "classes.yaml").write_text("classes: [lawn, pond, wall]\nvoid: [254, 255]\n")
    for path in split_folder.glob("val/label/*"):
        save(path, np.asarray(Image.open(path)) % 3)
    assert found(check(split_folder)) == {"val": ("note", "no pixel is void (declared: 254 and 255)")}


def test_training_needs_two_classes_and_evaluation_one(split_folder):
    for path in split_folder.glob("train/label/*"):
        save(path, np.ones((64, 64)))
    for path in split_folder.glob("val/label/*"):
        save(path, np.full((64, 64), 255))
    for path in split_folder.glob("test/label/*"):
        save(path, np.zeros((64, 64)))
    problem, other = check(split_folder).errors
    assert (problem.file, other.file) == ("train", "val")
    assert other.message.startswith("no class occurs: there is nothing to measure")
    assert problem.message.startswith("only the class 'pond' occurs: there is nothing to learn")


def test_a_part_that_cannot_be_opened(split_folder):
    (split_folder / "test/label/test1.png").unlink()
    report = check(split_folder)
    assert found(report) == {"test": ("error", "test/label: no label for test1")}
    assert report.splits["train"].images == 4


def test_errors_give_one_line(labelled_folder, tmp_path):
    with pytest.raises(UserError, match="no such file or folder"):
        check(tmp_path / "nowhere")
    (labelled_folder / "classes.yaml").write_text("classes: [a]\n")
    with pytest.raises(UserError, match=r"classes\.yaml: expected 2 to 255 classes, got 1"):
        check(labelled_folder)
    assert check(labelled_folder, "nyu40-from-0").names[0] == "wall"


def test_parts_of_which_none_can_be_opened(split_folder):
    with pytest.raises(UserError, match=r"^nowhere\.yaml: no such file, and no known labels"):
        check(split_folder, "nowhere.yaml")
    with pytest.raises(UserError, match="labels camvid cannot be combined with builtin"):
        check("builtin", "camvid")


def test_parts_with_other_classes(split_folder):
    (split_folder / "val" / "classes.yaml").write_text("classes: [lawn, pond, wall, sky]\nvoid: 255\n")
    report = check(split_folder)
    assert [(problem.file, problem.message) for problem in report.errors] == [
        ("val", "has 4 classes, but train has others (3)")
    ]
    assert len(report.names) == 3
