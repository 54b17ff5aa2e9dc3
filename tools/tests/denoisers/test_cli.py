import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from indexnet_denoising.data.noise import noisy_image
from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.evaluation import evaluate_images
from indexnet_denoising.metrics import psnr
from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.reports.metric_tables import mean_of
from tools.denoisers.cli import main


def cells(markdown: str) -> list[list[str]]:
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def compare(*words: object) -> None:
    main("", [str(word) for word in words])


def test_all_methods_get_the_same_noise_and_are_measured_as_evaluate_does(
    photos: Path, fake_bm3d: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    methods = ["--methods", "noisy", "nlm", "bm3d", "blind-gray"]
    words = ["white", photos, "--sigma", 25, 50, "--channels", 1, "--threads", 1, "--out", tmp_path / "out"]
    compare(*words, *methods)
    printed = capsys.readouterr().out
    head, *rows = cells(printed)
    assert head == [
        "images", "method", "PSNR", "SSIM", "spots, %", "seconds", "of the processor", "threads",
    ]  # fmt: skip
    names = [row[1].split(" (h ")[0] for row in rows]
    assert names == ["`noisy`", "`nlm`", "`bm3d`", "`blind-gray`"] * 2
    assert [row[0] for row in rows] == ["photos σ25 (2)"] * 4 + ["photos σ50 (2)"] * 4
    assert {row[-1] for row in rows} == {"1"}
    assert "white Gaussian noise, not clipped; seed 0" in printed
    assert "told the true σ" in printed

    clean = load_images(photos)
    noisy = [psnr(image, noisy_image(image, 25, name)) for name, image in clean.items()]
    assert rows[0][2] == f"{np.mean(noisy):.2f}"
    predictor = DenoisingPredictor.from_pretrained("blind-gray", device="cpu", tile=1024)
    measures = mean_of(evaluate_images(predictor, clean, 25)[0].values())
    assert rows[3][2:5] == [
        f"{measures['psnr']:.2f}", f"{measures['ssim']:.4f}", f"{100 * measures['spots']:.2f}"
    ]  # fmt: skip
    assert [call[1] for call in fake_bm3d.calls] == [25 / 255] * 2 + [50 / 255] * 2

    report = (tmp_path / "out/white-photos.md").read_text()
    assert report.strip() in printed
    with (tmp_path / "out/white-photos.csv").open(newline="") as file:
        images = list(csv.DictReader(file))
    assert len(images) == 2 * 4 * 2
    assert images[0]["image"] == "a"
    assert float(images[0]["psnr"]) == pytest.approx(noisy[0])

    before = len(fake_bm3d.calls)
    compare(*words, *methods)
    assert len(fake_bm3d.calls) == before  # the results are stored
    again = cells(capsys.readouterr().out)[1:]
    assert [row[:5] for row in again] == [row[:5] for row in rows]
    assert again[2] == rows[2]  # with the times that were measured first
    panels = read_image(tmp_path / "out/white-photos.png", 3)
    assert panels.shape[1] > 5 * 320  # input, three methods, clean


def test_pairs_have_no_noise_level_and_their_own_strengths(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        clean = read_image(photos / f"{name}.png")
        write_image(tmp_path / "real/clean" / f"{name}.png", clean)
        write_image(tmp_path / "real/noisy" / f"{name}.png", noisy_image(clean, 10, name))
    out = tmp_path / "out"
    compare("pairs", tmp_path / "real", "--methods", "noisy", "nlm", "--out", out, "--panels", "real/b")
    noisy, nlm = cells(capsys.readouterr().out)[1:]
    assert noisy[0] == "real (2)"
    assert nlm[1].startswith("`nlm` (h ")
    assert float(nlm[2]) > float(noisy[2]) + 3
    assert (out / "pairs-real.png").exists()


def test_clean_photographs_are_compared_with_themselves(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    compare("clean", photos, "--methods", "noisy", "blind-gray", "--out", tmp_path / "out", "--panels")
    head, noisy, network = cells(capsys.readouterr().out)
    assert head[2:4] == ["PSNR", "SSIM"]
    assert "spots, %" not in head
    assert noisy[2:4] == ["inf", "1.0000"]
    assert 30 < float(network[2]) < 80
    assert not (tmp_path / "out/clean-photos.png").exists()


def test_bad_options_are_refused_before_anything_is_denoised(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["white", photos, "--methods", "noisy", "--out", out]
    for further, problem in (
        (["--sigma", "0"], "--sigma must be positive, got 0"),
        (["--sigma", "300"], "--sigma is on the 0–255 scale and cannot be 300"),
        (["--threads", "0"], "--threads must be positive, got 0"),
        (["--panels", "photos/25/c"], "--panels: no test image photos/25/c"),
        (["--device", "abacus"], "device 'abacus' is unknown"),
    ):
        with pytest.raises(UserError, match=problem):
            compare(*words, *further)
    with pytest.raises(UserError, match="invalid choice: 'grey'"):
        compare("grey", photos, "--methods", "noisy")
    assert not out.exists()
