import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.inference.load_network import (
    Precision,
    at_precision,
    entries_of,
    load_network,
    require_network,
)
from indexnet_engine.inference.onnx_network import OnnxNetwork
from indexnet_engine.weights.packaged import NO_NETWORKS, PackagedNetworks
from indexnet_engine.weights.pretrained import save_pretrained


@dataclass
class Options:
    weights: Path | None = None
    onnx: Path | None = None
    device: str = "cpu"
    precision: Precision = "32"
    tf32: bool | None = None


@pytest.fixture(autouse=True)
def wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Optimised networks can be distinguished from others."""

    def optimize(model: nn.Module, precision: Precision) -> nn.Module:
        return nn.Sequential(model)

    monkeypatch.setattr(sys.modules[load_network.__module__], "optimize_for_inference", optimize)


def load(toy_onnx: ModuleType, options: Options) -> nn.Module:
    return load_network(options, "toy", lambda weights, device: toy_onnx.Factor(3))


def test_weights(toy_onnx) -> None:
    assert isinstance(load(toy_onnx, Options(Path("run"))), nn.Sequential)
    assert isinstance(load(toy_onnx, Options(Path("run"), precision="as-trained")), toy_onnx.Factor)


def test_an_exported_file(toy_onnx, tmp_path: Path) -> None:
    options = Options(onnx=toy_onnx.write_network(tmp_path / "a.onnx"))
    model = load(toy_onnx, options)
    assert isinstance(model, OnnxNetwork)
    entries, file = entries_of(options, model, Path)
    assert (entries["task"], file) == ("toy", options.onnx)


def test_entries_beside_weights(toy_onnx, tmp_path: Path) -> None:
    save_pretrained(toy_onnx.Factor(), tmp_path, {key: toy_onnx.ENTRIES[key] for key in ("task", "model")})
    entries, file = entries_of(Options(tmp_path), toy_onnx.Factor(), Path)
    assert (entries["task"], file) == ("toy", tmp_path / "config.json")


def test_contradictions(toy_onnx, tmp_path: Path) -> None:
    file = toy_onnx.write_network(tmp_path / "a.onnx")
    with pytest.raises(UserError, match="--weights and --onnx both name the network"):
        load(toy_onnx, Options(Path("run"), file))
    with pytest.raises(UserError, match=r"a\.onnx: --precision bf16 is for --weights, not for --onnx"):
        load(toy_onnx, Options(onnx=file, precision="bf16"))
    with pytest.raises(UserError, match="fp16 needs a GPU; use bf16 or 32 on the CPU"):
        at_precision(toy_onnx.Factor(), "fp16")
    with pytest.raises(UserError, match="missing --weights"):
        require_network(Options(), NO_NETWORKS)
    require_network(Options(onnx=file), NO_NETWORKS)
    require_network(Options(), PackagedNetworks(tmp_path, {"small": "ab"}, default="small"))
