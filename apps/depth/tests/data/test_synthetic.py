import numpy as np
import pytest

from indexnet_depth.data import synthetic as builtin
from indexnet_depth.data.raycast import to_box
from indexnet_depth.data.synthetic import COUNTS, FOCAL, Room, SyntheticFrames, render
from indexnet_engine.images.sample_photos import PHOTOGRAPHS


def room(name):
    import hashlib

    seed = int.from_bytes(hashlib.sha256(name.encode()).digest())
    return Room(name.split("-")[0], np.random.default_rng(seed))


def test_frames_are_photographs_with_depth_everywhere():
    for split in ("train", "val"):
        frames = SyntheticFrames(split)
        assert len(frames.names) == COUNTS[split]
        image, depth = frames.read(3)
        assert image.shape == (250, 334, 3)
        assert depth.shape == (250, 334)
        assert (image.dtype, depth.dtype) == (np.float32, np.float32)
        assert 0 <= image.min() < 0.1
        assert 0.5 < image.max() <= 1
        assert 0.3 < depth.min() < depth.max() < 12
        assert len(np.unique(depth)) > 10_000


def test_a_frame_is_a_function_of_its_name():
    first = SyntheticFrames("train").read(5)
    builtin._frame.cache_clear()
    second = SyntheticFrames("train").read(5)
    np.testing.assert_array_equal(first.image, second.image)
    np.testing.assert_array_equal(first.depth, second.depth)
    assert (first.depth != SyntheticFrames("val").read(5).depth).mean() > 0.9


def test_changing_a_frame_does_not_change_the_cache():
    frame = SyntheticFrames("train").read(5)
    frame.image[:] = 0
    with pytest.raises(ValueError, match="read-only"):
        frame.depth[:] = 0
    assert SyntheticFrames("train").read(5).image.max() > 0.5


def test_photographs_of_the_splits_differ():
    pixels = sum((256 >> level) ** 2 for level in range(5))
    assert builtin._textures("train").shape == (len(PHOTOGRAPHS["train"]) * pixels, 3)
    assert builtin._textures("val").shape == (len(PHOTOGRAPHS["test"]) * pixels, 3)
    assert not set(PHOTOGRAPHS["train"]) & set(PHOTOGRAPHS["test"])


def test_textures_are_looked_up_at_the_matching_size():
    """The second photograph, 40 % across and 10 % down, from near and from far."""
    sizes = [(256 >> level) ** 2 for level in range(5)]
    texture, u, v = np.array([1]), np.array([0.4]), np.array([0.1])
    near = builtin._places(texture, u, v, np.array([1e-3]))
    assert near == sum(sizes) + 25 * 256 + 102
    far = builtin._places(texture, u, v, np.array([4 / 256]))
    assert far == sum(sizes) + sum(sizes[:2]) + 6 * 64 + 25
    # Mirrored beyond the border.
    assert builtin._places(texture, -u, v, np.array([1e-3])) == near
    assert builtin._places(texture, 2 - u, v + 2, np.array([1e-3])) == near


@pytest.mark.parametrize("split", ["train", "val"])
def test_no_camera_is_inside_something(split):
    for number in range(COUNTS[split]):
        scene = room(f"{split}-{number:03}")
        position = np.array(scene.camera.position)
        assert (np.abs(position - scene.room.centre) < scene.room.half).all()
        for box in scene.boxes:
            inside = np.abs(to_box(position - box.centre, box.yaw)) < np.array(box.half) + 0.1
            assert not inside.all()


def test_the_depth_is_that_of_the_geometry():
    """Every pixel, projected into the room by its depth, lies on a wall or on a face of a box."""
    scene = room("val-001")
    depth = SyntheticFrames("val").read(1).depth.astype(np.float64)
    height, width = depth.shape
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    points = scene.camera.position + scene.camera.rays(x, y, height, width) * depth[..., None]
    gaps = []
    for number, box in enumerate((scene.room, *scene.boxes)):
        beyond = np.abs(to_box(points - box.centre, box.yaw)) - np.array(box.half)
        gaps.append(np.abs(beyond.max(-1)))
        if number:
            assert beyond.max(-1).min() > -1e-5
    assert np.min(gaps, 0).max() < 1e-5


def test_other_sizes_show_the_same_room():
    scene = room("train-000")
    large, small = render(scene), render(scene, 125, 167, FOCAL / 2)
    assert small.depth.shape == (125, 167)
    # Centres of 2×2 pixels of the large picture are those of pixels of the small one.
    corners = [large.depth[a::2, b::2] for a in (0, 1) for b in (0, 1)]
    low, high = np.min(corners, 0) - 1e-4, np.max(corners, 0) + 1e-4
    assert ((small.depth >= low) & (small.depth <= high)).mean() > 0.99
