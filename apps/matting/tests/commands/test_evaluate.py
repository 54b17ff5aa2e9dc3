import csv
import json
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from indexnet_engine.images.image_file import read_image, write_image
from indexnet_matting.data.open_data import load_test_set
from indexnet_matting.evaluation import predictions
from indexnet_matting.metrics import METRICS, measure
from indexnet_matting.predictor import MattingPredictor, load_model


def test_json_and_csv(command, test_folder: Path, net_folder: Path, tmp_path: Path) -> None:
    answer = command(
        "evaluate", "--weights", net_folder, "--data", test_folder,
        "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv",
    )  # fmt: skip
    assert answer.status == 0
    summary = json.loads((tmp_path / "a.json").read_text())
    assert list(summary) == ["mean", "images"]
    assert list(summary["images"]) == ["fern", "lace", "wing"]
    for row in (summary["mean"], *summary["images"].values()):
        assert list(row) == list(METRICS)
    for key, value in summary["mean"].items():
        assert value == pytest.approx(np.mean([row[key] for row in summary["images"].values()]))
    with (tmp_path / "a.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["image"] for row in rows] == ["fern", "lace", "wing"]
    assert float(rows[2]["mse"]) == summary["images"]["wing"]["mse"]
    assert f"{summary['mean']['sad']:.2f}" in answer.out.split()
    assert f"{summary['mean']['mse']:.4f}" in answer.out.split()


def test_measures_are_those_of_the_matte(
    command, test_folder: Path, net_folder: Path, tmp_path: Path
) -> None:
    for flags in ((), ("--resize",)):
        words = (
            "evaluate",
            "--weights",
            net_folder,
            "--data",
            test_folder,
            "--json",
            tmp_path / "a.json",
            *flags,
        )
        assert command(*words).status == 0
        found = json.loads((tmp_path / "a.json").read_text())["images"]
        model = load_model(net_folder)
        for name, image in load_test_set(test_folder).items():
            alpha = MattingPredictor(model, resize=bool(flags))(image.image, image.trimap)
            assert found[name] == measure(alpha, image.alpha, image.trimap)


def test_the_mattes_that_are_kept_have_these_measures(
    command, test_folder: Path, net_folder: Path, tmp_path: Path
) -> None:
    words = ("--data", test_folder, "--json", tmp_path / "evaluate.json", "--out", tmp_path / "new" / "out")
    assert command("evaluate", "--weights", net_folder, *words).status == 0
    answer = command(
        "score", "--pred", tmp_path / "new/out", "--alpha", test_folder / "alpha",
        "--trimap", test_folder / "trimap", "--json", tmp_path / "score.json",
    )  # fmt: skip
    assert answer.status == 0
    evaluated, scored = (
        json.loads((tmp_path / f"{name}.json").read_text()) for name in ("evaluate", "score")
    )
    assert scored == evaluated


def test_predictions_come_one_by_one(test_folder: Path, net: nn.Module) -> None:
    test_set = load_test_set(test_folder)
    found = predictions(MattingPredictor(net), test_set)
    image, alpha = next(found)
    assert image.name == "fern"
    np.testing.assert_array_equal(alpha, MattingPredictor(net)(image.image, image.trimap))
    assert [image.name for image, _ in found] == ["lace", "wing"]


def test_all_inputs_are_checked_before_anything_is_computed(
    command, test_folder: Path, net_folder: Path, tmp_path: Path
) -> None:
    words = ("evaluate", "--weights", net_folder, "--data", test_folder, "--out", tmp_path / "out")
    answer = command(*words, "--json", tmp_path)
    assert (answer.status, answer.out) == (2, "")
    answer = command(*words, "--max-memory", "-1")
    assert answer.status == 2
    assert "max_memory must be positive, got -1 GB" in answer.err
    write_image(test_folder / "trimap" / "wing.png", np.zeros((9, 9)))
    answer = command(*words)
    assert (answer.status, answer.out) == (2, "")
    assert "wing.png: is 9x9, but" in answer.err
    assert not (tmp_path / "out").exists()


def test_builtin_scenes(command, net_folder: Path, tmp_path: Path) -> None:
    assert command("evaluate", "--weights", net_folder, "--out", tmp_path / "out").status == 0
    names = list(load_test_set("builtin"))
    assert sorted(file.stem for file in (tmp_path / "out").iterdir()) == sorted(names)
    scene = load_test_set("builtin")[names[0]]
    kept = read_image(tmp_path / "out" / f"{names[0]}.png")[..., 0]
    known = scene.trimap != 128
    np.testing.assert_array_equal(kept[known], (scene.trimap == 255)[known])
