import csv
import json
from pathlib import Path

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import nn

from indexnet_denoising.data.noise import as_eight_bits, evaluation_noise, noisy_image
from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.evaluation import evaluate_images
from indexnet_denoising.metrics import METRICS, NOISE_METRICS
from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_engine.images.image_file import read_image
from indexnet_engine.weights.pretrained import save_pretrained


def test_json_and_csv(command, photos: Path, gray_folder: Path, tmp_path: Path) -> None:
    answer = command(
        "evaluate", "--weights", gray_folder, "--data", photos, "--sigma", 15, 25.5,
        "--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv",
    )  # fmt: skip
    assert answer.status == 0
    summary = json.loads((tmp_path / "a.json").read_text())
    assert list(summary) == ["15", "25.5"]
    for group in summary.values():
        assert list(group) == ["clip_noise", "mean", "images"]
        assert group["clip_noise"] is False
        assert list(group["images"]) == ["barn", "cliff", "dune"]
        for row in (group["mean"], *group["images"].values()):
            assert list(row) == [*METRICS, *NOISE_METRICS]
        for key, value in group["mean"].items():
            assert value == pytest.approx(np.mean([row[key] for row in group["images"].values()]))
    with (tmp_path / "a.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["sigma"], row["image"]) for row in rows[:4]] == [
        ("15", "barn"), ("15", "cliff"), ("15", "dune"), ("25.5", "barn")
    ]  # fmt: skip
    assert float(rows[3]["psnr"]) == summary["25.5"]["images"]["barn"]["psnr"]
    printed = answer.out.split()
    assert f"{summary['15']['mean']['psnr']:.2f}" in printed
    assert f"{summary['25.5']['mean']['ssim_paper']:.4f}" in printed
    assert f"{summary['15']['mean']['spots']:.4f}" in printed


def test_measures_are_those_of_scikit_image(photos: Path, gray_net: nn.Module) -> None:
    clean = load_images(photos)
    measures, estimates = evaluate_images(DenoisingPredictor(gray_net), clean, 25)
    for name, image in clean.items():
        noisy = image + evaluation_noise(image.shape, 25, name)
        np.testing.assert_array_equal(estimates[name], DenoisingPredictor(gray_net)(noisy))
        first, second = image[..., 0], estimates[name][..., 0]
        expected = {
            "psnr": peak_signal_noise_ratio(first, second, data_range=1),
            "ssim": structural_similarity(first, second, data_range=1),
            "ssim_paper": structural_similarity(first, second, data_range=2),
        }
        assert {key: measures[name][key] for key in expected} == pytest.approx(expected, rel=1e-5)


def test_spots_are_those_of_the_noisy_image(identity_folder: Path) -> None:
    """The identity leaves all noise in a gray wall, and none in a textured one that is stronger."""
    wall = np.full((48, 48, 1), 0.5, np.float32)
    board = (np.indices((48, 48)).sum(0) % 2 * 0.5 + 0.25)[..., None].astype(np.float32)
    identity = DenoisingPredictor.from_pretrained(identity_folder, device="cpu")
    measures, _ = evaluate_images(identity, {"wall": wall, "board": board}, 25)
    assert [row["spots"] for row in measures.values()] == [1, 0]


def test_noise_is_clipped_as_in_the_training(
    command, photos: Path, gray_net: nn.Module, tmp_path: Path
) -> None:
    def answer_of(name: str, *words: object) -> dict:
        answer = command(
            "evaluate", "--weights", tmp_path / name, "--data", photos, "--sigma", 75, "--device", "cpu",
            "--json", tmp_path / "a.json", *words,
        )  # fmt: skip
        assert answer.status == 0
        summary = json.loads((tmp_path / "a.json").read_text())["75"]
        assert answer.out.startswith("sigma 75, clipped" if summary["clip_noise"] else "sigma 75  ")
        return summary

    for name, entries in {"old": {}, "plain": {"clip_noise": False}, "clipped": {"clip_noise": True}}.items():
        save_pretrained(gray_net, tmp_path / name, {"task": "denoising", **entries})
    plain, clipped = answer_of("plain"), answer_of("clipped")
    assert (plain["clip_noise"], clipped["clip_noise"]) == (False, True)
    assert plain["mean"] != clipped["mean"]
    assert answer_of("old") == plain
    assert answer_of("old", "--clip-noise") == clipped
    assert answer_of("clipped", "--clip-noise", "false") == plain
    image = load_images(photos)["barn"]
    noisy = as_eight_bits(noisy_image(image, 75, "barn"))
    error = np.square(image - DenoisingPredictor(gray_net)(noisy), dtype=np.float64).mean()
    assert clipped["images"]["barn"]["psnr"] == pytest.approx(-10 * np.log10(error), rel=1e-5)


