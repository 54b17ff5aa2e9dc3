import os

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_segmentation.data.folder import open_folder
from indexnet_segmentation.data.statistics import absent_classes, label_statistics
from indexnet_segmentation.data.synthetic import SyntheticScenes


def test_every_pixel_is_counted(labelled_folder, tmp_path):
    images = open_folder(labelled_folder, "train")
    statistics = label_statistics(images, tmp_path / "cache")
    for index in range(3):
        label = images.read(index)[1]
        assert statistics.pixels[index].tolist() == [(label == number).sum() for number in range(3)]
        assert statistics.void[index] == (label == 255).sum()
    assert statistics.absent() == []
    assert absent_classes(images, statistics.pixels.sum(0)) is None


def test_counts_are_kept_until_a_file_changes(labelled_folder, tmp_path, monkeypatch):
    cache, path = tmp_path / "cache", labelled_folder / "label/b.png"
    first = label_statistics(open_folder(labelled_folder, "train"), cache)
    images = open_folder(labelled_folder, "train")
    monkeypatch.setattr(images, "read", None)  # it would fail if it were read again
    np.testing.assert_array_equal(label_statistics(images, cache).pixels, first.pixels)

    Image.fromarray(np.ones((41, 49), np.uint8)).save(path)
    os.utime(path, ns=(0, 0))
    second = label_statistics(open_folder(labelled_folder, "train"), cache)
    assert second.pixels[1].tolist() == [0, 41 * 49, 0]
    assert len(list(cache.glob("labels-*.npy"))) == 1


def test_another_numbering_is_counted_again(labelled_folder, tmp_path):
    label_statistics(open_folder(labelled_folder, "train"), tmp_path / "cache")
    (labelled_folder / "classes.yaml").write_text("classes: [a, b]\nvoid: [2, 255]\n")
    statistics = label_statistics(open_folder(labelled_folder, "train"), tmp_path / "cache")
    assert statistics.pixels.shape == (3, 2)


@pytest.mark.parametrize("fault", ["number", "size", "damaged label", "damaged image"])
def test_the_first_bad_file_is_named_and_nothing_kept(labelled_folder, tmp_path, fault):
    path = labelled_folder / ("image/b.png" if fault == "damaged image" else "label/b.png")
    if fault.startswith("damaged"):
        path.write_bytes(path.read_bytes()[:80])
    else:
        Image.fromarray(np.full((41, 49) if fault == "number" else (5, 5), 3, np.uint8)).save(path)
    with pytest.raises(UserError, match=rf"^{path}: "):
        label_statistics(open_folder(labelled_folder, "train"), tmp_path / "cache")
    assert list((tmp_path / "cache").glob("labels-*")) == []


def test_too_few_classes(labelled_folder, tmp_path):
    def fill(name, number, size):
        Image.fromarray(np.full(size, number, np.uint8)).save(labelled_folder / f"label/{name}.png")

    for index, name in enumerate("abc"):
        fill(name, 255, (40 + index, 50 - index))
    with pytest.raises(
        UserError, match=r"fields: no class occurs: .* measure; classes are 0 to 2, void is 255"
    ):
        label_statistics(open_folder(labelled_folder, "train"), tmp_path / "cache")
    fill("a", 1, (40, 50))
    assert label_statistics(open_folder(labelled_folder, "train"), tmp_path / "cache").absent() == [0, 2]
    with pytest.raises(UserError, match="only the class 'pond' occurs: there is nothing to learn"):
        label_statistics(open_folder(labelled_folder, "train"), tmp_path / "cache", least=2)


def test_classes_that_never_occur(labelled_folder, tmp_path):
    (labelled_folder / "classes.yaml").write_text("classes: [a, b, c, d, e]\n")
    images = open_folder(labelled_folder, "train")
    statistics = label_statistics(images, tmp_path / "cache")
    assert statistics.absent() == [3, 4]
    assert absent_classes(images, statistics.pixels.sum(0)) == "classes that never occur: d, e"


def test_damaged_cache(labelled_folder, tmp_path):
    images, cache = open_folder(labelled_folder, "train"), tmp_path / "cache"
    label_statistics(images, cache)
    (path,) = cache.glob("labels-*.npy")
    np.save(path, np.zeros((2, 2)))
    with pytest.raises(UserError, match=r"\.npy: not a cache file"):
        label_statistics(images, cache)
    path.write_bytes(b"x")
    with pytest.raises(UserError, match=r"\.npy: damaged cache file"):
        label_statistics(images, cache)


def test_builtin_scenes_need_no_cache(tmp_path):
    statistics = label_statistics(SyntheticScenes("test"), tmp_path / "cache")
    assert statistics.pixels.sum() == 8 * 256 * 256
    assert not (tmp_path / "cache").exists()
