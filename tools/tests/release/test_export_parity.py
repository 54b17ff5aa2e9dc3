import sys

import pytest
import torch

import tools.release.export_parity as tool
from indexnet_core import SpecError

pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")


def test_an_operator_that_a_network_does_not_take() -> None:
    assert tool.largest_difference("depth", "max") is None
    assert tool.largest_difference("matting", "stride+nearest") is None


@pytest.mark.parametrize("operator", ["hmi", "hin-nl", "o2o-unshared-nl-c-mp"])
def test_results_that_are_compared_are_not_all_zero(operator: str) -> None:
    model = tool.draw_network("depth", operator)
    values = model(torch.rand(1, 3, 64, 64))
    assert (values > 0).float().mean() > 0.4
    assert values.std() > 0


def test_unknown_operators_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["export_parity.py", "--operators", "max", "hinn"])
    with pytest.raises(SpecError, match="did you mean 'hin'"):
        tool.main()


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
