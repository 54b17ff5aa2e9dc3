from pathlib import Path

import numpy as np
import pytest

from indexnet_engine.errors import UserError
from tools.denoisers.cache import Cache, Result, sixteen_bits


def test_results_come_back_as_they_were_rounded(tmp_path: Path) -> None:
    image = np.random.default_rng(0).random((6, 5, 3), dtype=np.float32)
    cache = Cache(tmp_path)
    path = cache.path("bm3d-4", image, 25.0, ())
    assert cache.read(path) is None
    cache.write(path, Result(image, 1.5, 1.25, 2))
    stored = cache.read(path)
    assert stored is not None
    assert stored[1:] == (1.5, 1.25, 2)
    np.testing.assert_array_equal(stored.image, sixteen_bits(image))
    np.testing.assert_allclose(stored.image, image, atol=1e-5)
    assert path.parent == tmp_path / "bm3d-4"


def test_the_file_depends_on_all_that_the_result_depends_on(tmp_path: Path) -> None:
    cache, image = Cache(tmp_path), np.zeros((4, 6, 1), np.float32)
    other = image.copy()
    other[0, 0] = 1e-6
    paths = {
        cache.path("a", image, 25.0, ()),
        cache.path("b", image, 25.0, ()),
        cache.path("a", image, 15.0, ()),
        cache.path("a", image, None, ()),
        cache.path("a", image, 25.0, (3.0,)),
        cache.path("a", other, 25.0, ()),
        cache.path("a", image.reshape(6, 4, 1), 25.0, ()),
    }
    assert len(paths) == 7
    assert cache.path("a", image.copy(), 25.0, ()) in paths


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    cache, image = Cache(tmp_path), np.zeros((4, 6, 1), np.float32)
    path = cache.path("a", image, None, ())
    cache.write(path, Result(image, 1, 1, 1))
    whole = path.read_bytes()
    for damaged in (b"", whole[:100], b"something else"):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match=rf"{path.name}: damaged; delete it"):
            cache.read(path)
