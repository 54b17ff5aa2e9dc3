import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from indexnet_denoising.data.noise import evaluation_noise, noisy_image
from indexnet_denoising.metrics import measure
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.reports.metric_tables import mean_of


@pytest.fixture
def results(photos: Path, tmp_path: Path) -> Path:
    """Noisy photographs, in another format."""
    for file in photos.iterdir():
        image = read_image(file)
        write_image(
            tmp_path / "results" / f"{file.stem}.tif", image + evaluation_noise(image.shape, 25, file.stem)
        )
    return tmp_path / "results"


def test_folders(command, photos: Path, results: Path, tmp_path: Path) -> None:
    files = ("--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv")
    answer = command("score", "--pred", results, "--clean", photos, *files)
    assert answer.status == 0
    expected = {
        name: measure(read_image(photos / f"{name}.png"), read_image(results / f"{name}.tif"))
        for name in ("barn", "cliff", "dune")
    }
    assert json.loads((tmp_path / "a.json").read_text()) == {
        "score": {"mean": mean_of(expected.values()), "images": expected}
    }
    with (tmp_path / "a.csv").open() as file:
        assert [float(row["psnr"]) for row in csv.DictReader(file)] == [
            row["psnr"] for row in expected.values()
        ]
    assert [line.split()[:2] for line in answer.out.splitlines()[1:-1]] == [
        [name, f"{row['psnr']:.2f}"] for name, row in expected.items()
    ]
    assert 19 < mean_of(expected.values())["psnr"] < 21.5


def test_the_noisy_images_add_the_share_of_spots(command, results: Path, tmp_path: Path) -> None:
    """Against flat images, all blocks of noisy images are spots, and no block of the flat ones."""
    flat = tmp_path / "flat"
    for file in results.iterdir():
        image = np.full(read_image(file).shape, 0.5, np.float32)
        write_image(flat / f"{file.stem}.png", image)
        write_image(file, noisy_image(image, 25, file.stem))
    for pred, share in ((results, 1), (flat, 0)):
        answer = command(
            "score", "--pred", pred, "--clean", flat, "--noisy", results, "--json", tmp_path / "a.json"
        )
        assert answer.status == 0
        scores = json.loads((tmp_path / "a.json").read_text())["score"]
        assert [row["spots"] for row in (scores["mean"], *scores["images"].values())] == [share] * 4
        assert "spots" in answer.out.splitlines()[0].split()
    (results / "dune.tif").unlink()
    answer = command("score", "--pred", flat, "--clean", flat, "--noisy", results)
    assert answer.status == 2
    assert "no noisy image for dune" in answer.err


def test_two_files_need_not_share_a_name(command, photos: Path, tmp_path: Path) -> None:
    shutil.copy(photos / "barn.png", tmp_path / "mine.png")
    answer = command(
        "score", "--pred", tmp_path / "mine.png", "--clean", photos / "barn.png", "--json", tmp_path / "j"
    )
    assert answer.status == 0
    assert answer.out.splitlines()[1].split()[:4] == ["mine", "inf", "1.0000", "1.0000"]
    assert json.loads((tmp_path / "j").read_text())["score"]["mean"]["psnr"] is None


def test_missing_partners_are_named(command, photos: Path, results: Path) -> None:
    (results / "barn.tif").rename(results / "bern.tif")
    answer = command("score", "--pred", results, "--clean", photos)
    assert (answer.status, answer.out) == (2, "")
    assert "no clean image for bern" in answer.err
    (results / "bern.tif").unlink()
    answer = command("score", "--pred", results, "--clean", photos)
    assert "no prediction for barn" in answer.err


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((51, 45)), "barn.tif: 51x45 gray, but {clean}/barn.png is 45x51 gray"),
        (np.zeros((45, 51, 3)), "barn.tif: 45x51 colour, but {clean}/barn.png is 45x51 gray"),
        (np.zeros((45, 51, 4)), "barn.tif: 45x51 colour with transparency, but"),
    ],
)
def test_images_that_cannot_be_compared(
    command, photos: Path, results: Path, image: np.ndarray, message: str
) -> None:
    write_image(results / "barn.tif", image)
    answer = command("score", "--pred", results, "--clean", photos)
    assert answer.status == 2
    assert message.format(clean=photos) in answer.err


def test_too_small_for_ssim(command, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", np.zeros((6, 20)))
    answer = command("score", "--pred", tmp_path / "a.png", "--clean", tmp_path / "a.png")
    assert answer.status == 2
    assert "a.png: SSIM needs at least 7x7 pixels, this has 6x20" in answer.err
