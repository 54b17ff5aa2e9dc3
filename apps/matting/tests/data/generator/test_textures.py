import pickle

import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.images.sample_photos import photograph_files
from indexnet_matting.data.generator.textures import Photographs, procedural, recolour, streaks, surface


@pytest.fixture(scope="module")
def photographs():
    return Photographs(list(photograph_files("train").values()))


def test_cuts_are_parts_of_the_photograph(photographs):
    for seed in range(6):
        part = photographs.cut(48, np.random.default_rng(seed), number=0)
        assert part.shape == (48, 48, 3)
        assert part.min() >= 0
        assert part.max() <= 1
        assert part.std() > 0.02


def test_pickling_keeps_the_files_only(photographs):
    photographs[0]
    copy = pickle.loads(pickle.dumps(photographs))
    assert copy.files == photographs.files
    assert not copy._read
    assert (copy[0] == photographs[0]).all()


def test_no_files():
    with pytest.raises(UserError, match="no photographs"):
        Photographs([])


def test_textures_are_colours(photographs):
    for seed in range(25):
        rng = np.random.default_rng(seed)
        for texture in (surface(32, rng, photographs), procedural(32, rng)):
            assert texture.shape == (32, 32, 3)
            assert texture.dtype == np.float32
            assert texture.min() >= 0
            assert texture.max() <= 1


def test_recoloured_gray_stays_nearly_gray():
    gray = np.repeat(np.linspace(0.3, 0.7, 64, dtype=np.float32).reshape(8, 8, 1), 3, 2)
    for seed in range(10):
        assert np.ptp(recolour(gray, np.random.default_rng(seed)), axis=2).max() < 0.4


def test_streaks_have_a_direction():
    field = streaks(64, np.random.default_rng(0))
    across, along = np.gradient(field)
    tensor = np.array(
        [[(across**2).mean(), (across * along).mean()], [(across * along).mean(), (along**2).mean()]]
    )
    small, large = np.linalg.eigvalsh(tensor)
    assert large > 2 * small
