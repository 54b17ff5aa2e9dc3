from pathlib import Path

import numpy as np
import torch

from indexnet_core import collect_index_maps, index_picture, pad_to_multiple
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_segmentation.models import SegNet
from indexnet_segmentation.predictor import network_input


def lines_of(text: str) -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in text.splitlines())


def test_cost_of_a_row_of_table_6(command) -> None:
    answer = command("info", "--model.resampling", "max")
    assert answer.status == 0
    lines = lines_of(answer.out)
    assert lines["parameters"] == "24,964,645"
    assert lines["GFLOPs"].startswith("24.763 ")
    assert (lines["model"], lines["resampling"], lines["classes"]) == ("segnet", "max", "37")


def test_trained_weights(command, net_folder: Path, net: SegNet) -> None:
    lines = lines_of(command("info", "--weights", net_folder).out)
    assert (lines["width"], lines["names"]) == ("4", "lawn, pond, wall")
    assert lines["parameters"] == f"{sum(p.numel() for p in net.parameters()):,}"


def test_index_maps_are_written(command, net_folder: Path, net: SegNet, tmp_path: Path) -> None:
    photo = tmp_path / "barn.png"
    write_image(photo, np.random.default_rng(0).random((45, 70, 3)))
    answer = command("info", "--weights", net_folder, "--image", photo, "--out", tmp_path / "maps")
    assert answer.status == 0
    assert "index maps of 5 stages" in answer.err
    with torch.inference_mode():
        maps = collect_index_maps(net, pad_to_multiple(network_input(read_image(photo, 3)), 32))
    sizes = [(45, 70), (23, 35), (12, 18), (6, 9), (3, 5)]
    assert len(list((tmp_path / "maps").iterdir())) == 10
    for stage, size in enumerate(sizes):
        for side in ("encoder", "decoder"):
            found = read_image(tmp_path / f"maps/barn-stage{stage + 1}-{side}.png")
            expected = index_picture(maps[stage], side)[0, : size[0], : size[1]]
            np.testing.assert_allclose(found[..., 0], expected, atol=0.51 / 255)


def test_no_index_maps_without_indices(command, tmp_path: Path) -> None:
    photo = tmp_path / "barn.png"
    write_image(photo, np.random.default_rng(0).random((20, 30, 3)))
    words = ("info", "--model.width", 2, "--image", photo, "--out", tmp_path / "maps")
    answer = command(*words, "--model.resampling", "max")
    assert answer.status == 2
    assert "this network has no index maps" in answer.err
    assert not (tmp_path / "maps").exists()
    assert "random weights" in command(*words, "--model.resampling", "hin").err


def test_invalid_classes_and_widths(command) -> None:
    assert "classes must be a whole number of at least 2, got 1" in command("info", "--classes", 1).err
    assert "width must be a whole number of at least 1, got 0" in command("info", "--model.width", 0).err


def test_bad_images_are_reported_before_anything_is_printed(
    command, net_folder: Path, tmp_path: Path
) -> None:
    answer = command("info", "--weights", net_folder, "--image", tmp_path / "nowhere.png")
    assert (answer.status, answer.out) == (2, "")
    assert "nowhere.png: no such file" in answer.err
