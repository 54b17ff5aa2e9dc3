from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_matting.data.trimap import (
    odd_unknowns,
    random_trimap,
    read_trimap,
    require_unknown,
    trimap_from_alpha,
)

VALUES = np.uint8([[0, 1, 127], [128, 254, 255]])
READ = [[0, 128, 128], [128, 128, 255]]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def save(path: Path, pixels: np.ndarray, mode: str | None = None) -> Path:
    image = Image.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(path)
    return path


@pytest.mark.parametrize("mode", [None, "RGB", "RGBA", "P"])
def test_values_between_are_unknown(tmp_path: Path, mode: str | None) -> None:
    trimap = read_trimap(save(tmp_path / "a.png", VALUES, mode))
    assert trimap.dtype == np.uint8
    assert trimap.tolist() == READ


def test_sixteen_bits(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", np.uint16([[0, 1, 32896], [33000, 65534, 65535]]))
    assert read_trimap(file).tolist() == READ
    assert odd_unknowns(file) == 2  # 1 and 65534; 33000 is 128 to 8 bits


def test_one_bit(tmp_path: Path) -> None:
    file = save(tmp_path / "a.png", np.uint8([[0, 255]]), "1")
    assert read_trimap(file).tolist() == [[0, 255]]


def test_files_that_are_no_trimap(tmp_path: Path) -> None:
    colours = np.stack([VALUES, VALUES, VALUES // 2], -1)
    with pytest.raises(UserError, match=r"a\.png: its channels differ"):
        read_trimap(save(tmp_path / "a.png", colours))
    with pytest.raises(UserError, match=r"b\.png: has transparency"):
        read_trimap(save(tmp_path / "b.png", np.stack([VALUES] * 4, -1)))
    with pytest.raises(UserError, match=r"c\.png: no such file"):
        read_trimap(tmp_path / "c.png")


def test_odd_unknowns_are_counted(tmp_path: Path) -> None:
    assert odd_unknowns(VALUES) == odd_unknowns(save(tmp_path / "a.png", VALUES)) == 3
    assert odd_unknowns(np.uint8([[0, 128, 255]])) == 0


def test_odd_unknowns_are_noted_once_per_file(tmp_path: Path, capsys) -> None:
    several, one = save(tmp_path / "a.png", VALUES), save(tmp_path / "b.png", np.uint8([[127, 128, 0]]))
    fine = save(tmp_path / "c.png", np.uint8([[0, 128, 255]]))
    for file in (several, one, several, fine):
        read_trimap(file, tell=True)
    assert capsys.readouterr().err.splitlines() == [
        f"note: {several}: 3 unknown pixels are not 128 (but 1 to 254); taken as unknown",
        f"note: {one}: 1 unknown pixel is not 128 (but 127); taken as unknown",
    ]


def test_a_trimap_needs_unknown_pixels() -> None:
    require_unknown(np.uint8([[0, 1, 255]]), "a.png")
    with pytest.raises(UserError, match=r"^a\.png: no unknown pixels"):
        require_unknown(np.uint8([[0, 255]]), "a.png")


def distance_to(region: np.ndarray) -> np.ndarray:
    """Euclidean distance of each pixel to the nearest one of a region, by trying all."""
    rows, columns = np.nonzero(region)
    if not len(rows):
        return np.full(region.shape, np.inf)
    here = np.indices(region.shape)
    return np.sqrt((here[0][..., None] - rows) ** 2 + (here[1][..., None] - columns) ** 2).min(-1)


def random_alpha(rng: np.random.Generator, binary: bool) -> np.ndarray:
    """Blobs of hard and soft edges."""
    rows, columns = np.mgrid[:37, :52]
    distance = np.minimum.reduce(
        [np.hypot(rows - row, columns - column) for row, column in rng.uniform(0, 50, (3, 2))]
    )
    alpha = ((14 - distance) / rng.choice([0.3, 1, 4]) + 0.5).clip(0, 1)
    return np.rint(alpha) if binary else np.rint(255 * alpha) / 255


@pytest.mark.parametrize("binary", [False, True])
def test_radii_are_euclidean_distances(rng, binary: bool) -> None:
    for erode, dilate in [(0, 0), (1, 1), (0, 3), (5, 0), (7, 19), (19, 19), (40, 13), (100, 100)]:
        alpha = random_alpha(rng, binary)
        trimap = trimap_from_alpha(alpha, erode, dilate)
        expected = np.full(alpha.shape, 128)
        expected[distance_to(alpha < 1) > erode] = 255
        expected[distance_to(alpha > 0) > dilate] = 0
        np.testing.assert_array_equal(trimap, expected)


def test_equal_radii_dilate_the_unknown_region_by_a_disc(rng) -> None:
    """The rule of the released training, where opaque and transparent pixels never touch."""
    rows, columns = np.mgrid[:60, :60]
    alpha = ((20 - np.hypot(rows - 33, columns - 28)) / 5).clip(0, 1)
    for radius in (1, 2, 6, 15):
        near = distance_to((alpha > 0) & (alpha < 1)) <= radius
        np.testing.assert_array_equal(
            trimap_from_alpha(alpha, radius, radius), np.where(near, 128, 255 * (alpha == 1))
        )


def test_any_type_of_matte(rng) -> None:
    levels = np.rint(255 * random_alpha(rng, binary=False)).astype(np.uint8)
    expected = trimap_from_alpha(levels / 255, 4, 6)
    for alpha in (levels, levels / np.float32(255), np.asfortranarray(levels)):
        np.testing.assert_array_equal(trimap_from_alpha(alpha, 4, 6), expected)
    mask = levels > 127
    expected = trimap_from_alpha(mask.astype(float), 4, 6)
    np.testing.assert_array_equal(trimap_from_alpha(mask, 4, 6), expected)
    np.testing.assert_array_equal(trimap_from_alpha(255 * mask.astype(np.uint8), 4, 6), expected)


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_only_foreground_or_only_background(value: float) -> None:
    assert (trimap_from_alpha(np.full((5, 6), value), 3, 3) == 255 * value).all()


def test_negative_radii_are_refused() -> None:
    with pytest.raises(UserError, match="erode must not be negative, got -1"):
        trimap_from_alpha(np.ones((2, 2)), -1, 3)
    with pytest.raises(UserError, match="dilate must not be negative, got -2"):
        trimap_from_alpha(np.ones((2, 2)), 1, -2)


def test_random_radii_are_1_to_19(rng) -> None:
    edge = np.zeros((1, 60), bool)
    edge[:, 30:] = True
    widths = [int((random_trimap(edge, rng) == 128).sum()) for _ in range(400)]
    assert set(widths) == {2 * radius for radius in range(1, 20)}


def test_random_trimaps_depend_only_on_the_generator(rng) -> None:
    alpha = random_alpha(rng, binary=False)
    first, second = (random_trimap(alpha, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
