import os
import pickle
from multiprocessing import get_context

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_matting.data.folder import folder_foregrounds
from indexnet_matting.data.foregrounds import (
    MAX_UNKNOWN,
    CachedForegrounds,
    cache_foregrounds,
    unknown_pixels,
)


@pytest.fixture
def cached(training_folder, tmp_path):
    return cache_foregrounds(folder_foregrounds(training_folder), tmp_path / "cache")


def test_pixels_are_those_of_the_files(cached, training_folder):
    for number, name in enumerate(("fern", "lace", "wing")):
        rgba, unknown = cached[number]
        parts = (Image.open(training_folder / part / f"{name}.png") for part in ("fg", "alpha"))
        image, alpha = map(np.asarray, parts)
        np.testing.assert_array_equal(rgba[..., :3], image)
        np.testing.assert_array_equal(rgba[..., 3], alpha)
        np.testing.assert_array_equal(unknown, np.flatnonzero((alpha > 0) & (alpha < 255)))
        assert not rgba.flags.writeable


def test_nothing_is_decoded_twice(cached, training_folder, tmp_path):
    dates = {path: path.stat().st_mtime_ns for pair in cached.paths for path in pair}
    cache_foregrounds(folder_foregrounds(training_folder), tmp_path / "cache")
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").glob("[!.]*")} == dates


def test_a_changed_image_replaces_only_its_own_files(cached, training_folder, tmp_path):
    path = training_folder / "fg" / "lace.png"
    Image.fromarray(np.full((100, 115, 3), 9, np.uint8)).save(path)
    os.utime(path, (1, 1))
    again = cache_foregrounds(folder_foregrounds(training_folder), tmp_path / "cache")
    assert (again[1].rgba[..., :3] == 9).all()
    assert again.paths[0] == cached.paths[0]
    assert again.paths[1] != cached.paths[1]
    assert len(list((tmp_path / "cache").glob("[!.]*"))) == 6


def test_an_interrupted_decoding_continues(cached, training_folder, tmp_path):
    """Finished files stay, also where only half of a foreground's files had been written."""
    kept, lost = cached.paths[0][0], cached.paths[2][1]
    date = kept.stat().st_mtime_ns
    lost.unlink()
    again = cache_foregrounds(folder_foregrounds(training_folder), tmp_path / "cache")
    assert len(again[2].unknown)
    assert kept.stat().st_mtime_ns == date


def test_pickling_stores_paths_only(cached):
    expected = cached[0].rgba.copy()
    data = pickle.dumps(cached)
    assert len(data) < 2000
    np.testing.assert_array_equal(pickle.loads(data)[0].rgba, expected)


def _sum(cached: CachedForegrounds) -> int:
    return int(cached[0].rgba.sum())


def test_a_forked_process_reads_the_same(cached):
    with get_context("fork").Pool(1) as pool:
        assert pool.apply(_sum, (cached,)) == _sum(cached)


def test_the_default_place_is_the_cache_of_the_application(training_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("INDEXNET_CACHE", str(tmp_path / "elsewhere"))
    cache_foregrounds(folder_foregrounds(training_folder))
    assert len(list((tmp_path / "elsewhere" / "matting").glob("[!.]*"))) == 6


def test_many_unknown_pixels_are_subsampled_evenly():
    alpha = np.full((300, 1000), 77, np.uint8)
    unknown = unknown_pixels(alpha)
    assert 0.8 * MAX_UNKNOWN < len(unknown) <= MAX_UNKNOWN
    assert set(np.diff(unknown)) == {5}


def test_a_hard_edge_counts_as_unknown():
    mask = np.zeros((7, 7), np.uint8)
    mask[2:5, 2:5] = 255
    rows, columns = np.divmod(unknown_pixels(mask), 7)
    assert set(zip(rows.tolist(), columns.tolist())) == {
        (r, c) for r in (2, 3, 4) for c in (2, 3, 4) if (r, c) != (3, 3)
    }
    assert len(unknown_pixels(np.zeros((5, 5), np.uint8))) == 0
    assert len(unknown_pixels(np.full((5, 5), 255, np.uint8))) == 0


def test_bad_pairs_are_named(training_folder, tmp_path):
    files = folder_foregrounds(training_folder)
    Image.fromarray(np.full((100, 115), 255, np.uint8)).save(training_folder / "alpha" / "lace.png")
    with pytest.raises(UserError, match=r"alpha/lace\.png: alpha is the same everywhere"):
        cache_foregrounds(files, tmp_path / "cache")
    Image.fromarray(np.zeros((9, 8), np.uint8)).save(training_folder / "alpha" / "fern.png")
    with pytest.raises(UserError, match=r"alpha/fern\.png: is 9x8, but .*fg/fern\.png is 90x120"):
        cache_foregrounds(files, tmp_path / "cache")


def test_damaged_cache_files_are_named(cached):
    pixels, positions = cached.paths[0]
    whole = pixels.read_bytes()
    pixels.write_bytes(whole[:-100])
    with pytest.raises(UserError, match=r"rgba\.npy: damaged cache file; delete it"):
        cached[0]
    pixels.write_bytes(whole)
    np.save(positions, np.zeros((2, 2)))
    with pytest.raises(UserError, match="not a cache file of this program"):
        cached[0]
    cached.paths[1][0].unlink()
    with pytest.raises(UserError, match="was removed while in use"):
        cached[1]


def test_a_path_that_cannot_be_written(training_folder, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="cannot create this folder"):
        cache_foregrounds(folder_foregrounds(training_folder), tmp_path / "file" / "cache")
