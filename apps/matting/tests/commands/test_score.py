import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.reports.metric_tables import mean_of
from indexnet_matting.commands.score import ScoreConfig, score
from indexnet_matting.metrics import METRICS, measure

NAMES = ("fern", "lace", "wing")


@pytest.fixture
def results(test_folder: Path) -> Path:
    """Mattes with small errors, in another format."""
    rng = np.random.default_rng(0)
    for file in (test_folder / "alpha").iterdir():
        alpha = read_image(file)
        noisy = (alpha + rng.normal(0, 0.1, alpha.shape)).clip(0, 1)
        write_image(test_folder / "results" / f"{file.stem}.bmp", noisy)
    return test_folder / "results"


def config(results: Path, **changes: Path) -> ScoreConfig:
    folder = results.parent
    return ScoreConfig(**{"pred": results, "alpha": folder / "alpha", "trimap": folder / "trimap"} | changes)


def expected(results: Path, name: str) -> dict[str, float]:
    with (
        Image.open(results / f"{name}.bmp") as pred,
        Image.open(results.parent / "alpha" / f"{name}.png") as alpha,
        Image.open(results.parent / "trimap" / f"{name}.png") as trimap,
    ):
        return measure(np.asarray(pred), np.asarray(alpha), np.asarray(trimap))


def test_folders(results: Path, tmp_path: Path, capsys) -> None:
    score(config(results, json=tmp_path / "a" / "s.json", csv=tmp_path / "s.csv"))
    measures = {name: expected(results, name) for name in NAMES}
    assert json.loads((tmp_path / "a" / "s.json").read_text()) == {
        "mean": mean_of(measures.values()),
        "images": measures,
    }
    assert all(value > 0 for row in measures.values() for value in row.values())
    with (tmp_path / "s.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == list(NAMES)
    assert [float(row["conn"]) for row in rows] == [row["conn"] for row in measures.values()]
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert table[0] == ["image", *METRICS]
    assert [line[0] for line in table[1:]] == [*NAMES, "mean"]
    assert table[1][1:3] == [f"{measures['fern']['sad']:.2f}", f"{measures['fern']['mse']:.4f}"]


def test_three_files_need_not_share_a_name(results: Path, tmp_path: Path) -> None:
    alpha, trimap = (results.parent / kind / "fern.png" for kind in ("alpha", "trimap"))
    mine = (results / "fern.bmp").rename(results / "mine.bmp")
    score(ScoreConfig(pred=mine, alpha=alpha, trimap=trimap, json=tmp_path / "s.json"))
    mine.rename(results / "fern.bmp")
    assert json.loads((tmp_path / "s.json").read_text())["images"] == {"mine": expected(results, "fern")}


def test_one_result_against_folders(results: Path, capsys) -> None:
    score(config(results, pred=results / "lace.bmp"))
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["image", "lace", "mean"]


def test_mattes_of_composition_1k_serve_several_images(results: Path, tmp_path: Path) -> None:
    for name in NAMES:
        image = read_image(results / f"{name}.bmp")
        for number in range(2):
            write_image(tmp_path / "many" / f"{name}_{number}.png", image)
    score(config(results, pred=tmp_path / "many", json=tmp_path / "s.json"))
    images = json.loads((tmp_path / "s.json").read_text())["images"]
    assert images["lace_0"] == images["lace_1"] == expected(results, "lace")
    assert len(images) == 6


def test_three_equal_channels_and_16_bits(results: Path, tmp_path: Path) -> None:
    for name in NAMES:
        levels = np.rint(255 * read_image(results / f"{name}.bmp")).astype(np.uint8)
        write_image(tmp_path / "colour" / f"{name}.png", np.repeat(levels, 3, 2))
        fine = np.minimum(levels[..., 0].astype(np.int64) * 257 + 50, 65535)
        Image.fromarray(fine.astype(np.uint16)).save(tmp_path / f"{name}.png")
    for folder in (tmp_path / "colour", tmp_path):
        score(config(results, pred=folder, json=tmp_path / "s.json"))
        images = json.loads((tmp_path / "s.json").read_text())["images"]
        assert images == {name: expected(results, name) for name in NAMES}


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("results/fern.bmp", r"results: no prediction for fern"),
        ("alpha/fern.png", r"alpha: no matte for fern"),
        ("trimap/fern.png", r"trimap: no trimap for fern"),
    ],
)
def test_missing_partners_are_named(results: Path, gone: str, message: str) -> None:
    (results.parent / gone).unlink()
    with pytest.raises(UserError, match=message):
        score(config(results))


def test_inputs_that_cannot_be_measured(results: Path) -> None:
    folder = results.parent
    right = read_image(results / "fern.bmp")
    write_image(results / "fern.bmp", right[1:])
    with pytest.raises(UserError, match=r"results/fern\.bmp: is 69x61, but .*alpha/fern\.png is 70x61"):
        score(config(results))
    colours = np.repeat(right, 3, 2)
    colours[0, 0, 0] = 0.5
    write_image(results / "fern.bmp", colours)
    with pytest.raises(UserError, match=r"results/fern\.bmp: its channels differ"):
        score(config(results))
    write_image(results / "fern.bmp", right)
    trimap = np.zeros((70, 60), np.uint8)
    write_image(folder / "trimap/fern.png", trimap)
    with pytest.raises(UserError, match=r"is 70x61, but .*trimap/fern\.png is 70x60"):
        score(config(results))
    write_image(folder / "trimap/fern.png", np.zeros((70, 61), np.uint8))
    with pytest.raises(UserError, match=r"trimap/fern\.png: no unknown pixels"):
        score(config(results))


def test_other_unknown_values_are_accepted_and_noted(results: Path, tmp_path: Path, capsys) -> None:
    score(config(results, json=tmp_path / "right.json"))
    assert "note" not in capsys.readouterr().err
    file = results.parent / "trimap" / "fern.png"
    levels = np.rint(255 * read_image(file)).astype(np.uint8)
    write_image(file, np.where(levels == 128, np.uint8(127), levels))
    score(config(results, json=tmp_path / "odd.json"))
    assert f"note: {file}: {(levels == 128).sum()} unknown pixels are not 128" in capsys.readouterr().err
    assert (tmp_path / "odd.json").read_text() == (tmp_path / "right.json").read_text()


def test_output_paths_are_checked_first(results: Path, tmp_path: Path, capsys) -> None:
    with pytest.raises(UserError, match="is a folder; expected the name of a file"):
        score(config(results, json=tmp_path))
    assert capsys.readouterr().out == ""
