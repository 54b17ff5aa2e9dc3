from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from indexnet_denoising.models import create_model
from indexnet_engine.errors import UserError
from indexnet_engine.runs.checkpoint import FORMAT, Checkpoint, save_checkpoint
from indexnet_engine.weights.pretrained import save_pretrained
from tools.denoisers.methods import BASELINES, Method, find_methods

IMAGE = np.random.default_rng(0).random((16, 24, 1), dtype=np.float32)


def find(*words: object, mode: str = "white") -> list[Method]:
    return find_methods([str(word) for word in words], mode, 1, "cpu", "32")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run whose last weights are not the best ones."""
    best, last = (create_model("dncnn", width=2, depth=3) for _ in range(2))
    save_pretrained(best, tmp_path / "run", {"task": "denoising"})
    state = {key: {} for key in Checkpoint.__required_keys__} | {"format": FORMAT, "model": last.state_dict()}
    save_checkpoint(tmp_path / "run" / "last.ckpt", state)  # type: ignore[arg-type]
    return tmp_path / "run"


def test_a_network_is_a_folder_or_a_file_in_it_or_a_name(run: Path) -> None:
    folder, weights, last, packaged = find(run, run / "model.safetensors", run / "last.ckpt", "blind-gray")
    labels = [method.label for method in (folder, weights, last, packaged)]
    assert labels == ["run", "run/model.safetensors", "run/last.ckpt", "blind-gray"]
    best, same, other = (method.denoise(IMAGE, 25.0, ()) for method in (folder, weights, last))
    np.testing.assert_array_equal(best, same)
    assert np.abs(best - other).max() > 1e-3
    assert packaged.denoise(IMAGE, None, ()).shape == IMAGE.shape


def test_networks_are_not_stored_and_slow_methods_are(fake_bm3d: Any) -> None:
    stored = {method.label: method.stored_as for method in find(*BASELINES, "blind-gray")}
    assert stored["blind-gray"] is None
    assert stored["bm3d"] == "bm3d-fake"
    assert stored["nlm"] is not None


def test_methods_that_cannot_be_used_are_refused(fake_bm3d: Any, run: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--methods: bm3d is possible with white or clipped, not with pairs"):
        find("noisy", "bm3d", mode="pairs")
    with pytest.raises(UserError, match=r"--methods: nlm is possible with .*, not with clean"):
        find("nlm", mode="clean")
    with pytest.raises(UserError, match="--methods: two have the name run"):
        find(run, run)
    with pytest.raises(UserError, match=r"bm4d: no such folder, and no network of the package \("):
        find("bm4d")
    torch.save({}, tmp_path / "net.pth")
    with pytest.raises(UserError, match=r"net\.pth: expected a folder of weights, or model\.safetensors or"):
        find(tmp_path / "net.pth")
