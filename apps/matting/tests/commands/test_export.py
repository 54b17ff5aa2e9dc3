"""A matting network that is exported gives the mattes that it gives in PyTorch."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from indexnet_engine.commands.export import export
from indexnet_engine.images.image_file import read_image
from indexnet_engine.inference.memory import bytes_per_pixel
from indexnet_engine.inference.onnx_network import OnnxNetwork, load_onnx
from indexnet_engine.weights.pretrained import save_pretrained
from indexnet_matting.cli import APPLICATION
from indexnet_matting.commands.export import ExportConfig
from indexnet_matting.data.trimap import read_trimap
from indexnet_matting.models import create_model
from indexnet_matting.predictor import MattingPredictor

pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")


@pytest.fixture(scope="module")
def vgg() -> nn.Module:
    """B3 with index networks; tracing B11, with its eighty convolutions, would take four times as long."""
    torch.manual_seed(0)
    return create_model("b3", resampling="hin-nl", width=0.05).eval()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, vgg: nn.Module) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    save_pretrained(vgg, folder / "net", {"task": "matting"})
    export(APPLICATION, ExportConfig(folder / "net", folder / "a.onnx"))
    return folder / "a.onnx"


@pytest.fixture(scope="module")
def network(exported: Path) -> OnnxNetwork:
    return load_onnx(exported, "matting")


def test_mattes_come_out_as_from_pytorch(network: OnnxNetwork, vgg: nn.Module, test_folder: Path) -> None:
    image, trimap = (
        read_image(test_folder / "image/fern.png", 3),
        read_trimap(test_folder / "trimap/fern.png"),
    )
    for options in ({}, {"tile": 64, "overlap": 32}, {"resize": True}):
        found, expected = (MattingPredictor(model, **options)(image, trimap) for model in (network, vgg))
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_export_stores_the_memory_per_pixel(network: OnnxNetwork, vgg: nn.Module) -> None:
    assert bytes_per_pixel(network) == bytes_per_pixel(vgg, channels=4)
    assert network.stride == 32


def test_predict_keeps_to_the_limit(
    command, exported: Path, vgg: nn.Module, test_folder: Path, tmp_path: Path
) -> None:
    """The images, padded to 96 x 64, take more than a tile of 64 x 64."""
    limit = round(80 * 64 * bytes_per_pixel(vgg, channels=4) / 1e9, 6)
    answer = command(
        "predict", "--image", test_folder / "image", "--trimap", test_folder / "trimap", "--onnx", exported,
        "--out", tmp_path / "out", "--overlap", 32, "--max-memory", limit,
    )  # fmt: skip
    assert answer.status == 0, answer.err
    assert f"processed in tiles of 64x64 for --max-memory {limit:g}" in answer.err
    assert len(list((tmp_path / "out").iterdir())) == 3
