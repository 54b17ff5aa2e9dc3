import pytest

from tools.bench.rows import Row, as_json, cells, header

CASE = {"operator": "m2o", "feature": "1x4x8x8"}
GROUP = [
    Row(CASE, "literal", "32", 0.2, 200_000_000, 1_000_000_000),
    Row(CASE, "max", "32", 0.05, 50_000_000, 900_000_000),
    Row(CASE, "ours", "bf16", 0.08, 90_000_000, 950_000_000),
]


def test_the_table_is_markdown_with_both_ratios() -> None:
    lines = [*header(CASE).splitlines(), *cells(GROUP)]
    assert lines[0].startswith("| operator | feature | candidate | variant | time | speed-up | time / max |")
    assert len({line.count("|") for line in lines}) == 1
    assert lines[-1] == (
        "| m2o | 1x4x8x8 | ours | bf16 | 80 ms | 2.50x | 1.60x | 90 MB | 0.45x | 1.80x | 950 MB |"
    )


def test_json_holds_figures_and_ratios() -> None:
    row = as_json(GROUP)[-1]
    assert row["operator"] == "m2o"
    assert (row["seconds"], row["memory"], row["memory_in_all"]) == (0.08, 90_000_000, 950_000_000)
    assert row["speed_up"] == pytest.approx(2.5)
    assert row["time_of_max"] == pytest.approx(1.6)
    assert row["memory_of_literal"] == pytest.approx(0.45)
    assert row["memory_of_max"] == pytest.approx(1.8)


def test_what_was_not_measured_stays_empty() -> None:
    (line,) = cells([Row({}, "ours", "32", seconds=1.0)])
    assert line == "| ours | 32 | 1 s |  |  |  |  |  |  |"


def test_the_first_literal_row_is_one() -> None:
    rows = [Row({}, "literal", "32", 2.0), Row({}, "literal", "bf16", 1.0)]
    assert [row["speed_up"] for row in as_json(rows)] == [1.0, 2.0]
