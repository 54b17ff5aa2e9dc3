import sys

import pytest

import export_parity as tool

pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")


def test_an_operator_that_a_network_does_not_take() -> None:
    assert tool.largest_difference("depth", "max") is None
    assert tool.largest_difference("matting", "stride+nearest") is None


@pytest.mark.slow
def test_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--tasks", "denoising", "depth", "--operators", "max"]
    monkeypatch.setattr(sys, "argv", ["export_parity.py", *words])
    tool.main()
    header, _, row = capsys.readouterr().out.splitlines()
    assert header == "| operator | denoising | depth |"
    operator, difference, none = (cell.strip() for cell in row.strip("|").split("|"))
    assert (operator, none) == ("`max`", "–")
    assert 0 < float(difference) < 1e-4
