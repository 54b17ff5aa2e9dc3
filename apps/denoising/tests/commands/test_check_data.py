import shutil

import numpy as np
import pytest
from PIL import Image

from indexnet_denoising.commands.check_data import check, format_report
from indexnet_denoising.data.patches import patch_file
from indexnet_engine.errors import UserError
from indexnet_engine.reports.data_problems import Problem

RNG = np.random.default_rng(0)


def save(path, *shape, dtype=np.uint8):
    Image.fromarray(RNG.integers(0, np.iinfo(dtype).max, shape, dtype=dtype)).save(path)


@pytest.fixture
def good(tmp_path):
    save(tmp_path / "a.png", 50, 60)
    save(tmp_path / "b.png", 50, 60)
    save(tmp_path / "c.png", 64, 41)
    return tmp_path


def test_a_good_folder(good, tmp_path_factory):
    report = check(good)
    assert report.images == 3
    assert report.sizes == {"50x60": 2, "64x41": 1}
    assert report.kinds == {"gray": 3}
    assert report.problems == report.errors == []
    path = patch_file(good, cache_dir=tmp_path_factory.mktemp("cache"))
    assert path.stat().st_size >= report.patches * 1600
    assert format_report(report).endswith("no problems")


def test_every_fault_is_found_and_named(good):
    shutil.copy(good / "a.png", good / "twin.png")
    save(good / "a.bmp", 50, 50)
    save(good / "colour.png", 50, 50, 3)
    save(good / "deep.png", 50, 50, dtype=np.uint16)
    save(good / "small.png", 39, 50)
    save(good / "glass.png", 50, 50, 4)
    Image.fromarray(np.full((50, 50), 7, np.uint8)).save(good / "flat.png")
    (good / "cut.png").write_bytes((good / "b.png").read_bytes()[:500])
    (good / "empty.png").write_bytes(b"")
    (good / "text.png").write_text("hello")
    report = check(good)
    problems = {(problem.file, problem.level): problem.message for problem in report.problems}
    assert report.images == 10
    assert "smaller than a patch of 40x40" in problems["small.png", "error"]
    assert "shares its name with a.bmp" in problems["a.png", "error"]
    assert {problem.file for problem in report.errors} == {
        "a.png", "small.png", "cut.png", "empty.png", "text.png"
    }  # fmt: skip
    assert problems["twin.png", "note"] == "same content as a.png"
    assert "a single value" in problems["flat.png", "note"]
    assert "converted to gray" in problems["colour.png", "note"]
    assert "more than 8 bits" in problems["deep.png", "note"]
    assert Problem("glass.png", "note", "transparency is composited over white") in report.problems
    text = format_report(report)
    assert all(file in text for file, _ in problems)
    assert str(good / "cut.png") not in text  # the folder stands in the first line


def test_colour_asked_for(good):
    save(good / "colour.png", 50, 50, 3)
    noted = {problem.file for problem in check(good, channels=3).problems}
    assert noted == {"a.png", "b.png", "c.png"}


def test_notes_that_many_files_share_take_one_line(good):
    for index in range(30):
        save(good / f"colour{index:02}.png", 50, 50, 3)
    lines = [line for line in format_report(check(good)).splitlines() if "converted to gray" in line]
    assert lines == [
        "  note: colour00.png, colour01.png, colour02.png, colour03.png and 26 more: "
        "colour is converted to gray"
    ]


def test_builtin_has_no_errors():
    report = check("builtin", split="test")
    assert report.images == 4
    assert report.errors == []


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(UserError, match="no images"):
        check(tmp_path)
