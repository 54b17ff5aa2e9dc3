import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.weights.packaged import NO_NETWORKS, PackagedNetworks
from indexnet_matting.data.trimap import read_trimap
from indexnet_matting.output.cutout import estimate_foreground
from indexnet_matting.predictor import MattingPredictor, load_model
from indexnet_matting.solvers import MattingSolver

RNG = np.random.default_rng(0)


@pytest.fixture
def predict(command, test_folder: Path, net_folder: Path, tmp_path: Path):
    """Run predict; images and trimaps are those of the test folder unless others are given."""

    def run(*options: object, image: Path = test_folder / "image", trimap: Path = test_folder / "trimap"):
        words = ("--image", image, "--trimap", trimap, "--weights", net_folder, "--out", tmp_path / "out")
        return command("predict", *words, *options)

    return run


def test_a_folder(predict, test_folder: Path, net_folder: Path, tmp_path: Path) -> None:
    answer = predict()
    assert (answer.status, answer.out) == (0, "")
    assert f"wrote 3 mattes to {tmp_path / 'out'}" in answer.err
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["fern.png", "lace.png", "wing.png"]
    model = load_model(net_folder)
    for file in (tmp_path / "out").iterdir():
        expected = MattingPredictor(model)(
            read_image(test_folder / "image" / file.name, 3), read_trimap(test_folder / "trimap" / file.name)
        )
        with Image.open(file) as picture:
            assert picture.mode == "L"
        np.testing.assert_allclose(read_image(file)[..., 0], expected, atol=0.51 / 255)


def test_sixteen_bits(predict, test_folder: Path, net_folder: Path, tmp_path: Path) -> None:
    assert predict("--bits", 16).status == 0
    image, trimap = (
        read_image(test_folder / "image/lace.png", 3),
        read_trimap(test_folder / "trimap/lace.png"),
    )
    expected = MattingPredictor(load_model(net_folder))(image, trimap)
    np.testing.assert_allclose(read_image(tmp_path / "out/lace.png")[..., 0], expected, atol=1 / 65535)


def test_one_file_of_each_whatever_their_names(predict, test_folder: Path, tmp_path: Path) -> None:
    shutil.copy(test_folder / "trimap/fern.png", tmp_path / "any name.png")
    assert predict(image=test_folder / "image/fern.png", trimap=tmp_path / "any name.png").status == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["fern.png"]


def test_trimaps_of_other_images_may_be_there(predict, test_folder: Path, tmp_path: Path) -> None:
    assert predict(image=test_folder / "image/fern.png").status == 0
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["fern.png"]


def test_a_missing_trimap_is_named(predict, test_folder: Path, tmp_path: Path) -> None:
    (test_folder / "trimap/lace.png").unlink()
    answer = predict()
    assert answer.status == 2
    assert answer.err == f"error: {test_folder / 'trimap'}: no trimap for lace\n"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("size", [(1, 1), (7, 50), (33, 32)])
def test_any_size_and_kind_of_image(predict, size: tuple[int, int], tmp_path: Path) -> None:
    trimap = np.full(size, 128, np.uint8)
    Image.fromarray(trimap).save(tmp_path / "trimap.png")
    for kind, image in (
        ("gray", RNG.random(size)),
        ("colour", RNG.random((*size, 3))),
        ("glass", RNG.random((*size, 4))),
    ):
        write_image(tmp_path / f"{kind}.png", image)
        words = {"image": tmp_path / f"{kind}.png", "trimap": tmp_path / "trimap.png"}
        assert predict("--cutout", **words).status == 0
        assert read_image(tmp_path / f"out/{kind}.png").shape == (*size, 1)
        with Image.open(tmp_path / f"out/cutout/{kind}.png") as picture:
            assert picture.size == size[::-1]


def test_the_cut_out_has_estimated_colours(
    predict, test_folder: Path, net_folder: Path, tmp_path: Path
) -> None:
    assert predict("--cutout").status == 0
    image, trimap = (
        read_image(test_folder / "image/fern.png", 3),
        read_trimap(test_folder / "trimap/fern.png"),
    )
    alpha = MattingPredictor(load_model(net_folder))(image, trimap)
    found = np.asarray(Image.open(tmp_path / "out/cutout/fern.png")) / 255
    assert found.shape == (*alpha.shape, 4)
    np.testing.assert_allclose(found[..., 3], alpha, atol=0.51 / 255)
    np.testing.assert_allclose(found[..., :3], estimate_foreground(image, alpha), atol=0.01)


