import sys

import pytest

from indexnet_engine.errors import UserError
from tools.paper import retrofit_table


def table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> list[list[str]]:
    monkeypatch.setattr(sys, "argv", ["retrofit_table.py", *words])
    retrofit_table.main()
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


def test_a_row_for_each_retrofit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("monai")
    heads, _, *rows = table(monkeypatch, capsys, "--networks", "monai", "--steps", "2")
    assert tuple(heads) == retrofit_table.HEADS
    assert [row[:4] for row in rows] == [
        ["MONAI UNet", "`hin-nl`", "3", "transposed convolution"],
        ["MONAI UNet", "`o2o-shared-nl`, mean, pairs by name", "2", "transposed convolution"],
    ]
    for row in rows:
        before, after = (int(cell.replace(",", "")) for cell in row[4:6])
        assert after > before
        assert float(row[7]) >= float(row[6])
        assert all(0 < float(cell) < 3 for cell in row[8:])
    assert rows[0][8] == rows[1][8], "the same network, seed and crops"


def test_a_network_without_stages(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (row,) = table(monkeypatch, capsys, "--networks", "fcn")[2:]
    assert len(row) == len(retrofit_table.HEADS)
    assert "no coupled ×2 stages: only an ×8 interpolation of logits" in row[2]


def test_crops_show_more_than_background() -> None:
    images, labels = retrofit_table.crops()
    assert images.shape == (4, 3, 64, 64)
    assert labels.shape == (4, 64, 64)
    assert all(len(label.unique()) > 1 for label in labels)


def test_errors_describe_the_problem(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match="no name contains 'resunet'; there are smp Unet"):
        table(monkeypatch, capsys, "--networks", "resunet")
    with pytest.raises(UserError, match="--steps must be at least 1, got 0"):
        table(monkeypatch, capsys, "--steps", "0")
