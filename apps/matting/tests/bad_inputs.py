"""Bad inputs of ``indexnet-matting``: description, command, and what the error line names."""

# ruff: noqa: E501 (a table: one case a line)

import shutil
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from indexnet_engine.images.image_file import write_image
from indexnet_matting.cli import main
from indexnet_matting.models import create_model
from tests.bad_inputs.cases import (
    CONFIGURATION,
    ENCODER,
    RESUMING,
    TRAINING_DATA,
    Case,
    Program,
    export_cases,
    image_cases,
    weights_cases,
)
from tests.bad_inputs.files import (
    make_bad_exports,
    make_bad_images,
    make_configurations,
    make_networks,
    make_runs,
)

PREDICT = "predict --weights net --out out"

CASES: dict[str, list[Case]] = {
    "Images and trimaps": [
        *image_cases("predict --weights net --out out --image {} --trimap trimap.png"),
        Case("truncated trimap", f"{PREDICT} --image photo.png --trimap truncated.png", "truncated.png"),
        Case("trimap of another size", f"{PREDICT} --image photo.png --trimap small.png", "small.png"),
        Case("trimap turned by 90°", f"{PREDICT} --image photo.png --trimap turned.png", "turned.png"),
        Case("1×1 image, trimap of the photo", f"{PREDICT} --image pixel.png --trimap trimap.png", "pixel.png"),
        Case("1×1 image, its trimap black", f"{PREDICT} --image pixel.png --trimap black-pixel.png", "black-pixel.png"),
        Case("image 20,000 pixels wide, trimap of the photo", f"{PREDICT} --image wide.png --trimap trimap.png", "wide.png"),
        Case("the same with too little memory", f"{PREDICT} --image wide.png --trimap wide-trimap.png --max-memory 1e-4", "max_memory 0.0001"),
        Case("trimap without unknown pixels", f"{PREDICT} --image photo.png --trimap binary.png", "binary.png"),
        Case("trimap of foreground only", f"{PREDICT} --image photo.png --trimap white.png", "white.png"),
        Case("photograph as a trimap", f"{PREDICT} --image photo.png --trimap photo.png", "photo.png"),
        Case("trimap with transparency", f"{PREDICT} --image photo.png --trimap glass.png", "glass.png"),
        Case("image without a trimap", f"{PREDICT} --image set/image --trimap one", "no trimap for b"),
        Case("two trimaps of one name", f"{PREDICT} --image set/image --trimap twins", "twins/a.png"),
        Case("one bad trimap among good ones", f"{PREDICT} --image set/image --trimap mixed", "mixed/b.png"),
    ],
    "Prediction": [
        Case("no trimap named", "predict --weights net --image photo.png", "--trimap"),
        Case("network and method named", f"{PREDICT} --image photo.png --trimap trimap.png --method knn", "--weights"),
        Case("unknown method", "predict --image photo.png --trimap trimap.png --method magic", "magic"),
        Case("precision without a network", "predict --image photo.png --trimap trimap.png --precision bf16", "--precision"),
        Case("device without a network", "predict --image photo.png --trimap trimap.png --device cuda", "--device"),
        Case("nothing known, no network", "predict --image pixel.png --trimap unknown-pixel.png", "unknown-pixel.png"),
        Case("no memory for a solver", "predict --image photo.png --trimap trimap.png --max-memory 0", "0 GB"),
        Case("matte would replace its image", "predict --weights net --image photo.png --trimap trimap.png --out .", "photo.png"),
        Case("matte would replace its trimap", "predict --weights net --image set/image --trimap set/trimap --out set/trimap", "set/trimap/a.png"),
        Case("output folder is a file", "predict --weights net --image photo.png --trimap trimap.png --out text.png", "text.png"),
        Case("12 bits", f"{PREDICT} --image photo.png --trimap trimap.png --bits 12", "12"),
        Case("background that is neither a colour nor a file", f"{PREDICT} --image photo.png --trimap trimap.png --background beech", "beech"),
        Case("damaged background", f"{PREDICT} --image photo.png --trimap trimap.png --background truncated.png", "truncated.png"),
        Case("memory limit of 0", f"{PREDICT} --image photo.png --trimap trimap.png --max-memory 0", "0 GB"),
        Case("negative overlap", f"{PREDICT} --image photo.png --trimap trimap.png --overlap -8", "-8"),
        Case("unknown device", f"{PREDICT} --image photo.png --trimap trimap.png --device abacus", "abacus"),
    ],
    "Weights": [
        *weights_cases("evaluate --weights"),
        Case("pickle with code, to be imported", "import-weights evil.ckpt --out imported", "evil.ckpt"),
        Case("checkpoint of another network", "import-weights stranger.pth --out imported", "stranger.pth"),
        Case("missing checkpoint", "import-weights nowhere.pth --out imported", "nowhere.pth"),
        Case("imported over a run", "import-weights stranger.pth --out runs/good", "runs/good/model.safetensors"),
        Case("image as a checkpoint", "import-weights photo.png --out imported", "photo.png"),
    ],
    "Training": [
        *TRAINING_DATA,
        *CONFIGURATION,
        *ENCODER,
        *RESUMING,
        Case("folder without fg/", "train --config good.yaml --data.train notes", "notes"),
        Case("damaged foreground", "train --config good.yaml --data.train bad-fg", "bad-fg/fg/b.png"),
        Case("matte of another size", "train --config good.yaml --data.train other-size", "other-size/alpha/a.png"),
        Case("foreground without a matte", "train --config good.yaml --data.train no-alpha", "no-alpha/alpha"),
        Case("matte in colours", "train --config good.yaml --data.train colour-alpha", "colour-alpha/alpha/a.png"),
        Case("missing backgrounds", "train --config good.yaml --data.backgrounds nowhere", "nowhere"),
        Case("held-out trimap of another size", "train --config good.yaml --data.test bad-set", "bad-set/trimap/b.png"),
        Case("no crop", "train --config good.yaml --data.crops []", "crop"),
        Case("crop of no pixels", "train --config good.yaml --data.crops 0", "0"),
        Case("size that 32 does not divide", "train --config good.yaml --data.size 100", "100"),
        Case("encoder weights of another network", "train --config good.yaml --encoder stranger.pth", "stranger.pth"),
        Case("frozen batch norm of random weights", "train --config good.yaml --freeze_bn true", "freeze_bn"),
        Case("a batch of one", "train --config good.yaml --loop.batch_size 1", "batch_size 1"),
        Case("negative rate of the encoder", "train --config good.yaml --encoder_lr_scale -1", "-1"),
        Case("unknown network", "train --config good.yaml --model.name b12", "b12"),
        Case("operator for a network without one", "train --config good.yaml --model.name b1 --model.resampling hin", "b1"),
        Case("unknown configuration", "train --config relaesed", "relaesed"),
        Case("pretrained weights of another width", "train --config good.yaml --model.resampling hin --model.width 0.2 --pretrained net", "net"),
    ],
    "Evaluation, scores, trimaps, pictures": [
        Case("missing data", "evaluate --weights net --data nowhere", "nowhere"),
        Case("trimap of another size", "evaluate --weights net --data bad-set", "bad-set/trimap/b.png"),
        Case("matte would replace the truth", "evaluate --weights net --data set --out set/alpha", "set/alpha/a.png"),
        Case("JSON into a folder", "evaluate --weights net --data set --json notes", "notes"),
        Case("matte of another size", "score --pred other-size/alpha --alpha set/alpha --trimap set/trimap", "other-size/alpha/a.png"),
        Case("matte in colours", "score --pred colour-alpha/alpha --alpha set/alpha --trimap set/trimap", "colour-alpha/alpha/a.png"),
        Case("prediction without a ground truth", "score --pred set/alpha --alpha one --trimap set/trimap", "one"),
        Case("trimap without unknown pixels", "score --pred photo-alpha.png --alpha photo-alpha.png --trimap binary.png", "binary.png"),
        Case("trimap of an opaque matte", "trimap white.png --out trimaps", "white.png"),
        Case("negative radius", "trimap photo-alpha.png --out trimaps --dilate -3", "-3"),
        Case("trimap would replace its matte", "trimap photo-alpha.png --out .", "photo-alpha.png"),
        Case("data with errors", "check-data bad-fg", "bad-fg"),
        Case("folder to be checked is missing", "check-data nowhere", "nowhere"),
        Case("index maps without a trimap", "info --weights net --image photo.png", "--trimap"),
        Case("index maps of max pooling", "info --model.width 0.1 --image photo.png --trimap trimap.png --out maps", "photo.png"),
    ],
    "Export": export_cases("predict --image photo.png --trimap trimap.png"),
}  # fmt: skip


