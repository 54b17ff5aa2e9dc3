import csv
import json
from pathlib import Path

import numpy as np
import pytest

from indexnet_depth.commands.score import ScoreConfig, score
from indexnet_depth.data.depth_file import read_depth
from indexnet_depth.metrics import METRICS, average, tally
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image

NAMES = ("attic", "cellar")


@pytest.fixture
def results(rgbd_folder: Path, tmp_path: Path) -> Path:
    """Predictions in metres with small errors."""
    rng = np.random.default_rng(0)
    (tmp_path / "results").mkdir()
    for name in NAMES:
        depth = read_depth(rgbd_folder / "val" / "depth" / f"{name}.png", "mm")
        noisy = (depth + 1) * rng.uniform(0.9, 1.1, depth.shape)
        np.save(tmp_path / "results" / f"{name}.npy", noisy.astype(np.float32))
    return tmp_path / "results"


def config(results: Path, **changes: object) -> ScoreConfig:
    truth = results.parent / "rooms" / "val" / "depth"
    return ScoreConfig(**{"pred": results, "depth": truth, "unit": "mm", "pred_unit": "m"} | changes)


def expected(results: Path, name: str):
    truth = read_depth(results.parent / "rooms" / "val" / "depth" / f"{name}.png", "mm")
    return tally(np.load(results / f"{name}.npy"), truth)


def test_folders(results: Path, tmp_path: Path, capsys) -> None:
    score(config(results, json=tmp_path / "a" / "s.json", csv=tmp_path / "s.csv"))
    tallies = [expected(results, name) for name in NAMES]
    found = json.loads((tmp_path / "a" / "s.json").read_text())
    assert found["average"] == "images"
    assert found["mean"] == average(tallies)
    assert found["images"] == {name: one.measures() for name, one in zip(NAMES, tallies)}
    with (tmp_path / "s.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["edge_f1"]) for row in rows] == [one.measures()["edge_f1"] for one in tallies]
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert table[0] == ["image", *METRICS]
    assert [line[0] for line in table[1:]] == [*NAMES, "mean"]
    assert table[-1][1] == f"{average(tallies)['rmse']:.3f}"


def test_over_pixels(results: Path, tmp_path: Path, capsys) -> None:
    score(config(results, average="pixels", json=tmp_path / "s.json"))
    found = json.loads((tmp_path / "s.json").read_text())
    assert found["mean"] == average([expected(results, name) for name in NAMES], "pixels")
    assert "over the pixels of all images" in capsys.readouterr().out


def test_two_files_need_not_share_a_name(results: Path, capsys) -> None:
    mine = (results / "attic.npy").rename(results / "mine.npy")
    score(config(mine, depth=results.parent / "rooms" / "val" / "depth" / "attic.png"))
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["image", "mine", "mean"]


def test_maps_without_edges_are_null_in_json(tmp_path: Path) -> None:
    np.save(tmp_path / "flat.npy", np.full((9, 9), 2.0))
    flat = tmp_path / "flat.npy"
    score(ScoreConfig(pred=flat, depth=flat, unit="metre", json=tmp_path / "s.json"))
    found = json.loads((tmp_path / "s.json").read_text(), parse_constant=pytest.fail)
    assert found["mean"]["edge_f1"] is None
    assert found["mean"]["rmse"] == 0


def test_pixels_without_a_prediction_are_noted(results: Path, capsys) -> None:
    values = np.load(results / "attic.npy")
    truth = read_depth(results.parent / "rooms" / "val" / "depth" / "attic.png", "mm")
    values[:3] = 0
    np.save(results / "attic.npy", values)
    score(config(results))
    count = int((truth[:3] > 0).sum())
    assert f"attic.npy: no depth at {count} pixels" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("results/attic.npy", "results: no prediction for attic"),
        ("rooms/val/depth/attic.png", "depth: no depth map for attic"),
    ],
)
def test_missing_partners_are_named(results: Path, gone: str, message: str) -> None:
    (results.parent / gone).unlink()
    with pytest.raises(UserError, match=message):
        score(config(results))


def test_inputs_that_cannot_be_measured(results: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"attic\.npy: .*metres"):
        score(config(results, pred_unit="mm"))
    with pytest.raises(UserError, match=r"attic\.png: .*these look like millimetres"):
        score(config(results, unit="metre"))
    with pytest.raises(UserError, match="edge_threshold must be positive, got 0"):
        score(config(results, edge_threshold=0.0))
    with pytest.raises(UserError, match="is a folder; expected the name of a file"):
        score(config(results, json=tmp_path))
    with pytest.raises(UserError, match="nowhere: no such file or folder"):
        score(config(results, pred=Path("nowhere")))
    np.save(results / "attic.npy", np.ones((5, 5)))
    with pytest.raises(UserError, match=r"attic\.npy: is 5x5, but .*attic\.png is 60x80"):
        score(config(results))
    (results / "attic.npy").unlink()
    write_image(results / "attic.png", np.zeros((60, 80, 3), np.uint8))
    with pytest.raises(UserError, match=r"attic\.png: a colour image, not depth"):
        score(config(results))
