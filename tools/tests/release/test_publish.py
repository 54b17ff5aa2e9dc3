import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import indexnet_denoising.models
import indexnet_depth.models
import indexnet_matting.models
import indexnet_segmentation.models
from indexnet_engine.errors import UserError
from indexnet_engine.weights.pretrained import load_config, save_pretrained
from tools.release.publish import APPLICATIONS, publish

NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "denoising": lambda: indexnet_denoising.models.create_model("index-unet", width=4, channels=3),
    "matting": lambda: indexnet_matting.models.create_model("b11", resampling="hin-nl", width=0.1),
    "segmentation": lambda: indexnet_segmentation.models.create_model("index-mobilenet", width=4, classes=3),
    "depth": lambda: indexnet_depth.models.create_model("fastdepth-p-nnconv5", resampling="hin", width=0.1),
}


@pytest.mark.parametrize("task", APPLICATIONS)
def test_a_network_in_half_the_size(task: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = NETWORKS[task]()
    save_pretrained(model, tmp_path / "run", {"task": task, "more": [1]})
    publish(tmp_path / "run", tmp_path / "out")
    entries = load_config(tmp_path / "out")
    assert (entries["task"], entries["more"], entries["model"]) == (task, [1], model.config)
    tensors = load_file(tmp_path / "out" / "model.safetensors")
    assert {tensor.dtype for tensor in tensors.values() if tensor.is_floating_point()} == {torch.float16}
    digest = hashlib.sha256((tmp_path / "out" / "model.safetensors").read_bytes()).hexdigest()
    assert f"SHA-256 {digest}" in capsys.readouterr().out


def test_weights_of_no_application(tmp_path: Path) -> None:
    save_pretrained(nn.Conv2d(1, 1, 1), tmp_path, {})
    with pytest.raises(UserError, match="task is None, expected one of denoising, matting, "):
        publish(tmp_path, tmp_path / "out")
