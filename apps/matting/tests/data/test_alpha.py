import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_matting.data.alpha import read_alpha

VALUES = np.uint8([[0, 7, 128], [255, 254, 1]])


@pytest.mark.parametrize("copies", [1, 3])
def test_one_of_equal_channels_is_taken(tmp_path, copies):
    stored = VALUES if copies == 1 else np.repeat(VALUES[..., None], 3, 2)
    Image.fromarray(stored).save(tmp_path / "a.png")
    alpha = read_alpha(tmp_path / "a.png")
    assert alpha.dtype == np.float32
    np.testing.assert_array_equal(np.rint(alpha * 255), VALUES)


def test_an_opaque_fourth_channel_does_no_harm(tmp_path):
    Image.fromarray(np.dstack([VALUES] * 3 + [np.full_like(VALUES, 255)])).save(tmp_path / "a.png")
    np.testing.assert_array_equal(np.rint(read_alpha(tmp_path / "a.png") * 255), VALUES)


def test_sixteen_bits_are_kept(tmp_path):
    Image.fromarray(np.uint16([[0, 1, 65535]])).save(tmp_path / "a.png")
    np.testing.assert_allclose(read_alpha(tmp_path / "a.png"), [[0, 1 / 65535, 1]], rtol=1e-6)


def test_colours_and_transparency_are_refused(tmp_path):
    colour = np.repeat(VALUES[..., None], 3, 2)
    colour[0, 0, 1] = 9
    Image.fromarray(colour).save(tmp_path / "colour.png")
    Image.fromarray(np.dstack([VALUES] * 4)).save(tmp_path / "glass.png")
    with pytest.raises(UserError, match=r"colour\.png: its channels differ"):
        read_alpha(tmp_path / "colour.png")
    with pytest.raises(UserError, match=r"glass\.png: has transparency"):
        read_alpha(tmp_path / "glass.png")
