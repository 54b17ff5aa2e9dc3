from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from indexnet_core import collect_index_maps, index_picture, pad_to_multiple
from indexnet_engine.images.image_file import read_image, to_tensor, write_image


def test_cost_of_a_row_of_table_5(command) -> None:
    answer = command("info", "--model.resampling", "o2o-shared")
    assert answer.status == 0
    lines = dict(line.split(maxsplit=1) for line in answer.out.splitlines())
    assert lines["parameters"] == "7,087,921"  # 48 more than max pooling
    assert lines["GFLOPs"].startswith("18.14")
    assert (lines["model"], lines["resampling"]) == ("dncnn-segnet", "o2o-shared")


@pytest.mark.parametrize(
    ("channels", "parameters", "gflops"), [(1, "2,732,096", "7.359"), (3, "2,733,248", "7.413")]
)
def test_cost_of_index_unet(command, channels: int, parameters: str, gflops: str) -> None:
    words = ("--model.resampling", "hin", "--model.width", 32, "--model.channels", channels)
    answer = command("info", "--model.name", "index-unet", *words)
    lines = dict(line.split(maxsplit=1) for line in answer.out.splitlines())
    assert (lines["parameters"], lines["GFLOPs"].split()[0]) == (parameters, gflops)


def test_index_maps_of_index_unet(command, photos: Path, tmp_path: Path) -> None:
    words = ("--model.resampling", "hin", "--model.width", 4, "--image", photos / "barn.png")
    answer = command("info", "--model.name", "index-unet", *words, "--out", tmp_path / "maps")
    assert "index maps of 3 stages" in answer.err
    assert read_image(tmp_path / "maps/barn-stage3-decoder.png").shape == (12, 13, 1)


def test_trained_weights(command, gray_folder: Path, gray_net: nn.Module) -> None:
    answer = command("info", "--weights", gray_folder)
    lines = dict(line.split(maxsplit=1) for line in answer.out.splitlines())
    assert lines["width"] == "4"
    assert lines["parameters"] == f"{sum(p.numel() for p in gray_net.parameters()):,}"


def test_index_maps_are_written(
    command, photos: Path, gray_folder: Path, gray_net: nn.Module, tmp_path: Path
) -> None:
    photo = photos / "barn.png"
    answer = command("info", "--weights", gray_folder, "--image", photo, "--out", tmp_path / "new" / "maps")
    assert answer.status == 0
    assert "index maps of 3 stages" in answer.err
    maps = collect_index_maps(gray_net, pad_to_multiple(to_tensor(read_image(photo)), 8))
    sizes = [(45, 51), (23, 26), (12, 13)]
    assert len(list((tmp_path / "new/maps").iterdir())) == 6
    for stage, size in enumerate(sizes):
        for side in ("encoder", "decoder"):
            found = read_image(tmp_path / f"new/maps/barn-stage{stage + 1}-{side}.png")
            expected = index_picture(maps[stage], side)[0, : size[0], : size[1]]
            np.testing.assert_allclose(found[..., 0], expected, atol=0.51 / 255)
            assert found.std() > 0.01


@pytest.mark.parametrize("size", [(1, 1), (3, 20)])
def test_index_maps_of_tiny_pictures(
    command, size: tuple[int, int], gray_folder: Path, tmp_path: Path
) -> None:
    write_image(tmp_path / "a.png", torch.rand(*size).numpy())
    words = ("info", "--weights", gray_folder, "--image", tmp_path / "a.png", "--out", tmp_path / "maps")
    assert command(*words).status == 0
    assert len(list((tmp_path / "maps").iterdir())) == 6


def test_no_index_maps_without_indices(command, photos: Path, tmp_path: Path) -> None:
    words = ("--model.width", 4, "--image", photos / "barn.png", "--out", tmp_path / "maps")
    answer = command("info", "--model.resampling", "max", *words)
    assert (answer.status, answer.out) == (2, "")
    assert "this network has no index maps" in answer.err
    assert not (tmp_path / "maps").exists()


def test_a_missing_image_is_named(command, tmp_path: Path) -> None:
    answer = command("info", "--image", tmp_path / "nowhere.png")
    assert (answer.status, answer.out) == (2, "")
    assert "nowhere.png: no such file" in answer.err


def test_untrained_index_maps_are_labelled_as_random(command, photos: Path, tmp_path: Path) -> None:
    words = ("info", "--image", photos / "barn.png", "--model.width", 4, "--out", tmp_path / "maps")
    assert "random weights" in command(*words).err
    assert "random weights" not in command(*words, "--weights", "blind-gray").err
