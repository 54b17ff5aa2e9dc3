"""A denoiser that is exported denoises as it does in PyTorch."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from indexnet_denoising.cli import APPLICATION
from indexnet_denoising.commands.export import ExportConfig
from indexnet_denoising.models import create_model
from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_engine.commands.export import export
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.inference.onnx_network import load_onnx
from indexnet_engine.weights.pretrained import save_pretrained

pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

RNG = np.random.default_rng(0)


def index_unet() -> nn.Module:
    """A colour network whose residual blocks, which start as the identity, do something."""
    torch.manual_seed(0)
    model = create_model("index-unet", resampling="hin", width=4, channels=3)
    for name, weight in model.named_parameters():
        if name.endswith("second.weight"):
            nn.init.normal_(weight, 0, 0.05)
    return model.eval()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, gray_folder: Path) -> Path:
    file = tmp_path_factory.mktemp("exported") / "a.onnx"
    export(APPLICATION, ExportConfig(file, gray_folder))
    return file


def test_the_file_says_what_it_is(exported: Path) -> None:
    session = onnxruntime.InferenceSession(exported)
    entries = json.loads(session.get_modelmeta().custom_metadata_map["config.json"])
    assert entries == {
        "format": 1,
        "task": "denoising",
        "model": {"model": "dncnn-segnet", "resampling": "o2o-shared", "width": 4},
        "stride": 8,
        "any_size": False,
        "reach": 64,
        "bytes_per_pixel": 84.0,
    }


@pytest.mark.parametrize("shape", [(45, 51, 1), (30, 300, 1), (9, 20, 3)])
def test_images_come_out_as_from_pytorch(exported: Path, gray_net: nn.Module, shape: tuple[int, ...]) -> None:
    """Padded, in tiles, and taken apart into brightness and opponent colours."""
    image, model = RNG.random(shape, dtype=np.float32), load_onnx(exported, "denoising")
    assert not list(model.parameters())
    np.testing.assert_allclose(
        DenoisingPredictor(model, tile=216)(image), DenoisingPredictor(gray_net, tile=216)(image), atol=1e-5
    )


def test_predict(command, exported: Path, photos: Path, gray_folder: Path, tmp_path: Path) -> None:
    for out, source in (("pytorch", ("--weights", gray_folder)), ("onnx", ("--onnx", exported))):
        assert command("predict", photos, *source, "--out", tmp_path / out).status == 0
    for file in (tmp_path / "pytorch").iterdir():
        expected, found = read_image(file), read_image(tmp_path / "onnx" / file.name)
        np.testing.assert_allclose(found, expected, atol=1.1 / 255)


def test_index_unet(tmp_path: Path) -> None:
    model = index_unet()
    save_pretrained(model, tmp_path / "net", {"task": "denoising"})
    export(APPLICATION, ExportConfig(tmp_path / "a.onnx", tmp_path / "net"))
    found = load_onnx(tmp_path / "a.onnx", "denoising")
    assert found.config == model.config
    assert (found.stride, found.reach) == (8, 81)
    for shape in ((45, 51, 3), (20, 230, 3), (30, 24, 1)):
        image = RNG.random(shape, dtype=np.float32)
        denoised = DenoisingPredictor(model, tile=216)(image)
        assert np.abs(denoised - image).max() > 0.05
        np.testing.assert_allclose(DenoisingPredictor(found, tile=216)(image), denoised, atol=1e-5)


def test_pt2(command, identity_folder: Path, tmp_path: Path) -> None:
    answer = command("export", "--weights", identity_folder, "--out", tmp_path / "a.pt2")
    assert answer.status == 0, answer.err
    assert "largest difference from PyTorch on 1x1x64x96 and 2x1x96x64: 0.0e+00" in answer.err
    x = torch.rand(1, 1, 16, 40)
    torch.testing.assert_close(torch.export.load(tmp_path / "a.pt2").module()(x), x)


def test_contradictions_are_refused(command, exported: Path, gray_folder: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", RNG.random((8, 8, 1)))
    words = ("predict", tmp_path / "a.png", "--onnx", exported, "--out", tmp_path / "out")
    answer = command(*words, "--weights", gray_folder)
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "leave one out" in answer.err
    answer = command("export", "--weights", gray_folder, "--out", exported)
    assert (answer.status, answer.err) == (2, f"error: {exported} exists; choose another --out\n")
    assert not (tmp_path / "out").exists()
