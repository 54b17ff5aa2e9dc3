import numpy as np
import pytest
from PIL import Image

from indexnet_denoising.data.open_data import image_files, load_images
from indexnet_engine.errors import UserError
from indexnet_engine.images.sample_photos import photograph_files


@pytest.fixture
def folder(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "b.png")
    Image.fromarray(pixels[..., 0]).save(tmp_path / "a.tif")
    (tmp_path / "notes.txt").write_text("no image")
    return tmp_path


def test_a_folder_holds_images_of_any_format_by_stem(folder):
    images = load_images(folder)
    assert list(images) == ["a", "b"]
    assert {image.shape for image in images.values()} == {(20, 30, 1)}
    assert {image.dtype for image in images.values()} == {np.dtype(np.float32)}


def test_colour_where_asked(folder):
    images = load_images(folder, channels=3)
    expected = np.asarray(Image.open(folder / "b.png"), dtype=np.float32) / 255
    np.testing.assert_allclose(images["b"], expected, atol=1e-6)
    assert (images["a"][..., 0] == images["a"][..., 2]).all()


def test_one_file_is_a_data_set_of_one(folder):
    assert image_files(folder / "b.png") == {"b": folder / "b.png"}


def test_builtin_is_a_data_set_with_two_splits():
    assert image_files("builtin", "test") == photograph_files("test")
    assert image_files("builtin", "train") == photograph_files("train")


def test_two_files_of_one_name_are_refused(folder):
    Image.open(folder / "b.png").save(folder / "b.jpg")
    with pytest.raises(UserError, match=r"b\.png and b\.jpg would share the name 'b'"):
        image_files(folder)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(UserError, match="nowhere"):
        load_images(tmp_path / "nowhere")
