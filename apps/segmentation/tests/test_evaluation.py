import csv
import json
from pathlib import Path

import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.evaluation import check_tolerance, format_scores, write_scores
from indexnet_segmentation.metrics import Scores

FOUR = Classes(("sky", "road", "car", "tram"), ((0, 0, 0), (1, 0, 0), (2, 0, 0), (3, 0, 0)))


@pytest.fixture
def scores() -> Scores:
    found = Scores(FOUR)
    label = np.repeat([0, 0, 1, 1, 2], 4)[:, None] + np.zeros(20, int)
    pred = np.where(label == 2, 1, label)
    found.add(pred, label)
    found.add(label, label)
    return found


def test_a_line_for_each_class_and_the_whole_set(scores: Scores) -> None:
    lines = format_scores(scores).splitlines()
    assert lines[0].split() == ["class", "iou", "accuracy", "boundary_iou", "share"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[1:] if line}
    assert rows["sky"][:2] == ["1.0000", "1.0000"]
    assert rows["car"][:2] == ["0.5000", "0.5000"]
    assert rows["car"][3] == "0.2000"
    assert "neither in the labels nor predicted: tram" in lines
    summary = scores.summary()
    assert rows["miou"] == [f"{summary['miou']:.4f}"]
    assert rows["boundary_f1"] == [f"{summary['boundary_f1']:.4f}"]
    assert rows["images"] == ["2"]
    assert "mean" not in rows


def test_json_and_csv(scores: Scores, tmp_path: Path) -> None:
    write_scores(scores, tmp_path / "a.json", tmp_path / "a.csv")
    found = json.loads((tmp_path / "a.json").read_text())
    assert found["mean"] == scores.summary()
    assert found["classes"]["tram"] == {"iou": None, "accuracy": None, "boundary_iou": None, "share": 0}
    assert found["classes"]["car"]["iou"] == 0.5
    assert np.array(found["confusion"]).sum() == 2 * 400
    assert found["images"] == 2
    with (tmp_path / "a.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows] == list(FOUR.names)
    assert float(rows[2]["iou"]) == 0.5
    assert rows[3]["iou"] == ""


@pytest.mark.parametrize("tolerance", [0, -0.1, 1, float("nan")])
def test_invalid_tolerances(tolerance: float) -> None:
    with pytest.raises(UserError, match="boundary must be a fraction of the diagonal"):
        check_tolerance(tolerance)
    check_tolerance(0.02)
