from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image
from indexnet_matting.commands.trimap import TrimapConfig, trimap
from indexnet_matting.data.trimap import trimap_from_alpha


@pytest.fixture
def masks(tmp_path: Path) -> Path:
    """A soft matte in three channels, and a 1-bit mask."""
    rows, columns = np.mgrid[:40, :50]
    alpha = ((12 - np.hypot(rows - 20, columns - 25)) / 6 + 0.5).clip(0, 1)
    write_image(tmp_path / "masks" / "soft.png", np.repeat(alpha[..., None], 3, 2))
    Image.fromarray(alpha > 0.5).save(tmp_path / "masks" / "hard.bmp")
    return tmp_path / "masks"


def read(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.mode == "L"
        return np.asarray(image)


def test_folder(masks: Path, tmp_path: Path, capsys) -> None:
    out = tmp_path / "deep" / "trimaps"
    trimap(TrimapConfig(masks, out, erode=3, dilate=5))
    assert sorted(file.name for file in out.iterdir()) == ["hard.png", "soft.png"]
    with Image.open(masks / "hard.bmp") as image:
        np.testing.assert_array_equal(read(out / "hard.png"), trimap_from_alpha(np.asarray(image), 3, 5))
    soft = read(masks.parent / "deep/trimaps/soft.png")
    with Image.open(masks / "soft.png") as image:
        np.testing.assert_array_equal(soft, trimap_from_alpha(np.asarray(image)[..., 0], 3, 5))
    assert set(np.unique(soft)) == {0, 128, 255}
    assert f"wrote 2 trimaps to {out}" in capsys.readouterr().err


def test_file(masks: Path, tmp_path: Path, capsys) -> None:
    trimap(TrimapConfig(masks / "soft.png", tmp_path / "out"))
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["soft.png"]
    assert "wrote 1 trimap to" in capsys.readouterr().err


def test_a_mask_without_radius_has_no_unknown_pixels(masks: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"hard\.bmp: .* no unknown pixels; raise --erode"):
        trimap(TrimapConfig(masks, tmp_path / "out", erode=0, dilate=0))
    assert not (tmp_path / "out").exists()
    trimap(TrimapConfig(masks / "soft.png", tmp_path / "out", erode=0, dilate=0))  # a soft matte has


@pytest.mark.parametrize(("value", "word"), [(0, "transparent"), (255, "opaque")])
def test_only_foreground_or_only_background(tmp_path: Path, value: int, word: str) -> None:
    write_image(tmp_path / "a.png", np.full((4, 5), value, np.uint8))
    with pytest.raises(UserError, match=rf"a\.png: {word} everywhere"):
        trimap(TrimapConfig(tmp_path / "a.png", tmp_path / "out"))


def test_bad_files_are_reported_before_anything_is_written(masks: Path, tmp_path: Path) -> None:
    whole = (masks / "soft.png").read_bytes()
    (masks / "zebra.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match=r"zebra\.png: damaged image"):
        trimap(TrimapConfig(masks, tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_inputs_are_not_overwritten(masks: Path) -> None:
    before = (masks / "soft.png").read_bytes()
    with pytest.raises(UserError, match=r"soft\.png is an input and would be overwritten"):
        trimap(TrimapConfig(masks, masks))
    assert (masks / "soft.png").read_bytes() == before


@pytest.mark.parametrize("field", ["erode", "dilate"])
def test_negative_radii(masks: Path, tmp_path: Path, field: str) -> None:
    with pytest.raises(UserError, match=f"{field} must not be negative, got -1"):
        trimap(TrimapConfig(masks, tmp_path / "out", **{field: -1}))
