import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn

from indexnet_denoising.data.noise import evaluation_noise
from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_engine.images.image_file import convert_channels, read_image, write_image
from indexnet_engine.weights.pretrained import save_pretrained

RNG = np.random.default_rng(0)


def save(path: Path, *shape: int) -> None:
    Image.fromarray(RNG.integers(0, 256, shape, dtype=np.uint8)).save(path)


def test_a_file(command, photos: Path, gray_folder: Path, gray_net: nn.Module, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    answer = command("predict", photos / "barn.png", "--weights", gray_folder, "--out", out)
    assert answer.status == 0
    assert "wrote 1 image to" in answer.err
    expected = DenoisingPredictor(gray_net)(read_image(photos / "barn.png"))
    found = read_image(out / "barn.png")
    np.testing.assert_allclose(found, expected, atol=0.5 / 255 + 1e-6)


def test_a_folder(command, photos: Path, gray_folder: Path, tmp_path: Path) -> None:
    answer = command("predict", "--input", photos, "--weights", gray_folder, "--out", tmp_path)
    assert answer.status == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["barn.png", "cliff.png", "dune.png"]
    for file in tmp_path.iterdir():
        assert read_image(file).shape == read_image(photos / file.name).shape


@pytest.mark.parametrize("size", [(1, 1), (7, 50), (33, 8)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size(command, size: tuple[int, int], channels: int, gray_folder: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", RNG.random((*size, channels)))
    answer = command("predict", tmp_path / "a.png", "--weights", gray_folder, "--out", tmp_path / "out")
    assert answer.status == 0
    assert read_image(tmp_path / "out/a.png").shape == (*size, channels)


def test_the_identity_gives_every_kind_of_image_back(command, identity_folder: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    save(source / "gray.png", 20, 30)
    save(source / "colour.bmp", 20, 30, 3)
    save(source / "glass.png", 20, 30, 4)
    Image.fromarray(RNG.integers(0, 2**16, (20, 30), dtype=np.uint16)).save(source / "deep.tif")
    Image.open(source / "colour.bmp").quantize(16).save(source / "palette.gif")
    Image.fromarray(RNG.integers(0, 2, (20, 30)).astype(bool)).save(source / "bits.png")
    assert command("predict", source, "--weights", identity_folder, "--out", out).status == 0
    for file in source.iterdir():
        expected, found = read_image(file), read_image(out / f"{file.stem}.png")
        if expected.shape[2] == 4:
            expected = convert_channels(expected, 3)
        assert found.shape == expected.shape
        np.testing.assert_allclose(found, expected, atol=0.51 / 255)
    assert len(list(out.iterdir())) == 6


def test_colour_network(command, colour_net: nn.Module, tmp_path: Path) -> None:
    save_pretrained(colour_net, tmp_path / "net", {"task": "denoising"})
    save(tmp_path / "colour.png", 10, 12, 3)
    save(tmp_path / "gray.png", 10, 12)
    options = ("--weights", tmp_path / "net", "--out", tmp_path / "out")
    for name, channels in (("colour", 3), ("gray", 1)):
        assert command("predict", tmp_path / f"{name}.png", *options).status == 0
        assert read_image(tmp_path / f"out/{name}.png").shape == (10, 12, channels)


def test_added_noise(command, photos: Path, identity_folder: Path, tmp_path: Path) -> None:
    answer = command("predict", photos, "--weights", identity_folder, "--out", tmp_path, "--add-noise", 25)
    assert answer.status == 0
    assert "mean PSNR 20.26 dB with noise, 20.28 dB without" in answer.err
    assert [len(list(folder.glob("*.png"))) for folder in (tmp_path, tmp_path / "noisy")] == [3, 3]
    clean = read_image(photos / "barn.png")
    noisy = (clean + evaluation_noise(clean.shape, 25, "barn")).clip(0, 1)
    np.testing.assert_allclose(read_image(tmp_path / "noisy" / "barn.png"), noisy, atol=0.51 / 255)
    np.testing.assert_allclose(read_image(tmp_path / "barn.png"), noisy, atol=0.51 / 255)


def test_tiles_of_a_larger_image(command, gray_folder: Path, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", RNG.random((30, 300)))
    for out, options in (("whole", ()), ("tiles", ("--tile", 200))):
        words = ("predict", tmp_path / "a.png", "--weights", gray_folder, "--out", tmp_path / out, *options)
        assert command(*words).status == 0
    whole, tiles = (np.asarray(Image.open(tmp_path / out / "a.png"), int) for out in ("whole", "tiles"))
    assert np.abs(whole - tiles).max() <= 1


def test_strength(command, photos: Path, gray_folder: Path, gray_net: nn.Module, tmp_path: Path) -> None:
    words = ("predict", photos / "barn.png", "--weights", gray_folder)
    image = read_image(photos / "barn.png")
    for strength in (0, 0.5, 2):
        assert command(*words, "--out", tmp_path / "out", "--strength", strength).status == 0
        expected = DenoisingPredictor(gray_net, strength=strength)(image)
        np.testing.assert_allclose(read_image(tmp_path / "out/barn.png"), expected, atol=0.51 / 255)
        assert np.allclose(expected, image) is (strength == 0)
    answer = command(*words, "--out", tmp_path / "bad", "--strength", -1)
    assert (answer.status, answer.err) == (2, "error: --strength must not be negative, got -1.0\n")
    assert not (tmp_path / "bad").exists()


def test_the_network_is_named(command, photos: Path, gray_folder: Path, tmp_path: Path) -> None:
    words = ("predict", photos / "barn.png", "--out", tmp_path / "out")
    assert "\nnetwork: camera (index-unet, hin)\n" in f"\n{command(*words).err}"
    white = command(*words, "--add-noise", 25).err
    assert "\nnetwork: blind-gray (dncnn-segnet, o2o-shared)\n" in f"\n{white}"
    named = command(*words, "--weights", gray_folder).err
    assert f"\nnetwork: {gray_folder} (dncnn-segnet, o2o-shared)\n" in f"\n{named}"


def test_an_input_is_never_overwritten(command, photos: Path, gray_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(photos, tmp_path / "photos")
    (tmp_path / "link").symlink_to(tmp_path / "photos")
    before = {file: file.read_bytes() for file in (tmp_path / "photos").iterdir()}
    for out in (tmp_path / "photos", tmp_path / "link", tmp_path / "photos" / ".." / "photos"):
        answer = command("predict", tmp_path / "photos", "--weights", gray_folder, "--out", out)
        assert answer.status == 2
        assert "barn.png is an input and would be overwritten; choose another --out" in answer.err
    assert {file: file.read_bytes() for file in (tmp_path / "photos").iterdir()} == before


def test_noisy_images_are_not_scored(command, photos: Path, identity_folder: Path, tmp_path: Path) -> None:
    command("predict", photos, "--weights", identity_folder, "--out", tmp_path, "--add-noise", 25)
    assert command("score", "--pred", tmp_path, "--clean", photos).status == 0


def test_several_images(command, photos: Path, identity_folder: Path, tmp_path: Path) -> None:
    words = ("predict", photos / "barn.png", photos / "dune.png", "--weights", identity_folder)
    assert command(*words, "--out", tmp_path).status == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["barn.png", "dune.png"]
    answer = command(
        "predict", photos / "barn.png", photos / "barn.png", *words[3:], "--out", tmp_path / "one"
    )
    assert "wrote 1 image" in answer.err
    (tmp_path / "other").mkdir()
    shutil.copy(photos / "barn.png", tmp_path / "other")
    answer = command("predict", photos / "barn.png", tmp_path / "other", "--out", tmp_path / "two")
    assert answer.status == 2
    assert "would both become" in answer.err


def test_no_image_at_all(command) -> None:
    answer = command("predict")
    assert (answer.status, answer.err) == (2, "error: missing --input\n")


def test_noisy_results_do_not_replace_an_input(command, gray_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "noisy").mkdir()
    save(tmp_path / "noisy" / "a.png", 8, 8)
    words = ("predict", tmp_path / "noisy", "--weights", gray_folder, "--out", tmp_path)
    assert command(*words).status == 0
    answer = command(*words, "--add-noise", 10)
    assert answer.status == 2
    assert "is an input and would be overwritten" in answer.err


def test_bad_images_are_reported_before_anything_is_written(
    command, photos: Path, gray_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(photos, tmp_path / "in")
    (tmp_path / "in" / "zebra.png").write_bytes((photos / "barn.png").read_bytes()[:300])
    answer = command("predict", tmp_path / "in", "--weights", gray_folder, "--out", tmp_path / "out")
    assert answer.status == 2
    assert answer.err.count("\n") == 1
    assert "zebra.png: damaged image" in answer.err
    assert not (tmp_path / "out").exists()


def test_weights_of_a_run_that_is_missing(command, photos: Path, tmp_path: Path) -> None:
    answer = command("predict", photos, "--weights", tmp_path / "nowhere")
    assert answer.status == 2
    assert "nowhere: no such folder" in answer.err
