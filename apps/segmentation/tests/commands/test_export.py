"""A segmentation network that is exported gives the classes that it gives in PyTorch."""

from pathlib import Path

import numpy as np
import pytest
import torch

from indexnet_engine.commands.export import ExportConfig, export
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.onnx_network import load_onnx
from indexnet_engine.weights.pretrained import save_pretrained
from indexnet_segmentation.cli import APPLICATION
from indexnet_segmentation.models import SegNet, create_model
from indexnet_segmentation.predictor import SegmentationPredictor

pytest.importorskip("onnxscript")
pytest.importorskip("onnxruntime")

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, net_folder: Path) -> Path:
    file = tmp_path_factory.mktemp("exported") / "a.onnx"
    export(APPLICATION, ExportConfig(net_folder, file))
    return file


@pytest.mark.parametrize("shape", [(40, 70, 3), (33, 20, 3)])
@pytest.mark.parametrize("scale", [1, 1.5])
def test_probabilities_come_out_as_from_pytorch(
    exported: Path, net: SegNet, shape: tuple[int, ...], scale: float
) -> None:
    image = RNG.random(shape, dtype=np.float32)
    found, expected = (
        SegmentationPredictor(model, scale=scale).probabilities(image)
        for model in (load_onnx(exported, "segmentation"), net)
    )
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_predict_knows_the_classes(command, exported: Path, net_folder: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", RNG.random((40, 50, 3)))
    results = {}
    for out, source in (("pytorch", ("--weights", net_folder)), ("onnx", ("--onnx", exported))):
        words = ("predict", tmp_path / "a.png", *source, "--probabilities", "--out", tmp_path / out)
        assert command(*words).status == 0
        results[out] = np.load(tmp_path / out / "probabilities" / "a.npz")
        assert (tmp_path / out / "overlay" / "a.png").is_file()
    assert list(results["onnx"]["classes"]) == ["lawn", "pond", "wall"]
    np.testing.assert_allclose(
        results["onnx"]["probabilities"], results["pytorch"]["probabilities"], atol=1e-3
    )


def test_index_mobilenet(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = create_model("index-mobilenet", classes=3, width=4).eval()
    entries = {"task": "segmentation", "classes": list("abc"), "palette": [[0, 0, 0]] * 3}
    save_pretrained(model, tmp_path / "net", entries)
    export(APPLICATION, ExportConfig(tmp_path / "net", tmp_path / "a.onnx"))
    found, image = load_onnx(tmp_path / "a.onnx", "segmentation"), RNG.random((40, 70, 3), dtype=np.float32)
    assert (found.config, found.stride) == (model.config, 32)
    expected = SegmentationPredictor(model).probabilities(image)
    np.testing.assert_allclose(SegmentationPredictor(found).probabilities(image), expected, atol=1e-5)
