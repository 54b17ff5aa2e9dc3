import numpy as np
import pytest
from PIL import Image

from indexnet_depth.data.crop import CROP, HEIGHT, SIZE, cut_view, evaluation_view, view_matrix, view_to_frame
from indexnet_depth.data.frame import Frame


def ramps(height, width):
    """A frame whose colours say where each pixel was: columns in red, rows in green, both from 0 to 1."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    image = np.stack([columns / (width - 1), rows / (height - 1), 0 * rows], -1)
    return Frame(image, 1 + rows + 1000 * columns)


def fastdepth_steps(plane, scale, angle, flip):
    """FastDepth's transform of one plane of floats, step after step, with Pillow."""
    picture = Image.fromarray(plane)
    width, height = (round(HEIGHT / plane.shape[0] * length) for length in picture.size)
    picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    picture = picture.rotate(angle, Image.Resampling.BILINEAR, fillcolor=np.nan)
    picture = picture.resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR)
    left, top = (picture.width - CROP[1]) // 2, (picture.height - CROP[0]) // 2
    picture = picture.crop((left, top, left + CROP[1], top + CROP[0]))
    if flip:
        picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BILINEAR))


@pytest.mark.parametrize(
    ("scale", "angle", "flip"),
    [(1.0, 0.0, False), (1.0, 0.0, True), (1.5, 0.0, False), (1.2, 5.0, False), (1.2, -5.0, True)],
)
def test_the_view_is_that_of_fastdepths_steps(scale, angle, flip):
    frame = ramps(480, 640)
    view = cut_view(frame, scale=scale, angle=angle, flip=flip)
    for channel, length in ((0, 640), (1, 480)):
        expected = fastdepth_steps(np.ascontiguousarray(frame.image[..., channel]), scale, angle, flip)
        inside = np.isfinite(expected)
        assert inside.mean() > 0.99
        # Each step rounds: to whole pixels of 250×333, and once more when it crops.
        error = (length - 1) * np.abs(view.image[..., channel] - expected)[inside]
        assert error.max() < 3.0
        assert error.mean() < 1.5


def test_depth_and_image_show_the_same_place():
    frame = ramps(480, 640)
    view = cut_view(frame, scale=1.3, angle=4, flip=True)
    metres = np.rint(view.depth * np.float32(1.3)) - 1
    columns, rows = metres // 1000, metres % 1000
    assert np.abs(columns - 639 * view.image[..., 0]).max() < 1.5
    assert np.abs(rows - 479 * view.image[..., 1]).max() < 1.5


def test_depth_is_divided_by_the_scale_and_never_mixed():
    depth = np.where(np.arange(640) < 320, 2, 6).astype(np.float32) * np.ones((480, 1), np.float32)
    depth[:50, :50] = 0
    view = cut_view(Frame(np.zeros((480, 640, 3), np.float32), depth), scale=1.25, angle=3)
    assert set(np.unique(view.depth).tolist()) == {np.float32(1.6), np.float32(4.8)}


def test_beyond_the_border_depth_is_invalid_and_the_image_is_reflected():
    frame = Frame(np.full((480, 640, 3), 0.5, np.float32), np.ones((480, 640), np.float32))
    view = cut_view(frame, angle=5)
    assert 0 < (view.depth == 0).mean() < 0.01
    assert view.depth[112, 112] == 1
    np.testing.assert_allclose(view.image, 0.5, atol=1e-6)


def test_fine_detail_is_averaged():
    rows, columns = np.mgrid[:480, :640]
    image = np.repeat(((rows + columns) % 2)[..., None], 3, 2).astype(np.float32)
    view = cut_view(Frame(image, np.ones((480, 640), np.float32)))
    assert np.abs(view.image - 0.5).max() < 0.3
    assert np.abs(view.image - 0.5).mean() < 0.1


@pytest.mark.parametrize(("height", "width"), [(480, 640), (250, 334), (300, 900), (640, 480), (37, 51)])
@pytest.mark.parametrize("size", [32, 224])
def test_every_size_gives_a_full_view(height, width, size):
    view = evaluation_view(
        Frame(np.ones((height, width, 3), np.float32), np.ones((height, width), np.float32)), size
    )
    assert view.image.shape == (size, size, 3)
    assert view.depth.shape == (size, size)
    assert view.depth.min() == 1
    assert (view.image.dtype, view.depth.dtype) == (np.float32, np.float32)
    np.testing.assert_allclose(view.image, 1, atol=1e-6)


def test_the_matrix_maps_the_frame_to_its_view():
    matrix = view_matrix(480, 640)
    # 250/480 × 224/304 across, 250/480 × 224/228 down.
    assert matrix[0, 0] == pytest.approx(250 / 480 * 224 / 304)
    assert matrix[1, 1] == pytest.approx(250 / 480 * 224 / 228)
    back = view_to_frame(480, 640)
    point = matrix @ [100, 200, 1]
    np.testing.assert_allclose(back @ [*point, 1], [100, 200], atol=1e-9)
    # A view of a frame that is resized already: the crop begins (250 - 228) / 2 rows down.
    top = view_to_frame(250, 333) @ [0, -0.5, 1]
    assert top[1] == pytest.approx(11 - 0.5, abs=0.2)
