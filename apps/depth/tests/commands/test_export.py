"""A depth network that is exported gives the depth that it gives in PyTorch."""

from pathlib import Path

import numpy as np
import pytest
from torch import nn

from indexnet_depth.cli import APPLICATION
from indexnet_depth.predictor import DepthPredictor
from indexnet_engine.commands.export import ExportConfig, export
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.onnx_network import load_onnx

pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, net_folder: Path) -> Path:
    file = tmp_path_factory.mktemp("exported") / "a.onnx"
    export(APPLICATION, ExportConfig(net_folder, file))
    return file


def test_depth_comes_out_as_from_pytorch(exported: Path, net: nn.Module) -> None:
    model = load_onnx(exported, "depth")
    assert model.entries["size"] == 64
    for shape in ((32, 32, 3), (50, 81, 3)):
        image = RNG.random(shape, dtype=np.float32)
        np.testing.assert_allclose(
            DepthPredictor(model, size=None)(image),
            DepthPredictor(net, size=None)(image),
            rtol=1e-5,
            atol=1e-5,
        )


@pytest.mark.parametrize("options", [(), ("--full-size",)])
def test_predict(command, exported: Path, net_folder: Path, options: tuple[str, ...], tmp_path: Path) -> None:
    """At the training scale, which the file stores, and at the photograph's own size."""
    write_image(tmp_path / "a.png", RNG.random((60, 80, 3)))
    depths = []
    for out, source in (("pytorch", ("--weights", net_folder)), ("onnx", ("--onnx", exported))):
        assert command("predict", tmp_path / "a.png", *source, *options, "--out", tmp_path / out).status == 0
        depths.append(np.load(tmp_path / out / "npy" / "a.npy"))
    np.testing.assert_allclose(*depths, rtol=1e-5, atol=1e-5)
