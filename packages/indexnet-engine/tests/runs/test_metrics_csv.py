from pathlib import Path

import pytest

from indexnet_engine.runs.metrics_csv import MetricsFile, read_rows


def test_new_names_add_columns(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    table = MetricsFile(path)
    table.append(10, {"train/loss": 0.1 + 0.2})
    table.append(10, {"evaluate/psnr": 31})
    table.append(20, {"train/loss": 0.25})
    assert path.read_text() == (
        "step,train/loss,evaluate/psnr\n10,0.30000000000000004,\n10,,31.0\n20,0.25,\n"
    )


def test_a_second_writer_appends(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    MetricsFile(path).append(1, {"a": 1.0})
    MetricsFile(path).append(2, {"a": 2.0})
    assert read_rows(path) == [{"step": "1", "a": "1.0"}, {"step": "2", "a": "2.0"}]


def test_drop_after(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    table = MetricsFile(path)
    for step in (1, 2, 100):
        table.append(step, {"a": step / 8})
    table.drop_after(2)
    assert [row["step"] for row in read_rows(path)] == ["1", "2"]
    table.drop_after(0)
    assert path.read_text() == "step\n"
    table.append(1, {"b": 0.5})
    assert path.read_text() == "step,b\n1,0.5\n"


def test_a_line_cut_off_by_a_crash_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("step,a\n1,1.0\n20,3.")
    assert read_rows(path) == [{"step": "1", "a": "1.0"}]
    path.write_text("step,a\n1,1.0\n2")  # cut off from 20; must not be read as step 2
    table = MetricsFile(path)
    table.drop_after(10)
    table.append(11, {"a": 0.0})
    assert path.read_text() == "step,a\n1,1.0\n11,0.0\n"


@pytest.mark.parametrize("content", [None, "", "step"])
def test_an_empty_or_missing_file(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "metrics.csv"
    if content is not None:
        path.write_text(content)
    table = MetricsFile(path)
    table.drop_after(5)
    table.append(6, {"a": 1.0})
    assert path.read_text() == "step,a\n6,1.0\n"