GOOD = {
    "model": {"width": 0.1},
    "data": {"train": "good", "test": "set", "crops": [64], "size": 64, "repeats": 2},
    "loop": {"steps": 2, "batch_size": 2, "accelerator": "cpu"},
    "out": "runs",
}
"""A configuration whose training takes less than a second."""


def make_inputs() -> None:
    """Fill the working folder with the files that the commands of `CASES` name."""
    make_images()
    make_folders()
    make_networks(create_model("b11", resampling="hin", width=0.1), {"task": "matting"}, width=0.2)
    make_bad_exports()
    torch.save({"fc.weight": torch.zeros(3, 3)}, "stranger.pth")
    make_configurations(GOOD)
    make_runs(main)


def make_images() -> None:
    """A photograph with matte and trimap, and files that do not belong to it."""
    rng = np.random.default_rng(0)
    write_image(Path("photo.png"), rng.random((48, 56, 3)))
    make_bad_images(Path("photo.png"))
    write_image(Path("photo-alpha.png"), alpha(48, 56))
    write_image(Path("trimap.png"), trimap(48, 56))
    write_image(Path("small.png"), trimap(24, 28))
    write_image(Path("turned.png"), trimap(56, 48))
    write_image(Path("white.png"), np.ones((48, 56)))
    write_image(Path("binary.png"), (alpha(48, 56) > 0.5).astype(np.float32))
    write_image(Path("glass.png"), rng.random((48, 56, 4)))
    write_image(Path("pixel.png"), rng.random((1, 1, 3)))
    write_image(Path("black-pixel.png"), np.zeros((1, 1)))
    write_image(Path("unknown-pixel.png"), np.full((1, 1), 128, np.uint8))
    write_image(Path("wide.png"), np.zeros((8, 20_000, 3)))
    write_image(Path("wide-trimap.png"), np.full((8, 20_000), 128, np.uint8))


