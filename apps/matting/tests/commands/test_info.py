from pathlib import Path

import numpy as np
import pytest
from torch import nn

from indexnet_core import collect_index_maps, index_picture, pad_to_multiple
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.images.panels import LINE, side_by_side, to_bytes
from indexnet_engine.weights.pretrained import save_pretrained
from indexnet_matting.data.files import read_alpha
from indexnet_matting.data.trimap import read_trimap
from indexnet_matting.models import create_model
from indexnet_matting.output.panels import INDEX_HEIGHT, matting_panel
from indexnet_matting.predictor import MattingPredictor, to_input


def halves(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper and the lower row of a sheet of two, without the gap between."""
    height = (len(picture) - 8) // 2
    return picture[:height], picture[-height:]


def lines(out: str) -> dict[str, str]:
    return dict(line.split(maxsplit=1) for line in out.splitlines())


def test_cost_of_rows_of_tables_2_and_3(command) -> None:
    for words, parameters, gflops in (
        ((), "3,753,259", "4.081 (multiply-accumulates / 2^30 at 4 x 224 x 224)"),
        (("--model.name", "b1"), "6,1", "11.54"),  # 6.149M, 11.545 at 225²
        (("--model.name", "b10"), "3,17", "4.05"),  # 3.177M, 4.058
    ):
        answer = command("info", *words)
        assert answer.status == 0
        found = lines(answer.out)
        assert found["parameters"].startswith(parameters)
        assert found["GFLOPs"].startswith(gflops)
        assert found["model"] == (words[1] if words else "b11")
        assert found["memory"].endswith("GB per million pixels in prediction")


def test_trained_weights(command, net_folder: Path, net: nn.Module) -> None:
    found = lines(command("info", "--weights", net_folder).out)
    assert (found["width"], found["resampling"]) == ("0.1", "m2o-nl")
    assert found["parameters"] == f"{sum(p.numel() for p in net.parameters()):,}"


def test_index_maps_are_written(
    command, test_folder: Path, net_folder: Path, net: nn.Module, tmp_path: Path
) -> None:
    files = {part: test_folder / part / "fern.png" for part in ("image", "trimap")}
    out = tmp_path / "new" / "maps"
    words = ("--image", files["image"], "--trimap", files["trimap"], "--out", out)
    answer = command("info", "--weights", net_folder, *words)
    assert answer.status == 0
    assert "wrote 12 pictures" in answer.err
    assert "random weights" not in answer.err
    x = to_input(read_image(files["image"], 3), read_trimap(files["trimap"]))
    maps = collect_index_maps(net, pad_to_multiple(x, 32))
    assert len(list(out.iterdir())) == 12
    for stage, size in enumerate([(70, 61), (35, 31), (18, 16), (9, 8), (5, 4)]):
        for side in ("encoder", "decoder"):
            found = read_image(out / f"fern-stage{stage + 1}-{side}.png")
            expected = index_picture(maps[stage], side)[0, : size[0], : size[1]]
            np.testing.assert_allclose(found[..., 0], expected, atol=0.51 / 255)


@pytest.mark.parametrize("size", [(1, 1), (3, 40)])
def test_index_maps_of_tiny_pictures(
    command, size: tuple[int, int], net_folder: Path, tmp_path: Path
) -> None:
    write_image(tmp_path / "a.png", np.full((*size, 3), 0.5))
    write_image(tmp_path / "t.png", np.full(size, 128, np.uint8))
    words = ("--image", tmp_path / "a.png", "--trimap", tmp_path / "t.png", "--out", tmp_path / "maps")
    assert command("info", "--weights", net_folder, *words).status == 0
    assert len(list((tmp_path / "maps").iterdir())) == 12


def test_inputs_that_cannot_be_drawn(command, test_folder: Path, tmp_path: Path) -> None:
    image, trimap = ("--image", test_folder / "image/fern.png"), ("--trimap", test_folder / "trimap/fern.png")
    for words, message in (
        (image, "--image and --trimap belong together"),
        (trimap, "--image and --trimap belong together"),
        ((*image, *trimap, "--model.width", 0.1), "this network has no index maps to draw"),
        ((*image, "--trimap", tmp_path / "nowhere.png"), "nowhere.png: no such file"),
        ((*image, "--trimap", test_folder / "trimap/lace.png"), "lace.png: is 71x61, but"),
    ):
        answer = command("info", *words, "--out", tmp_path / "maps")
        assert answer.status == 2
        assert message in answer.err
        assert not answer.out
    assert not (tmp_path / "maps").exists()


def test_untrained_index_maps_are_labelled_as_random(command, test_folder: Path, tmp_path: Path) -> None:
    words = ("--image", test_folder / "image/fern.png", "--trimap", test_folder / "trimap/fern.png")
    options = ("--model.width", 0.1, "--model.resampling", "hin", "--out", tmp_path / "maps")
    answer = command("info", *words, *options)
    assert answer.status == 0
    assert "index maps of random weights" in answer.err


def test_trained_weights_are_shown_at_work(
    command, test_folder: Path, net_folder: Path, net: nn.Module, tmp_path: Path
) -> None:
    parts = {part: test_folder / part / "fern.png" for part in ("image", "trimap", "alpha")}
    words = [word for part, file in parts.items() for word in (f"--{part}", file)]
    assert command("info", "--weights", net_folder, *words, "--out", tmp_path).status == 0
    image, trimap, alpha = (
        read_image(parts["image"], 3),
        read_trimap(parts["trimap"]),
        read_alpha(parts["alpha"]),
    )
    expected = matting_panel(image, trimap, MattingPredictor(net)(image, trimap), alpha)
    np.testing.assert_array_equal(np.rint(255 * read_image(tmp_path / "fern-panel.png")), expected)
    before, now = halves(read_image(tmp_path / "fern-index.png"))
    stages = [to_bytes(stage) for stage in MattingPredictor(net).index_pictures(image, trimap)["decoder"]]
    np.testing.assert_array_equal(np.rint(255 * now)[LINE:, LINE:], side_by_side(stages, INDEX_HEIGHT))
    assert np.abs(before - now).max() > 0.05


def test_networks_without_index_maps_show_their_mattes(command, test_folder: Path, tmp_path: Path) -> None:
    save_pretrained(create_model("b11", width=0.1), tmp_path / "net", {"task": "matting"})
    words = ("--image", test_folder / "image/fern.png", "--trimap", test_folder / "trimap/fern.png")
    assert command("info", "--weights", tmp_path / "net", *words, "--out", tmp_path / "out").status == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["fern-panel.png"]
