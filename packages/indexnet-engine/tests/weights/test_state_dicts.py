from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from indexnet_engine.errors import UserError
from indexnet_engine.weights.state_dicts import read_state_dict

TENSORS = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.tensor([1.0, 2.0])}


@pytest.mark.parametrize(
    "content",
    [
        TENSORS,
        {"state_dict": TENSORS, "epoch": 3},
        {f"module.{name}": tensor for name, tensor in TENSORS.items()},
        {"state_dict": {f"module.{name}": tensor for name, tensor in TENSORS.items()}},
    ],
)
def test_all_wrappers(content: dict[str, object], tmp_path: Path) -> None:
    torch.save(content, tmp_path / "net.pth")
    found = read_state_dict(tmp_path / "net.pth")
    assert found.keys() == TENSORS.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in TENSORS.items())


def test_safetensors(tmp_path: Path) -> None:
    save_file(TENSORS, tmp_path / "net.safetensors")
    found = read_state_dict(tmp_path / "net.safetensors")
    assert torch.equal(found["a.weight"], TENSORS["a.weight"])


class Trap:
    """Runs a function if it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("trap"),))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (Trap(), "objects other than tensors, which are not loaded for safety"),
        ([1, 2], "no state dict in it"),
        ({}, "no state dict in it"),
        ({"epoch": 3}, "not a state dict: epoch is not a tensor"),
        ({**TENSORS, "arch": "b11"}, "not a state dict: arch is not a tensor"),
    ],
)
def test_contents_that_are_no_weights(content: object, complaint: str, tmp_path: Path) -> None:
    file = tmp_path / "net.pth"
    torch.save(content, file)
    with pytest.raises(UserError, match=rf"net\.pth: .*{complaint}") as caught:
        read_state_dict(file)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["net.pth", "net.safetensors"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off", b"hello\nthere", bytes(range(256))])
def test_damaged_files_get_one_line(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=name) as caught:
        read_state_dict(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file; expected weights"):
        read_state_dict(tmp_path / "none.pth")
    with pytest.raises(UserError, match="is a folder; expected a file of weights"):
        read_state_dict(tmp_path)


@pytest.mark.parametrize("zipped", [True, False])
def test_numpy_scalars_beside_the_weights(zipped: bool, tmp_path: Path) -> None:
    beside = {"loss": np.float64(0.5), "epoch": np.int64(3), "history": [np.mean([1.0, 2.0]), np.float32(1)]}
    content = {"state_dict": TENSORS, **beside}
    torch.save(content, tmp_path / "net.pth.tar", _use_new_zipfile_serialization=zipped)
    assert read_state_dict(tmp_path / "net.pth.tar").keys() == TENSORS.keys()