def test_all_methods_get_the_same_noise(photos: Path) -> None:
    class Listening(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.unused = nn.Parameter(nn.Linear(1, 1).weight)
            self.seen = []

        def forward(self, x):
            self.seen.append(x.clone())
            return x

    clean = load_images(photos)
    methods = [Listening() for _ in range(3)]
    evaluate_images(DenoisingPredictor(methods[0]), clean, 25)
    evaluate_images(DenoisingPredictor(methods[1]), dict(reversed(clean.items())), 25)  # whatever the order
    evaluate_images(DenoisingPredictor(methods[2]), clean, 25, seed=1)
    for first, second, other in zip(methods[0].seen, reversed(methods[1].seen), methods[2].seen):
        assert first.equal(second)
        assert not first.equal(other)
    noise = np.concatenate(
        [(x[0, 0].numpy() - clean[name][..., 0]).ravel() for name, x in zip(clean, methods[0].seen)]
    )
    assert noise.std() == pytest.approx(25 / 255, rel=0.03)


def test_the_identity_has_the_psnr_of_the_noise(
    command, photos: Path, identity_folder: Path, tmp_path: Path
) -> None:
    answer = command(
        "evaluate",
        "--weights",
        identity_folder,
        "--data",
        photos,
        "--sigma",
        5,
        "--json",
        tmp_path / "a.json",
    )
    assert answer.status == 0
    # The photographs keep away from 0 and 1, so that nothing is clipped.
    assert json.loads((tmp_path / "a.json").read_text())["5"]["mean"]["psnr"] == pytest.approx(34.15, abs=0.1)


def test_denoised_images_are_kept(
    command, photos: Path, gray_folder: Path, gray_net: nn.Module, tmp_path: Path
) -> None:
    words = (
        "evaluate",
        "--weights",
        gray_folder,
        "--data",
        photos,
        "--sigma",
        15,
        25,
        "--out",
        tmp_path / "new" / "out",
    )
    assert command(*words).status == 0
    _, estimates = evaluate_images(DenoisingPredictor(gray_net), load_images(photos), 25)
    kept = {file.stem: read_image(file) for file in (tmp_path / "new/out/sigma25").iterdir()}
    assert sorted(kept) == sorted(estimates)
    np.testing.assert_allclose(kept["dune"], estimates["dune"], atol=0.5 / 255 + 1e-6)
    assert len(list((tmp_path / "new/out/sigma15").iterdir())) == 3


def test_a_colour_network_sees_colour(command, photos: Path, colour_net: nn.Module) -> None:
    measures, estimates = evaluate_images(DenoisingPredictor(colour_net), load_images(photos, channels=3), 25)
    assert estimates["barn"].shape == (45, 51, 3)
    assert 0 < measures["barn"]["ssim"] < 1


def test_all_inputs_are_checked_before_anything_is_computed(
    command, photos: Path, gray_folder: Path, tmp_path: Path
) -> None:
    answer = command("evaluate", "--weights", gray_folder, "--data", photos, "--json", tmp_path)
    assert (answer.status, answer.out) == (2, "")
    answer = command("evaluate", "--weights", gray_folder, "--data", photos, "--tile", 40)
    assert answer.status == 2
    assert "tile must be larger" in answer.err
