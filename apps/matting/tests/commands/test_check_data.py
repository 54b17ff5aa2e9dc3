import shutil

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_matting.commands.check_data import CheckConfig, check, check_data, format_report


def save(path, values, dtype=np.uint8):
    Image.fromarray(np.asarray(values, dtype)).save(path)


def found(report):
    """file -> level and message; of several the last."""
    return {problem.file: (problem.level, problem.message) for problem in report.problems}


def test_good_folders(training_folder, test_folder, capsys):
    report = check(training_folder)
    assert report.kinds == {"foreground": 3, "background": 2}
    assert report.sizes == {"90x120": 1, "100x115": 1, "110x110": 1}
    assert report.problems == []
    report = check(test_folder)
    assert report.kinds == {"test image": 3}
    assert format_report(report).splitlines()[-1] == "  no problems"
    check_data(CheckConfig(str(test_folder)))
    assert capsys.readouterr().out.startswith(f"{test_folder}: 3 test images\n  sizes: 1 of 70x61")


def test_builtin():
    report = check("builtin")
    assert report.kinds == {"foreground": 16, "test image": 8}
    assert report.problems == []


def test_faults_of_foregrounds(training_folder):
    alpha = training_folder / "alpha"
    matte = np.asarray(Image.open(alpha / "fern.png"))
    save(training_folder / "fg" / "alone.png", np.zeros((20, 20, 3)))
    save(alpha / "stray.png", matte)
    for name, values, dtype in (
        ("solid", np.full((90, 120), 255), np.uint8),
        ("empty", np.zeros((90, 120)), np.uint8),
        ("mask", 255 * (matte > 100), np.uint8),
        ("small", matte[:50], np.uint8),
        ("triple", np.dstack([matte] * 3), np.uint8),
        ("colour", np.dstack([matte, matte, 255 - matte]), np.uint8),
        ("deep", matte * np.float64(256.5), np.uint16),
    ):
        save(training_folder / "fg" / f"{name}.png", np.zeros((90, 120, 3)))
        save(alpha / f"{name}.png", values, dtype)
    save(training_folder / "fg" / "fern.png", np.zeros((90, 120, 4)))
    damaged = alpha / "lace.png"
    damaged.write_bytes(damaged.read_bytes()[:100])
    (training_folder / "backgrounds" / "sky.jpg").write_bytes(b"")

    report = check(training_folder)
    problems = found(report)
    assert problems == {
        "fg/alone.png": ("error", "has no matte"),
        "alpha/stray.png": ("note", "belongs to no image"),
        "alpha/solid.png": ("error", "opaque everywhere: there is nothing to learn from it"),
        "alpha/empty.png": ("error", "transparent everywhere: there is nothing to learn from it"),
        "alpha/mask.png": ("note", "0 and 1 only: a mask, not a matte"),
        "alpha/small.png": ("error", "is 50x120, but its image is 90x120"),
        "alpha/triple.png": ("note", "has three channels; one is used"),
        "alpha/colour.png": ("error", "its channels differ, so this is no matte; save it as a gray image"),
        "alpha/deep.png": ("note", "more than 8 bits: rounded to 8 for training"),
        "fg/fern.png": ("note", "transparency is composited over white"),
        "alpha/lace.png": problems["alpha/lace.png"],  # in Pillow's words
        "backgrounds/sky.jpg": ("error", "the file is empty"),
    }
    assert problems["alpha/lace.png"][0] == "error"
    assert report.kinds == {"foreground": 5, "background": 1}  # fern, wing, mask, triple, deep


def test_faults_of_test_images(test_folder):
    trimap, alpha = test_folder / "trimap", test_folder / "alpha"
    (trimap / "fern.png").unlink()
    save(trimap / "lace.png", np.full((71, 61), 128))
    odd = np.asarray(Image.open(trimap / "wing.png")).copy()
    odd[odd == 128] = 127
    save(trimap / "wing.png", odd)
    report = check(test_folder)
    assert found(report) == {
        "image/fern.png": ("error", "has no trimap"),
        "trimap/lace.png": ("note", "unknown everywhere"),
        "trimap/wing.png": ("note", "unknown pixels with values other than 128; treated as 128"),
    }
    assert report.kinds == {"test image": 2}

    save(trimap / "lace.png", np.zeros((71, 61)))
    save(trimap / "wing.png", np.full((9, 9), 128))
    save(alpha / "fern.png", np.full((70, 61), 255))
    report = check(test_folder)
    levels = {(problem.file, problem.message) for problem in report.errors}
    assert levels == {
        ("image/fern.png", "has no trimap"),
        ("trimap/lace.png", "no unknown pixels: there is nothing to predict"),
        ("trimap/wing.png", "is 9x9, but its image is 72x61"),
    }
    notes = {problem.file: problem.message for problem in report.problems if problem.level == "note"}
    assert notes["alpha/fern.png"].startswith("opaque everywhere")
    assert notes["trimap/lace.png"] == "marks pixels as known whose alpha contradicts it"


def test_the_adobe_layout(training_folder, tmp_path):
    part = tmp_path / "archive" / "Training_set" / "Other"
    part.mkdir(parents=True)
    for name in ("fg", "alpha"):
        (training_folder / name).rename(part / name)
    (part.parent / "training_fg_names.txt").write_text("wing.png\nfern.png\ngone.png\n")
    (part / "alpha" / "fern.png").unlink()
    report = check(tmp_path / "archive", training_folder / "backgrounds")
    assert report.kinds == {"foreground": 1, "background": 2}
    assert [(problem.file, problem.message) for problem in report.problems] == [
        ("Training_set/Other/fg/fern.png", "has no matte"),
        ("Training_set/gone.png", "has no foreground"),
        ("Training_set/gone.png", "has no matte"),
    ]


def test_both_splits_of_the_adobe_data_set(training_folder, tmp_path):
    for split, name in (("Training_set", "training"), ("Test_set", "test")):
        part = tmp_path / "archive" / split / "Adobe-licensed images"
        shutil.copytree(training_folder / "fg", part / "fg")
        shutil.copytree(training_folder / "alpha", part / "alpha")
        (part.parent / f"{name}_fg_names.txt").write_text("wing.png\nfern.png\n")
    (part / "alpha" / "wing.png").unlink()
    for data, foregrounds in (("archive", 3), ("archive/Test_set", 1), ("archive/Training_set", 2)):
        report = check(tmp_path / data)
        assert report.kinds == {"foreground": foregrounds}
        assert len(report.errors) == (data != "archive/Training_set")


def test_two_files_of_one_name(training_folder):
    save(training_folder / "fg" / "fern.bmp", np.zeros((4, 4, 3)))
    (problem,) = (problem for problem in check(training_folder).errors)
    assert problem.file == "fg"
    assert "fern.bmp would share the name 'fern'" in problem.message or "fern.png" in problem.message
    assert str(training_folder) not in problem.message


def test_errors_give_one_line_that_names_files(training_folder, tmp_path):
    (training_folder / "alpha" / "wing.png").unlink()
    with pytest.raises(UserError, match=r"fg/wing\.png would stop a training"):
        check_data(CheckConfig(str(training_folder)))
    with pytest.raises(UserError, match=r"neither fg/ .* nor image/"):
        check(training_folder / "fg")
    with pytest.raises(UserError, match="no such folder"):
        check(tmp_path / "nowhere")
