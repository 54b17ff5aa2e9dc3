from pathlib import Path

import pytest

from indexnet_engine.images.image_file import read_image


def test_a_row_of_the_table(command) -> None:
    answer = command("info", "--model.resampling", "o2o-unshared")
    assert answer.status == 0
    rows = dict(line.split(maxsplit=1) for line in answer.out.splitlines())
    assert rows["parameters"] == "3,992,162"
    assert rows["GFLOPs"].startswith("1.030 ")
    assert (rows["resampling"], rows["width"]) == ("o2o-unshared", "1.0")


def test_weights(command, net_folder: Path) -> None:
    answer = command("info", "--weights", net_folder)
    assert answer.status == 0
    assert "o2o-unshared-nl" in answer.out
    assert answer.out.count("width") == 1


@pytest.mark.parametrize("trained", [True, False])
def test_index_maps_of_a_picture(
    command, rgbd_folder: Path, net_folder: Path, tmp_path: Path, trained: bool
) -> None:
    which = ("--weights", net_folder) if trained else ("--model.resampling", "hin", "--model.width", 0.1)
    picture = rgbd_folder / "val" / "rgb" / "attic.png"
    answer = command("info", *which, "--image", picture, "--out", tmp_path / "maps")
    assert answer.status == 0
    assert ("random weights" in answer.err) != trained
    files = sorted(file.name for file in (tmp_path / "maps").iterdir())
    sides = ("decoder", "encoder")
    assert files == [f"attic-stage{stage}-{side}.png" for stage in range(1, 6) for side in sides]
    assert read_image(tmp_path / "maps" / "attic-stage1-decoder.png").shape == (60, 80, 1)
    assert read_image(tmp_path / "maps" / "attic-stage3-decoder.png").shape == (15, 20, 1)


def test_networks_without_maps(command, rgbd_folder: Path, tmp_path: Path) -> None:
    picture = rgbd_folder / "val" / "rgb" / "attic.png"
    answer = command("info", "--model.width", 0.1, "--image", picture, "--out", tmp_path / "maps")
    assert answer.status == 2
    assert "attic.png: it holds no index network" in answer.err
    assert not (tmp_path / "maps").exists()


def test_bad_images_are_reported_before_anything_is_printed(
    command, net_folder: Path, tmp_path: Path
) -> None:
    answer = command("info", "--weights", net_folder, "--image", tmp_path / "nowhere.png")
    assert (answer.status, answer.out) == (2, "")
    assert "nowhere.png: no such file" in answer.err
