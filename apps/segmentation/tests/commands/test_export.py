"""A segmentation network that is exported gives the classes that it gives in PyTorch."""

from pathlib import Path

import numpy as np
import pytest

from indexnet_engine.commands.export import ExportConfig, export
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.onnx_network import load_onnx
from indexnet_segmentation.cli import APPLICATION
from indexnet_segmentation.models import SegNet
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


def test_no_network_at_all(command, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", RNG.random((40, 50, 3)))
    answer = command("predict", tmp_path / "a.png")
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "missing --weights" in answer.err
