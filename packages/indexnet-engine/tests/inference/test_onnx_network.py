from pathlib import Path

import pytest
import torch

import indexnet_engine.inference.onnx_network
from indexnet_engine.errors import UserError
from indexnet_engine.inference.device import reach_of, stride_of
from indexnet_engine.inference.onnx_network import load_onnx, require_packages


def test_it_replaces_the_network(toy_onnx, tmp_path: Path) -> None:
    model = load_onnx(toy_onnx.write_network(tmp_path / "a.onnx", size=64), "toy")
    x = torch.rand(2, 1, 8, 12)
    with torch.inference_mode():
        torch.testing.assert_close(model(x.contiguous(memory_format=torch.channels_last)), 2 * x)
        torch.testing.assert_close(model(x[..., ::2]), 2 * x[..., ::2])
    assert (stride_of(model), reach_of(model), model.any_size, model.out_channels) == (4, None, False, 1)
    assert model.config == {"model": "factor"}
    assert model.entries["size"] == 64


def test_running_out_of_memory_is_what_it_is_in_pytorch(toy_onnx, tmp_path: Path) -> None:
    model = load_onnx(toy_onnx.write_network(tmp_path / "a.onnx"), "toy")

    class Full:
        def get_inputs(self):
            return model_inputs

        def run(self, *_):
            raise RuntimeError("Failed to allocate memory for requested buffer of size 1")

    model_inputs = model.session.get_inputs()
    model.session = Full()
    with pytest.raises(torch.OutOfMemoryError):
        model(torch.zeros(1, 1, 4, 4))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "other"}, "a network for other, not for toy"),
        ({"format": 9}, "format 9, this version reads format 1"),
        ({"model": None}, "no entry 'model'"),
        ({"stride": "wide"}, "'stride' must be a number of pixels, got 'wide'"),
        ({"reach": -1}, "'reach' must be a number of pixels, got -1"),
    ],
)
def test_a_file_of_another_kind(toy_onnx, tmp_path: Path, changes: dict, message: str) -> None:
    with pytest.raises(UserError, match=rf"a\.onnx: .*{message}"):
        load_onnx(toy_onnx.write_network(tmp_path / "a.onnx", **changes), "toy")


def test_a_file_that_export_has_not_written(toy_onnx, tmp_path: Path) -> None:
    toy_onnx.write_factor(tmp_path / "a.onnx", 2, {})
    with pytest.raises(UserError, match=r"a\.onnx: carries no config\.json"):
        load_onnx(tmp_path / "a.onnx", "toy")


def test_no_onnx_file(toy_onnx, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    whole = toy_onnx.write_network(tmp_path / "a.onnx").read_bytes()
    for name, contents in (("empty", b""), ("text", b"not a network"), ("half", whole[: len(whole) // 2])):
        file = tmp_path / name
        file.write_bytes(contents)
        with pytest.raises(UserError, match=rf"{name}: not an ONNX file, or damaged"):
            load_onnx(file, "toy")
    for missing in ("nowhere.onnx", "."):
        with pytest.raises(UserError, match="no such file"):
            load_onnx(tmp_path / missing, "toy")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps", "abacus"])
def test_a_device_that_onnxruntime_lacks(
    toy_onnx, tmp_path: Path, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(UserError, match=f"device '{device}'"):
        load_onnx(toy_onnx.write_network(tmp_path / "a.onnx"), "toy", device)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    require_packages("this", "torch")
    monkeypatch.setattr(indexnet_engine.inference.onnx_network, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r'needs onnxruntime: pip install "indexnet-engine\[onnx\]"'):
        load_onnx(tmp_path / "a.onnx", "toy")
