import json
import os

import h5py
import numpy as np
import pytest
from PIL import Image

from indexnet_denoising.data import patches as module
from indexnet_denoising.data.patches import count_patches, cut_patches, open_patches, patch_file
from indexnet_engine.errors import UserError


def random_image(height, width, channels=1, seed=0):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, channels))
    return (pixels / 255).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for name, size in [("a", (50, 64)), ("b", (71, 45))]:
        pixels = np.rint(random_image(*size, seed=len(name))[..., 0] * 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def make(folder, tmp_path):
    def make(**options):
        return patch_file(folder, cache_dir=tmp_path / "cache", **options)

    return make


def read(path):
    with open_patches(path) as file:
        return file["patches"][:]


class TestCutting:
    @pytest.mark.parametrize("channels", [1, 3])
    def test_at_scale_one_patches_are_the_pixels_of_the_image(self, channels):
        image = random_image(52, 61, channels)
        patches = cut_patches(image, size=40, stride=10, scales=(1,))
        assert patches.shape == (2 * 3, 40, 40, channels)
        assert patches.dtype == np.uint8
        corners = [(0, 0), (0, 10), (0, 20), (10, 0), (10, 10), (10, 20)]
        for patch, (y, x) in zip(patches, corners):
            np.testing.assert_array_equal(patch, np.rint(255 * image[y : y + 40, x : x + 40]))

    @pytest.mark.parametrize("scale", [0.9, 0.7, 1.3])
    def test_scaling_is_pillows_antialiased_bicubic(self, scale):
        image = random_image(60, 80)
        size = round(scale * 60), round(scale * 80)
        resized = Image.fromarray(image[..., 0]).resize(size[::-1], Image.Resampling.BICUBIC)
        expected = np.clip(255 * np.asarray(resized), 0, 255)[:40, :40]
        patch = cut_patches(image, scales=(scale,))[0, ..., 0]
        assert np.abs(patch - expected).max() <= 0.51  # rounded to 8 bits

    def test_count_says_what_cutting_gives(self):
        for height, width in [(40, 40), (57, 44), (90, 131), (39, 200)]:
            assert len(cut_patches(random_image(height, width))) == count_patches(height, width)

    def test_bsd400_at_the_settings_of_the_paper(self):
        assert 400 * count_patches(180, 180) == 400 * (15**2 + 13**2 + 11**2 + 9**2) == 238_400


class TestFile:
    def test_holds_the_patches_of_every_image_and_the_recipe(self, make, folder):
        path = make(scales=(1, 0.8))
        images = [np.asarray(Image.open(folder / name), np.float32) / 255 for name in ("a.png", "b.png")]
        expected = np.concatenate([cut_patches(image[..., None], scales=(1, 0.8)) for image in images])
        np.testing.assert_array_equal(read(path), expected)
        with h5py.File(path) as file:
            recipe = json.loads(file.attrs["recipe"])
            assert list(file.attrs["images"]) == ["a", "b"]
        assert recipe == {"channels": 1, "size": 40, "stride": 10, "scales": [1.0, 0.8]}

    def test_is_used_again_when_nothing_changed(self, make, monkeypatch):
        path = make()
        monkeypatch.setattr(module, "cut_patches", None)
        before = path.stat()
        assert make() == path
        assert path.stat().st_mtime_ns == before.st_mtime_ns

    def test_is_replaced_when_an_image_changed(self, make, folder):
        path = make()
        before = read(path)
        Image.fromarray(np.zeros((50, 64), np.uint8)).save(folder / "a.png")
        os.utime(folder / "a.png", ns=(1, 1))
        assert make() == path
        assert not np.array_equal(read(path), before)

    def test_is_replaced_when_an_image_came_or_went(self, make, folder):
        both = len(read(make()))
        (folder / "b.png").rename(folder.parent / "b.png")
        one = len(read(make()))
        (folder.parent / "b.png").rename(folder / "c.png")
        assert one < both == len(read(make()))

    @pytest.mark.parametrize(
        "options",
        [{"channels": 3}, {"size": 32}, {"stride": 9}, {"scales": (1,)}],
        ids=lambda o: next(iter(o)),
    )
    def test_each_recipe_has_its_own_file(self, make, options):
        plain = make()
        other = make(**options)
        assert other != plain
        assert read(other).shape != read(plain).shape

    def test_only_the_file_itself_is_left_in_the_cache(self, make):
        path = make()
        assert set(path.parent.iterdir()) == {path, path.with_name(f".{path.name}.lock")}

    def test_leftovers_of_a_killed_run_are_removed(self, make):
        path = make()
        leftover = path.with_name(f".{path.stem}.tmp-abc.h5")
        leftover.touch()
        make()
        assert not leftover.exists()

    def test_an_interrupted_run_leaves_nothing(self, make, monkeypatch, tmp_path):
        def interrupt(*args):
            raise KeyboardInterrupt

        monkeypatch.setattr(module, "cut_patches", interrupt)
        with pytest.raises(KeyboardInterrupt):
            make()
        assert list((tmp_path / "cache").glob("[!.]*")) == []
        assert list((tmp_path / "cache").glob(".*.tmp-*")) == []

    def test_the_environment_names_the_cache(self, folder, tmp_path, monkeypatch):
        monkeypatch.setenv("INDEXNET_CACHE", str(tmp_path / "elsewhere"))
        assert patch_file(folder).parent == tmp_path / "elsewhere" / "denoising"


class TestErrors:
    @pytest.mark.parametrize("keep", [0, 100, -1000])
    def test_a_damaged_file_is_named(self, make, keep):
        path = make()
        path.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(UserError, match=rf"{path.name}: damaged patch file; delete it"):
            make()

    def test_another_hdf5_file_is_refused(self, tmp_path):
        with h5py.File(tmp_path / "other.h5", "w") as file:
            file["patches"] = np.zeros((2, 40, 40, 1))
        with pytest.raises(UserError, match=r"other\.h5: not a patch file"):
            open_patches(tmp_path / "other.h5")

    def test_an_image_smaller_than_a_patch_is_named(self, make, folder):
        Image.fromarray(np.zeros((39, 80), np.uint8)).save(folder / "small.png")
        with pytest.raises(UserError, match=r"small\.png: 39x80 is smaller than a patch of 40x40"):
            make()

    def test_a_truncated_image_is_named(self, make, folder):
        (folder / "b.png").write_bytes((folder / "b.png").read_bytes()[:300])
        with pytest.raises(UserError, match=r"b\.png"):
            make()

    @pytest.mark.parametrize("options", [{"size": 0}, {"stride": 0}, {"scales": ()}, {"scales": (0.0,)}])
    def test_a_recipe_that_makes_no_sense_is_refused(self, make, options):
        with pytest.raises(UserError, match="patches need"):
            make(**options)

    def test_scales_at_which_nothing_is_left_are_refused(self, make):
        with pytest.raises(UserError, match=r"no patches of 40x40 at scales \[0\.1\]"):
            make(scales=(0.1,))

    def test_a_cache_that_cannot_be_written_is_named(self, folder, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(UserError, match="cannot create this folder"):
            patch_file(folder, cache_dir=tmp_path / "file")
