import csv
import json
import math
from pathlib import Path

import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.reports.metric_tables import (
    Metric,
    check_places,
    finite,
    format_table,
    mean_of,
    summarise,
    write_csv,
    write_grouped_csv,
    write_summary,
)

MEASURES = {
    "a": {"psnr": 30.123456, "ssim": 0.91, "ssim_paper": 0.95},
    "a long name": {"psnr": 28.0, "ssim": 0.87, "ssim_paper": 0.9},
}


def test_summary_has_mean_and_images() -> None:
    summary = summarise(MEASURES)
    assert summary["images"] == MEASURES
    assert summary["mean"] == pytest.approx({"psnr": 29.061728, "ssim": 0.89, "ssim_paper": 0.925})


def test_mean_counts_images_once() -> None:
    rows = [{"psnr": 30.0, "ssim": 0.8}, {"psnr": 33.0, "ssim": 0.9}, {"psnr": 30.0, "ssim": 0.7}]
    assert mean_of(rows) == pytest.approx({"psnr": 31.0, "ssim": 0.8})
    with pytest.raises(UserError, match="no images"):
        mean_of([])


def test_table_is_aligned_and_rounded() -> None:
    metrics = {"psnr": Metric(max, digits=2), "ssim": Metric(max), "ssim_paper": Metric(max)}
    lines = format_table("sigma 25", MEASURES, metrics).splitlines()
    assert [line.split()[-3:] for line in lines] == [
        ["psnr", "ssim", "ssim_paper"],
        ["30.12", "0.9100", "0.9500"],
        ["28.00", "0.8700", "0.9000"],
        ["29.06", "0.8900", "0.9250"],
    ]
    assert len({line.index(".") for line in lines[1:]}) == 1
    assert len({len(line) for line in lines[1:]}) == 1


def test_an_infinite_psnr_is_shown_and_is_null_in_json(tmp_path: Path) -> None:
    measures = {"same": {"psnr": math.inf, "ssim": 1.0}}
    assert "inf" in format_table("x", measures)
    write_summary(tmp_path / "a.json", {"25": measures})
    found = json.loads((tmp_path / "a.json").read_text(), parse_constant=pytest.fail)
    row = {"psnr": None, "ssim": 1.0}
    assert found == {"25": {"mean": row, "images": {"same": row}}}


def test_csv_has_a_row_for_each_image(tmp_path: Path) -> None:
    write_csv(tmp_path / "a.csv", MEASURES)
    with (tmp_path / "a.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["image"]: float(row["psnr"]) for row in rows} == {"a": 30.123456, "a long name": 28.0}
    assert list(rows[0]) == ["image", "psnr", "ssim", "ssim_paper"]


def test_another_mean_takes_the_place_of_the_usual_one() -> None:
    mean = {"psnr": 1.0, "ssim": 2.0, "ssim_paper": math.nan}
    assert summarise(MEASURES, mean) == {"mean": mean, "images": MEASURES}
    assert format_table("x", MEASURES, mean=mean).splitlines()[-1].split() == [
        "mean",
        "1.0000",
        "2.0000",
        "nan",
    ]
    assert finite({"a": {"b": math.nan}, "c": math.inf, "d": 1}) == {"a": {"b": None}, "c": None, "d": 1}


def test_csv_has_a_row_for_each_image_and_group(tmp_path: Path) -> None:
    write_grouped_csv(tmp_path / "a.csv", "sigma", {"15": MEASURES, "25": MEASURES})
    with (tmp_path / "a.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["sigma"], row["image"]) for row in rows] == [
        ("15", "a"), ("15", "a long name"), ("25", "a"), ("25", "a long name")
    ]  # fmt: skip
    assert float(rows[2]["psnr"]) == 30.123456  # not rounded
    assert list(rows[0]) == ["sigma", "image", "psnr", "ssim", "ssim_paper"]


def test_places(tmp_path: Path) -> None:
    check_places(None, tmp_path / "new" / "folder" / "a.json")
    assert (tmp_path / "new" / "folder").is_dir()
    with pytest.raises(UserError, match="is a folder; expected the name of a file"):
        check_places(tmp_path)
    with pytest.raises(UserError, match=r"--json and --csv name the same file, .*a\.json"):
        check_places(tmp_path / "a.json", None, tmp_path / "a.json")
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file: cannot create this folder"):
        check_places(None, tmp_path / "file" / "a.csv")