def make_folders() -> None:
    """Good data, and copies that are each wrong in one way."""
    rng = np.random.default_rng(1)
    for name in ("a", "b"):
        for folder in ("good/fg", "set/image"):
            write_image(Path(folder, f"{name}.png"), rng.random((64, 72, 3)))
        for folder in ("good/alpha", "set/alpha"):
            write_image(Path(folder, f"{name}.png"), alpha(64, 72))
        write_image(Path("set/trimap", f"{name}.png"), trimap(64, 72))
    for name in ("bad-fg", "other-size", "no-alpha", "colour-alpha"):
        shutil.copytree("good", name)
    shutil.copytree("set", "bad-set")
    for name in ("one", "twins", "mixed"):
        shutil.copytree("set/trimap", name)
    shutil.copy("truncated.png", "bad-fg/fg/b.png")
    write_image(Path("other-size/alpha/a.png"), alpha(60, 72))
    Path("no-alpha/alpha/b.png").unlink()
    write_image(Path("colour-alpha/alpha/a.png"), rng.random((64, 72, 3)))
    shutil.copy("trimap.png", "bad-set/trimap/b.png")
    Path("one/b.png").unlink()
    Image.fromarray(trimap(64, 72)).save("twins/a.bmp")
    shutil.copy("truncated.png", "mixed/b.png")


def alpha(height: int, width: int) -> np.ndarray:
    """A disc with a soft edge, (H, W) in [0, 1]."""
    rows, columns = np.mgrid[:height, :width]
    distance = np.hypot(rows - height / 2, columns - width / 2)
    return ((0.35 * height - distance) / 6 + 0.5).clip(0, 1)


def trimap(height: int, width: int) -> np.ndarray:
    """Its trimap."""
    matte = alpha(height, width)
    return np.where((matte > 0) & (matte < 1), 128, 255 * (matte == 1)).astype(np.uint8)


PROGRAM = Program("indexnet-matting", main, CASES, make_inputs)
