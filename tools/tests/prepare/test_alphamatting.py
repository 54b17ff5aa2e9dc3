import numpy as np
import pytest

import tools.prepare.alphamatting as tool
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_matting.data.crop import composite
from indexnet_matting.data.files import read_alpha
from indexnet_matting.data.folder import folder_foregrounds
from indexnet_matting.data.open_data import load_test_set

RED, BLUE = np.float32([0.9, 0.2, 0.1]), np.float32([0.1, 0.3, 0.8])


@pytest.fixture
def download(tmp_path):
    """Nine images, a red disc with a wide soft edge over blue; mattes with three channels."""
    rows, columns = np.mgrid[:40, :50]
    alpha = ((15 - np.hypot(rows - 20, columns - 25)) / 12 + 0.5).clip(0, 1).astype(np.float32)
    image = composite(np.ones((40, 50, 3), np.float32) * RED, alpha, np.ones((40, 50, 3), np.float32) * BLUE)
    trimap = np.where((alpha > 0) & (alpha < 1), 0.5, alpha)
    for name in (*tool.HELD_OUT, "GT01", "GT02"):
        for part, values in (("image", image), ("alpha", np.dstack([alpha] * 3)), ("trimap", trimap)):
            write_image(tmp_path / "download" / tool.FOLDERS[part] / f"{name}.png", values)
    return tmp_path / "download"


def test_both_folders_are_what_the_application_reads(download, tmp_path):
    tool.prepare(download, tmp_path / "out")
    foregrounds = folder_foregrounds(tmp_path / "out" / "train")
    assert [file.name for file in foregrounds] == ["GT01", "GT02"]
    images = load_test_set(tmp_path / "out" / "test")
    assert sorted(images) == sorted(tool.HELD_OUT)
    for image in images.values():
        np.testing.assert_array_equal(image.image, read_image(download / tool.FOLDERS["image"] / "GT04.png"))
        assert set(np.unique(image.trimap)) == {0, 128, 255}


def test_the_background_is_taken_out_of_the_colours(download, tmp_path):
    tool.prepare(download, tmp_path / "out")
    image = read_image(download / tool.FOLDERS["image"] / "GT01.png")
    foreground = read_image(tmp_path / "out/train/fg/GT01.png")
    alpha = read_alpha(tmp_path / "out/train/alpha/GT01.png")
    assert read_image(tmp_path / "out/train/alpha/GT01.png").shape[2] == 1
    mixed = (alpha > 0.2) & (alpha < 0.8)
    assert np.abs(foreground[mixed] - RED).max() < 0.05
    assert np.abs(image[mixed] - RED).mean() > 0.2
    np.testing.assert_array_equal(foreground[alpha == 1], image[alpha == 1])


def test_existing_files_are_not_written_again(download, tmp_path):
    tool.prepare(download, tmp_path / "out")
    path = tmp_path / "out/train/fg/GT02.png"
    write_image(path, np.zeros((40, 50, 3)))
    tool.prepare(download, tmp_path / "out")
    assert read_image(path).max() == 0


def test_missing_files_are_named(download, tmp_path):
    (download / tool.FOLDERS["alpha"] / "GT02.png").unlink()
    with pytest.raises(UserError, match="gt_training_lowres: no alpha for GT02"):
        tool.prepare(download, tmp_path / "out")
    with pytest.raises(UserError, match="no such file or folder"):
        tool.prepare(tmp_path / "nowhere", tmp_path / "out")


@pytest.mark.data
def test_the_real_images_are_composed_again_by_their_foregrounds(shared):
    """Over the true background's colours a foreground restores the photograph where alpha is high."""
    download = shared("data/matting/alphamatting_train_lowres")
    image = read_image(download / tool.FOLDERS["image"] / "GT14.png", 3)
    alpha = read_alpha(download / tool.FOLDERS["alpha"] / "GT14.png")
    foreground = tool.estimate_foreground(image, alpha)
    high = (alpha > 0.9) & (alpha < 1)
    assert high.any()
    assert np.abs(foreground - image)[high].mean() < 0.05
