import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from tools.paper import tables


@pytest.fixture(scope="module")
def rows() -> list[tables.Row]:
    return tables.build_rows()


def test_every_printed_digit_agrees(rows: list[tables.Row]) -> None:
    different = [(row.row, row.paper, row.ours) for row in rows if row.equal is False]
    small = ("o2o-modelwise", "o2o-modelwise-nl", "o2o-shared", "o2o-shared-nl")
    assert different == [
        ("B11-1.4", "8.86M", "7.25M"),
        ("B11-1.4", "7.61", "7.67"),
        *((operator, "1.02", "1.01") for operator in small),
    ]
    printed = Counter((row.table, row.figure) for row in rows if row.paper is not None)
    assert printed == {
        **{("table3_matting", "params"): 4, ("table3_matting", "GFLOPs"): 19},
        **{("table5_denoising", "params"): 2, ("table5_denoising", "GFLOPs"): 17},
        **{("table6_segmentation", "params"): 1, ("table6_segmentation", "GFLOPs"): 16},
        **{("table7_depth", "params"): 2, ("table7_depth", "GFLOPs"): 17},
        **{
            (table, "+params"): 15
            for table in ("table3_matting", "table5_denoising", "table6_segmentation", "table7_depth")
        },
    }


def test_tables_without_sizes_are_built(rows: list[tables.Row]) -> None:
    ours = Counter(row.table for row in rows if row.paper is None)
    assert ours == {"table2_matting_baselines": 22, "table4_index_normalization": 4}
    b11 = [row.ours for row in rows if row.table == "table2_matting_baselines" and row.row == "B11"]
    assert b11 == ["3.75M", "4.08"]


def test_a_digit_that_differs_is_marked() -> None:
    text = tables.format_rows([tables.Row("t", "r", "params", "1.00M", "1.01M")])
    assert "<- differs" in text
    assert "0 of 1 figures agree" in text


def test_a_figure_that_is_not_printed_neither_agrees_nor_differs() -> None:
    text = tables.format_rows(
        [tables.Row("t", "r", "params", None, "1.01M"), tables.Row("t", "r", "GFLOPs", "1.00", "1.00")]
    )
    assert "differs" not in text
    assert "1 of 1 figures agree" in text


def test_json_holds_the_rows(
    rows: list[tables.Row],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(tables, "build_rows", lambda: rows)
    monkeypatch.setattr(sys, "argv", ["tables.py", "--json", str(tmp_path / "rows.json")])
    tables.main()
    written = json.loads((tmp_path / "rows.json").read_text())
    assert len(written) == len(rows)
    assert written[0].keys() == {"table", "row", "figure", "paper", "ours", "equal"}
    assert "132 of 138 figures agree" in capsys.readouterr().out
