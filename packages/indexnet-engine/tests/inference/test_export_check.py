import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from indexnet_engine.errors import UserError
from indexnet_engine.inference.export_check import check_export, export_network
from indexnet_engine.inference.onnx_network import load_onnx

SEEN: list[Any] = []


def writer(toy_onnx: ModuleType, factor: float) -> dict[str, Any]:
    """A writer of ONNX that multiplies by this factor."""

    def write(model, example, path, *, stride, metadata):
        SEEN.append((tuple(example.shape), stride))
        toy_onnx.write_factor(path, factor, metadata)

    return {".onnx": write, ".pt2": write}


def test_a_correct_file_is_kept(toy_onnx, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "a.onnx"
    entries = {**toy_onnx.ENTRIES, "size": 32}
    assert export_network(toy_onnx.Factor(), out, 1, entries, writer(toy_onnx, 2)) == 0
    assert SEEN[-1] == ((1, 1, 64, 92), 4)
    assert "largest difference from PyTorch on 1x1x64x92 and 2x1x92x64: 0.0e+00" in capsys.readouterr().err
    model = load_onnx(out, "toy")
    assert model.entries == {**entries, "stride": 4, "any_size": False, "bytes_per_pixel": 6}
    assert [file.name for file in out.parent.iterdir()] == ["a.onnx"]


def test_a_network_for_any_size_is_traced_for_any(toy_onnx, tmp_path: Path) -> None:
    model = toy_onnx.Factor()
    model.any_size = True
    export_network(model, tmp_path / "a.onnx", 1, toy_onnx.ENTRIES, writer(toy_onnx, 2))
    assert SEEN[-1] == ((1, 1, 61, 90), 1)
    assert load_onnx(tmp_path / "a.onnx", "toy").any_size


def test_the_file_says_how_far_the_network_sees(toy_onnx, tmp_path: Path) -> None:
    model = toy_onnx.Factor()
    model.reach = 3
    export_network(model, tmp_path / "a.onnx", 1, toy_onnx.ENTRIES, writer(toy_onnx, 2))
    assert load_onnx(tmp_path / "a.onnx", "toy").reach == 3


def test_a_wrong_file_is_not_kept(toy_onnx, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"a\.onnx: not written, since its results differ from .* by 0\.5"):
        export_network(toy_onnx.Factor(), tmp_path / "a.onnx", 1, toy_onnx.ENTRIES, writer(toy_onnx, 2.5))
    assert not list(tmp_path.iterdir())
    export_network(
        toy_onnx.Factor(), tmp_path / "a.onnx", 1, toy_onnx.ENTRIES, writer(toy_onnx, 2.5), tolerance=1
    )


def test_another_image_decides_where_two_values_are_equal(toy_onnx, tmp_path: Path) -> None:
    """The first result is wrong, as when rounding moves a maximum; later results are correct."""

    class Slips(toy_onnx.Factor):
        calls = 0

        def forward(self, x):
            self.calls += 1
            return super().forward(x) + (self.calls == 1)

    model = Slips()
    assert export_network(model, tmp_path / "a.onnx", 1, toy_onnx.ENTRIES, writer(toy_onnx, 2)) == 0
    assert model.calls == 3


def test_a_result_of_another_shape(toy_onnx, tmp_path: Path) -> None:
    class Wide(toy_onnx.Factor):
        def forward(self, x):
            return torch.cat([x, x], 1)

    with pytest.raises(UserError, match=r"its output is \(1, 1, 64, 92\), PyTorch's is \(1, 2, 64, 92\)"):
        export_network(Wide(), tmp_path / "a.onnx", 1, toy_onnx.ENTRIES, writer(toy_onnx, 2))
    assert not list(tmp_path.iterdir())


def test_pt2_is_read_by_pytorch(toy_onnx, tmp_path: Path) -> None:
    def write(model, example, path, *, stride, metadata):
        sizes = ({2: torch.export.Dim("rows"), 3: torch.export.Dim("columns"), 0: torch.export.Dim("batch")},)
        program = torch.export.export(model, (torch.zeros(2, 1, 6, 8),), dynamic_shapes=sizes)
        torch.export.save(program, path, extra_files=dict(metadata))

    export_network(toy_onnx.Factor(), tmp_path / "a.pt2", 1, toy_onnx.ENTRIES, {".pt2": write})
    texts = {"config.json": ""}
    program = torch.export.load(tmp_path / "a.pt2", extra_files=texts)
    assert json.loads(texts["config.json"])["stride"] == 4
    torch.testing.assert_close(program.module()(torch.ones(1, 1, 4, 4)), torch.full((1, 1, 4, 4), 2.0))


def test_where_a_file_may_go(toy_onnx, tmp_path: Path) -> None:
    check_export(tmp_path / "a.onnx", writer(toy_onnx, 2))
    (tmp_path / "b.onnx").touch()
    with pytest.raises(UserError, match=r"b\.onnx exists; choose another --out"):
        check_export(tmp_path / "b.onnx", writer(toy_onnx, 2))
    with pytest.raises(UserError, match=r"a\.tflite: expected a file name that ends in \.onnx or \.pt2"):
        check_export(tmp_path / "a.tflite", writer(toy_onnx, 2))
    with pytest.raises(UserError, match="tolerance must be positive, got 0"):
        check_export(tmp_path / "a.onnx", writer(toy_onnx, 2), 0)
