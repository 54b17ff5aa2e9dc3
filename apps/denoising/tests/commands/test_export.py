"""A denoiser that is exported denoises as it does in PyTorch."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from indexnet_denoising.cli import APPLICATION
from indexnet_denoising.commands.export import ExportConfig
from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_engine.commands.export import export
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.inference.onnx_network import load_onnx

pytest.importorskip("onnxscript")
onnxruntime = pytest.importorskip("onnxruntime")

RNG = np.random.default_rng(0)


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
