from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import to_array, to_tensor
from indexnet_engine.inference.load_network import Precision, load_trained
from indexnet_engine.inference.predictor import Predictor
from indexnet_engine.weights.pretrained import save_pretrained


class Scaling(nn.Module):
    """Multiplies by a weight and remembers the sizes of its inputs."""

    stride = 4

    def __init__(self, factor: float = 2.0) -> None:
        super().__init__()
        self.config = {"model": "scaling", "factor": factor}
        self.factor = nn.Parameter(torch.tensor(factor))
        self.seen: list[tuple[int, ...]] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(tuple(x.shape[-2:]))
        return x * self.factor


def load_model(weights: str | Path, device: str) -> nn.Module:
    return load_trained(weights, lambda model, **arguments: Scaling(**arguments), "scaling", device)


class ScalingPredictor(Predictor):
    task = "scaling"
    load_model = staticmethod(load_model)

    unknown_overlap = 8

    def __init__(
        self, model: nn.Module, *, offset: float = 0.0, tile: int | None = 16, overlap: int | None = None
    ) -> None:
        super().__init__(model, tile=tile, overlap=overlap)
        self.offset = offset

    @classmethod
    def trained_with(cls, entries: Mapping[str, Any], file: Path, model: nn.Module) -> dict[str, Any]:
        return {"offset": entries["offset"]}

    def __call__(self, image: np.ndarray) -> np.ndarray:
        return to_array(self.run(self.network_input(image))) + self.offset

    def network_input(self, image: np.ndarray) -> Tensor:
        return to_tensor(image)


@dataclass
class Options:
    weights: Path | None
    onnx: Path | None = None
    device: str = "cpu"
    precision: Precision = "as-trained"
    tf32: bool | None = None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_pretrained(Scaling(3.0), tmp_path / "net", {"task": "scaling", "offset": 0.5})
    return tmp_path / "net"


IMAGE = np.random.default_rng(0).random((13, 30, 1), dtype=np.float32)


def test_trained_weights_and_entries_are_loaded(folder: Path) -> None:
    for predictor in (
        ScalingPredictor.from_pretrained(folder, device="cpu", precision="as-trained"),
        ScalingPredictor.from_options(Options(folder)),
    ):
        assert (predictor.offset, predictor.model.training) == (0.5, False)
        np.testing.assert_allclose(predictor(IMAGE), 3 * IMAGE + 0.5, rtol=1e-6)


def test_options_replace_the_entries(folder: Path) -> None:
    predictor = ScalingPredictor.from_pretrained(
        folder, device="cpu", precision="as-trained", offset=1.0, tile=32
    )
    assert (predictor.offset, predictor.tile, predictor.overlap) == (1.0, 32, 8)


def test_large_images_are_run_in_tiles_and_padded_to_the_stride() -> None:
    model = Scaling()
    np.testing.assert_allclose(ScalingPredictor(model)(IMAGE), 2 * IMAGE, rtol=1e-6)
    assert set(model.seen) == {(16, 16)}
    assert len(model.seen) == 3
    model.seen.clear()
    ScalingPredictor(model, tile=32)(IMAGE)
    assert model.seen == [(16, 32)]


def test_tiles_no_larger_than_the_overlap_are_refused() -> None:
    with pytest.raises(UserError, match="tile must be larger than the overlap, got 8 and 8"):
        ScalingPredictor(Scaling(), tile=8)


def test_numbers_out_of_range_are_refused_before_there_is_an_image() -> None:
    with pytest.raises(UserError, match="overlap must not be negative, got -8"):
        ScalingPredictor(Scaling(), tile=None, overlap=-8)


def test_tiles_share_what_the_network_sees() -> None:
    model = Scaling()
    assert ScalingPredictor(model).overlap == 8  # unknown
    model.reach = 20
    assert ScalingPredictor(model, tile=64).overlap == 40
    assert ScalingPredictor(model, tile=64, overlap=12).overlap == 12
    with pytest.raises(UserError, match="tile must be larger than the overlap, got 40 and 40"):
        ScalingPredictor(model, tile=40)


def test_weights_must_be_named() -> None:
    with pytest.raises(UserError, match="missing --weights"):
        ScalingPredictor.from_pretrained(device="cpu")


def test_networks_without_indices_have_no_index_maps() -> None:
    assert ScalingPredictor(Scaling()).index_pictures(IMAGE) == {"encoder": [], "decoder": []}
