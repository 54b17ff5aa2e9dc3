import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from torch import nn

from indexnet_engine.errors import UserError
from indexnet_engine.weights.pretrained import from_pretrained, load_config, load_strictly, save_pretrained


class Net(nn.Module):
    def __init__(self, width: int = 3) -> None:
        super().__init__()
        self.config = {"model": "net", "width": width}
        self.conv = nn.Conv2d(2, width, 3)
        self.norm = nn.BatchNorm2d(width)


def create(config: dict[str, Any]) -> Net:
    assert config.pop("model") == "net"
    return Net(**config)


def trained() -> Net:
    torch.manual_seed(0)
    net = Net()
    net.norm.running_mean = torch.randn(3)
    net.norm.num_batches_tracked = torch.tensor(100_001)
    return net


def test_round_trip(tmp_path: Path) -> None:
    net = trained()
    save_pretrained(net, tmp_path / "new" / "folder", {"task": "toy", "sigma": [0, 55]})
    loaded = from_pretrained(tmp_path / "new" / "folder", create)
    assert not loaded.training
    for name, tensor in net.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], tensor), name
    assert load_config(tmp_path / "new" / "folder") == {
        "format": 1,
        "model": {"model": "net", "width": 3},
        "task": "toy",
        "sigma": [0, 55],
    }
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 2


def test_half_precision(tmp_path: Path) -> None:
    net = trained()
    save_pretrained(net, tmp_path, {}, dtype=torch.float16)
    stored = load_file(tmp_path / "model.safetensors")
    assert stored["conv.weight"].dtype == np.float16
    loaded = from_pretrained(tmp_path, create)
    for name, tensor in net.state_dict().items():
        expected = tensor.half().float() if tensor.is_floating_point() else tensor
        assert torch.equal(loaded.state_dict()[name], expected), name
        assert loaded.state_dict()[name].dtype == tensor.dtype


def test_half_precision_overflow(tmp_path: Path) -> None:
    net = trained()
    net.norm.running_var = torch.full((3,), 1e5)
    with pytest.raises(
        UserError, match=r"norm\.running_var: a value of 1e\+05 does not fit into torch\.float16"
    ):
        save_pretrained(net, tmp_path, {}, dtype=torch.float16)
    assert not list(tmp_path.iterdir())


def test_shared_and_channels_last_tensors(tmp_path: Path) -> None:
    conv = nn.Conv2d(2, 2, 3)
    net = nn.ModuleList([conv, conv]).to(memory_format=torch.channels_last)
    save_pretrained(net, tmp_path, {})
    loaded = from_pretrained(tmp_path, lambda _: nn.ModuleList([nn.Conv2d(2, 2, 3), nn.Conv2d(2, 2, 3)]))
    assert torch.equal(loaded.state_dict()["1.weight"], conv.weight)


def test_strictness_names_tensors() -> None:
    tensors = trained().state_dict()
    del tensors["conv.bias"], tensors["norm.weight"]
    tensors["conv.weight"] = torch.zeros(3, 2, 5, 5)
    tensors["head.bias"] = torch.zeros(1)
    with pytest.raises(UserError) as caught:
        load_strictly(Net(), tensors, "some.file")
    assert str(caught.value) == (
        "some.file: the weights do not fit the model: missing conv.bias, norm.weight; unexpected head.bias; "
        "of another shape conv.weight (3, 2, 5, 5) instead of (3, 2, 3, 3)"
    )


def test_many_names_are_shortened() -> None:
    with pytest.raises(
        UserError, match=r"missing conv\.weight, conv\.bias, norm\.weight, norm\.bias and 3 more$"
    ):
        load_strictly(Net(), {}, "some.file")


def test_other_width(tmp_path: Path) -> None:
    save_pretrained(trained(), tmp_path, {"model": {"model": "net", "width": 4}})
    with pytest.raises(
        UserError, match=r"model\.safetensors: .*conv\.weight \(3, 2, 3, 3\) instead of \(4, 2, 3, 3\)"
    ):
        from_pretrained(tmp_path, create)


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_incomplete_folder(tmp_path: Path, name: str) -> None:
    save_pretrained(trained(), tmp_path, {})
    (tmp_path / name).unlink()
    with pytest.raises(UserError, match=f"no {name} there; expected a folder with"):
        from_pretrained(tmp_path, create)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere: no such folder"):
        from_pretrained(tmp_path / "nowhere", create)


@pytest.mark.parametrize("content", [b"", b"\x08" * 50, b"not weights at all, but long enough for a header"])
def test_damaged_weights(tmp_path: Path, content: bytes) -> None:
    save_pretrained(trained(), tmp_path, {})
    (tmp_path / "model.safetensors").write_bytes(content)
    with pytest.raises(UserError, match=r"model\.safetensors: damaged, or not a safetensors file"):
        from_pretrained(tmp_path, create)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "not valid JSON"),
        ("[1]", "no entry 'model' that describes a model"),
        ('{"format": 1}', "no entry 'model' that describes a model"),
        (json.dumps({"format": 2, "model": {}}), "format 2, this version reads format 1"),
    ],
)
def test_bad_config(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(UserError, match=rf"config\.json: {message}"):
        load_config(tmp_path)


def test_values_that_are_not_finite(tmp_path: Path) -> None:
    net = trained()
    net.conv.weight.data[0] = float("nan")
    save_pretrained(net, tmp_path, {"model": {"model": "net"}})
    with pytest.raises(UserError, match=r"model\.safetensors: values that are not finite in conv\.weight$"):
        from_pretrained(tmp_path, create)


@pytest.mark.parametrize(
    "error", [ValueError("bad width"), TypeError("bad width"), RuntimeError("bad width")]
)
def test_a_configuration_that_builds_nothing(tmp_path: Path, error: Exception) -> None:
    save_pretrained(trained(), tmp_path, {"model": {"model": "net"}})

    def fail(config: object) -> Net:
        raise error

    with pytest.raises(UserError, match=r"config\.json: no model can be built from it: bad width"):
        from_pretrained(tmp_path, fail)


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"file: cannot create this folder"):
        save_pretrained(trained(), tmp_path / "file", {})


def test_weights_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").mkdir()
    with pytest.raises(UserError, match=r"model\.safetensors: cannot be written"):
        save_pretrained(trained(), tmp_path, {})


@pytest.mark.skipif(os.name != "posix", reason="needs limits on processes")
@pytest.mark.parametrize("name", ["last.ckpt", "model.safetensors"])
def test_a_full_disk(tmp_path: Path, name: str) -> None:
    """A limit on the size of files simulates the full disk."""
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from torch import nn\n"
        "from indexnet_engine.runs.checkpoint import save_checkpoint\n"
        "from indexnet_engine.weights.pretrained import save_pretrained\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))\n"
        "model, path = nn.Linear(200, 200), Path(sys.argv[1])\n"
        "if path.suffix == '.ckpt':\n"
        "    save_checkpoint(path, {'model': model.state_dict()})\n"
        "else:\n"
        "    save_pretrained(model, path.parent, {})\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    last_line = done.stderr.splitlines()[-1]
    assert last_line.startswith(f"indexnet_engine.errors.UserError: {tmp_path / name}: cannot be written (")
    assert not list(tmp_path.iterdir())
