import numpy as np
from PIL import Image

from indexnet_segmentation.data.classes import CAMVID11, IGNORE
from indexnet_segmentation.data.label_files import LabelValues
from indexnet_segmentation.data.labelled_images import FileImages, ImageAndLabel


def test_files_are_read_by_the_numbering_given(tmp_path):
    Image.fromarray(np.full((4, 6), 51, np.uint8)).save(tmp_path / "gray.png")
    Image.fromarray(np.uint8([[1, 2, 3, 4, 5, 0]] * 4)).save(tmp_path / "label.png")
    pair = ImageAndLabel("one", tmp_path / "gray.png", tmp_path / "label.png")
    images = FileImages(tmp_path, [pair], CAMVID11, LabelValues(1, (0,)))
    image, label = images.read(0)
    assert image.shape == (4, 6, 3)
    np.testing.assert_allclose(image, 0.2, atol=1e-6)
    assert label[0].tolist() == [0, 1, 2, 3, 4, IGNORE]
    assert (len(images), images.names, images.source) == (1, ["one"], str(tmp_path))
    assert images.files(0) == pair[1:]
    assert images.numbering() == LabelValues(1, (0,))


def test_exif_orientation_is_applied_before_sizes_are_compared(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    Image.fromarray(np.zeros((6, 4), np.uint8)).save(tmp_path / "a.png")
    pair = ImageAndLabel("a", tmp_path / "a.jpg", tmp_path / "a.png")
    image, label = FileImages("x", [pair], CAMVID11, LabelValues()).read(0)
    assert image.shape[:2] == label.shape == (6, 4)