def test_over_a_colour_and_over_a_picture(predict, test_folder: Path, tmp_path: Path) -> None:
    assert predict("--background", "#0000ff").status == 0
    scene = read_image(tmp_path / "out/composite/wing.png")
    trimap = read_trimap(test_folder / "trimap/wing.png")
    assert scene.shape == (*trimap.shape, 3)
    np.testing.assert_array_equal(scene[trimap == 0], np.broadcast_to([0, 0, 1], scene[trimap == 0].shape))
    image = read_image(test_folder / "image/wing.png", 3)
    np.testing.assert_allclose(scene[trimap == 255], image[trimap == 255], atol=0.51 / 255)

    write_image(tmp_path / "sea.png", np.full((9, 20, 3), 0.2))
    assert predict("--background", tmp_path / "sea.png").status == 0
    scene = read_image(tmp_path / "out/composite/wing.png")
    np.testing.assert_allclose(scene[trimap == 0], 0.2, atol=0.01)


def test_cut_outs_are_not_scored(command, predict, test_folder: Path, tmp_path: Path) -> None:
    assert predict("--cutout", "--background", "white").status == 0
    answer = command(
        "score",
        "--pred",
        tmp_path / "out",
        "--alpha",
        test_folder / "alpha",
        "--trimap",
        test_folder / "trimap",
    )
    assert answer.status == 0


def test_large_images_in_tiles(predict, tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", RNG.random((200, 330, 3)))
    Image.fromarray(RNG.choice(np.uint8([0, 128, 255]), (200, 330))).save(tmp_path / "t.png")
    files = {"image": tmp_path / "a.png", "trimap": tmp_path / "t.png"}
    assert "processed in tiles" not in predict(**files).err
    whole = read_image(tmp_path / "out/a.png")
    answer = predict("--max-memory", 0.004, "--overlap", 96, **files)
    assert answer.status == 0
    assert "a.png: processed in tiles of " in answer.err
    tiles = read_image(tmp_path / "out/a.png")
    assert tiles.shape == whole.shape
    assert 0 < np.abs(tiles - whole).mean() < 0.05  # the context sees less, but it is the same picture


def test_too_little_memory_is_reported_before_anything_is_written(predict, tmp_path: Path) -> None:
    answer = predict("--max-memory", 1e-6)
    assert answer.status == 2
    assert "max_memory 1e-06 GB is too little" in answer.err
    assert answer.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_input_is_never_overwritten(command, test_folder: Path, net_folder: Path, tmp_path: Path) -> None:
    before = {file: file.read_bytes() for file in test_folder.rglob("*.png")}
    (tmp_path / "link").symlink_to(test_folder / "image")
    shutil.copytree(test_folder / "image", tmp_path / "frame" / "cutout")
    for image, out, options in (
        (test_folder / "image", test_folder / "image", ()),
        (test_folder / "image", test_folder / "trimap", ()),
        (test_folder / "image", tmp_path / "link", ()),
        (tmp_path / "frame/cutout", tmp_path / "frame", ("--cutout",)),
    ):
        answer = command(
            "predict", "--image", image, "--trimap", test_folder / "trimap", "--weights", net_folder,
            "--out", out, *options,
        )  # fmt: skip
        assert answer.status == 2
        assert "fern.png is an input and would be overwritten; choose another --out" in answer.err
    assert {file: file.read_bytes() for file in test_folder.rglob("*.png")} == before


def test_bad_files_are_reported_before_anything_is_written(
    predict, test_folder: Path, tmp_path: Path
) -> None:
    trimap = test_folder / "trimap" / "wing.png"
    for spoil, message in (
        (lambda: trimap.write_bytes(trimap.read_bytes()[:100]), "wing.png: damaged image"),
        (lambda: write_image(trimap, np.zeros((9, 8))), "wing.png: is 9x8, but "),
        (lambda: write_image(trimap, np.zeros((72, 61))), "wing.png: no unknown pixels"),
    ):
        spoil()
        answer = predict()
        assert (answer.status, answer.err.count("\n")) == (2, 1)
        assert message in answer.err
        assert not (tmp_path / "out").exists()


def test_values_other_than_128_are_unknown_and_noted_once(predict, test_folder: Path, tmp_path: Path) -> None:
    file = test_folder / "trimap/fern.png"
    assert predict().status == 0
    expected = (tmp_path / "out/fern.png").read_bytes()
    levels = np.asarray(Image.open(file)).copy()
    levels[levels == 128] = 127
    Image.fromarray(levels).save(file)
    answer = predict()
    assert answer.status == 0
    assert answer.err.count("fern.png") == 1
    assert f"{(levels == 127).sum()} unknown pixels are not 128 (but 127)" in answer.err
    assert (tmp_path / "out/fern.png").read_bytes() == expected


def test_missing_files_are_named(command, test_folder: Path, tmp_path: Path) -> None:
    answer = command("predict", "--image", test_folder / "image")
    assert (answer.status, answer.err) == (2, "error: missing --trimap\n")
    words = ("predict", "--image", test_folder / "image", "--trimap", test_folder / "trimap")
    answer = command(*words, "--weights", tmp_path / "nowhere")
    assert answer.status == 2
    assert "nowhere: no such folder" in answer.err
    answer = command(*words, "--weights", tmp_path, "--background", "beech")
    assert answer.err == "error: beech: no such file, and no colour such as white, #00b140 or rgb(0,177,64)\n"


@pytest.mark.data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("images", "trimaps", "count", "notes"),
    [
        ("indexnet_examples/images", "indexnet_examples/trimaps", 5, ""),
        ("alphamatting_test_lowres/input_lowres", "alphamatting_test_lowres/trimap_lowres/Trimap1", 8, ""),
        ("alphamatting_test_lowres/input_lowres", "alphamatting_test_lowres/trimap_lowres/Trimap3", 8, ""),
        ("pymatting_lemur/lemur.png", "pymatting_lemur/lemur_trimap.png", 1, "not 128 (but 102)"),
    ],
)
def test_real_photographs(
    predict, shared, tmp_path: Path, images: str, trimaps: str, count: int, notes: str
) -> None:
    image, trimap = shared(f"data/matting/{images}"), shared(f"data/matting/{trimaps}")
    answer = predict(image=image, trimap=trimap)
    assert answer.status == 0
    assert answer.err.count("note: ") == bool(notes)
    assert notes in answer.err
    written = list((tmp_path / "out").iterdir())
    assert len(written) == count
    for file in written:
        known = read_trimap(trimap / file.name if trimap.is_dir() else trimap)
        alpha = np.rint(255 * read_image(file)[..., 0])
        np.testing.assert_array_equal(alpha[known != 128], known[known != 128])


