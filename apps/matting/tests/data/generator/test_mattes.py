import numpy as np
import pytest

from indexnet_engine.images.sample_photos import photograph_files
from indexnet_matting.data.generator.mattes import MATTES
from indexnet_matting.data.generator.textures import Photographs

SIZE, DRAWN = 96, 6


@pytest.fixture(scope="module")
def photographs() -> Photographs:
    return Photographs(list(photograph_files("train").values()))


@pytest.mark.parametrize("kind", MATTES)
def test_layers_are_premultiplied_and_not_degenerate(kind: str, photographs: Photographs) -> None:
    mattes = []
    for number in range(DRAWN):
        layer = MATTES[kind][0](SIZE, np.random.default_rng([7, number]), photographs)
        assert layer.shape == (SIZE, SIZE, 4)
        assert layer.dtype == np.float32
        assert np.isfinite(layer).all()
        assert layer.min() >= -1e-6
        assert layer.max() <= 1 + 1e-5
        assert (layer[..., :3] <= layer[..., 3:] + 1e-5).all()
        mattes.append(layer[..., 3])
    alpha = np.stack(mattes)
    assert ((alpha > 0.1) & (alpha < 0.9)).mean() > 0.002  # some of it fractional
    assert (alpha > 0.6).mean() > 0.005  # some of it dense
    assert (alpha == 0).mean() > 0.02  # some of it open
    assert alpha.std(0).max() > 0.2  # no two alike


@pytest.mark.parametrize("kind", MATTES)
def test_a_matte_is_a_function_of_its_generator(kind: str, photographs: Photographs) -> None:
    first, again = (MATTES[kind][0](SIZE, np.random.default_rng(5), photographs) for _ in range(2))
    assert (first == again).all()


def test_every_kind_has_a_share() -> None:
    assert all(weight > 0 for _, weight in MATTES.values())