@pytest.fixture
def solve(command, test_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Run predict without weights, as in a package that has none."""
    monkeypatch.setattr(MattingPredictor, "packaged", NO_NETWORKS)

    def run(*options: object):
        words = (
            "--image",
            test_folder / "image",
            "--trimap",
            test_folder / "trimap",
            "--out",
            tmp_path / "out",
        )
        return command("predict", *words, *options)

    return run


@pytest.mark.parametrize("method", ["closed-form", "knn"])
def test_a_method_without_a_network(solve, method: str, test_folder: Path, tmp_path: Path) -> None:
    answer = solve("--method", method, "--bits", 16)
    assert (answer.status, answer.out) == (0, "")
    assert "no --weights" not in answer.err
    assert f"wrote 3 mattes to {tmp_path / 'out'}" in answer.err
    image, trimap = (
        read_image(test_folder / "image/wing.png", 3),
        read_trimap(test_folder / "trimap/wing.png"),
    )
    np.testing.assert_allclose(
        read_image(tmp_path / "out/wing.png")[..., 0], MattingSolver(method)(image, trimap), atol=0.51 / 65535
    )


def test_without_weights_closed_form_matting_runs_and_a_line_says_so(
    solve, command, test_folder: Path, tmp_path: Path
) -> None:
    answer = solve("--cutout", "--background", "white")
    assert answer.status == 0
    assert "note: no --weights: closed-form matting, which needs no network" in answer.err
    with Image.open(tmp_path / "out/cutout/lace.png") as picture:
        assert picture.mode == "RGBA"
    assert (tmp_path / "out/composite/lace.png").exists()
    image, trimap = (
        read_image(test_folder / "image/lace.png", 3),
        read_trimap(test_folder / "trimap/lace.png"),
    )
    np.testing.assert_allclose(
        read_image(tmp_path / "out/lace.png")[..., 0], MattingSolver()(image, trimap), atol=0.51 / 255
    )
    words = ("--pred", tmp_path / "out", "--alpha", test_folder / "alpha", "--trimap", test_folder / "trimap")
    assert command("score", *words).status == 0


def test_images_that_a_solver_reduces_are_noted(solve) -> None:
    answer = solve("--max-memory", 0.003)
    assert answer.status == 0
    assert "lace.png: solved at " in answer.err
    assert "for --max-memory 0.003" in answer.err


def test_the_network_of_the_package_comes_before_solvers(
    solve, net_folder: Path, test_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = net_folder.name
    packaged = PackagedNetworks(net_folder.parent, {name: ""}, default=name)
    monkeypatch.setattr(MattingPredictor, "packaged", packaged)
    answer = solve("--precision", "32")
    assert answer.status == 0, answer.err
    assert f"network: {name} (" in answer.err
    assert "closed-form" not in answer.err
    image, trimap = (
        read_image(test_folder / "image/wing.png", 3),
        read_trimap(test_folder / "trimap/wing.png"),
    )
    expected = MattingPredictor(load_model(net_folder))(image, trimap)
    np.testing.assert_allclose(read_image(tmp_path / "out/wing.png")[..., 0], expected, atol=0.51 / 255)
    assert "network:" not in solve("--method", "closed-form").err
    assert "--precision is for a network" in solve("--method", "closed-form", "--precision", "bf16").err
