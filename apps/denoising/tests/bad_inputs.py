"""Bad inputs of ``indexnet-denoising``: description, command, and what the error line names."""

import shutil
from pathlib import Path

import numpy as np

from indexnet_denoising.cli import main
from indexnet_denoising.models import create_model
from indexnet_engine.images.image_file import write_image
from tests.bad_inputs.cases import (
    CONFIGURATION,
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

CASES: dict[str, list[Case]] = {
    "Images": [
        *image_cases("predict {} --weights net"),
        Case("truncated JPEG", "predict truncated.jpg --weights net", "truncated.jpg"),
        Case("folder named .png", "predict folder.png --weights net", "folder.png"),
        Case("text that unpacks to 100 MB", "predict bomb.png --weights net", "bomb.png"),
        Case("one bad image among good ones", "predict mixed --weights net", "mixed/b.png"),
        Case("two images of one name", "predict twins --weights net", "twins/a.png"),
        Case("bad images in a folder to be checked", "check-data mixed", "mixed"),
        Case("folder to be checked is missing", "check-data nowhere", "nowhere"),
    ],
    "Training data": [
        *TRAINING_DATA,
        Case("folder without images", "train --config good.yaml --data.train notes", "notes"),
        Case("bad image", "train --config good.yaml --data.train mixed", "mixed/b.png"),
        Case("two images of one name", "train --config good.yaml --data.train twins", "twins/a.png"),
        Case("image smaller than a patch", "train --config good.yaml --data.train small", "small/a.png"),
        Case("held-out image too small for SSIM", "train --config good.yaml --data.test tiny", "tiny"),
        Case("patch size 36 for three stages", "train --config good.yaml --data.patch_size 36", "36"),
        Case("patch size 0", "train --config good.yaml --data.patch_size 0", "size 0"),
        Case("no scales", "train --config good.yaml --data.scales []", "scales []"),
        Case("negative stride", "train --config good.yaml --data.stride -10", "-10"),
        Case("camera noise in gray images", "train --config good.yaml --data.noise camera", "camera"),
        Case(
            "flat patches without a grid",
            "train --config good.yaml --data.crops random --data.flat_share 0.3",
            "flat_share",
        ),
        Case(
            "random crops of small images",
            "train --config good.yaml --data.crops random --data.train small",
            "small",
        ),
    ],
    "Weights": [
        *weights_cases("predict photo.png --weights"),
        Case("pickle with code instead of a folder", "evaluate --weights evil.ckpt", "evil.ckpt"),
    ],
    "Configuration": [
        *CONFIGURATION,
        Case("wrong type", "train --config good.yaml --model.width wide", "wide"),
        Case("broken YAML", "train --config broken.yaml", "broken.yaml"),
        Case("file that is not YAML", "train --config photo.png", "photo.png"),
        Case("list instead of options", "train --config list.yaml", "list.yaml"),
        Case("missing configuration file", "train --config nowhere.yaml", "nowhere.yaml"),
        Case("unknown command", "trian", "trian"),
        Case("negative width", "train --config good.yaml --model.width -4", "-4"),
        Case("hidden width 0", "train --config good.yaml --model.expansion 0", "0"),
        Case("two channels", "train --config good.yaml --model.channels 2", "2"),
        Case("negative sigma", "train --config good.yaml --data.sigma -5", "-5"),
        Case("sigma 300", "train --config good.yaml --data.sigma 300", "300"),
        Case("range in the wrong order", "train --config good.yaml --data.sigma 55 0", "55 0"),
        Case("three noise levels", "train --config good.yaml --data.sigma 15 25 50", "[15.0, 25.0, 50.0]"),
        Case("held-out noise beyond the scale", "train --config good.yaml --data.test_sigma 5 300", "300"),
        Case("share of flat patches above 1", "train --config good.yaml --data.flat_share 1.5", "1.5"),
        Case("batch 0", "train --config good.yaml --loop.batch_size 0", "0"),
        Case("batch size that is not divisible", "train --config good.yaml --loop.accumulate 3", "3"),
        Case("learning rate infinite", "train --config good.yaml --optim.lr inf", "inf"),
        Case("negative steps", "train --config good.yaml --loop.steps -1", "-1"),
        Case("unknown precision", "train --config good.yaml --loop.precision fp8", "fp8"),
        Case("unknown accelerator", "train --config good.yaml --loop.accelerator abacus", "abacus"),
        Case("more devices than processes", "train --config good.yaml --loop.devices 7", "7"),
        Case("name with a slash", "train --config good.yaml --name a/b", "a/b"),
        Case("runs folder is a file", "train --config good.yaml --out photo.png", "photo.png"),
    ],
    "Resuming": [
        *RESUMING,
        Case("missing run", "train --resume nowhere", "nowhere"),
        Case("folder that is not a run", "train --resume photos", "photos"),
        Case("data that were changed", "train --resume runs/changed", "runs/changed/last.ckpt"),
    ],
    "Evaluation and scores": [
        Case("missing data", "evaluate --weights net --data nowhere", "nowhere"),
        Case("image smaller than the SSIM window", "evaluate --weights net --data tiny", "tiny"),
        Case("bad image", "evaluate --weights net --data mixed", "mixed/b.png"),
        Case("negative sigma", "evaluate --weights net --data photos --sigma 25 -5", "-5"),
        Case("no sigma", "evaluate --weights net --data photos --sigma []", "--sigma"),
        Case("JSON into a folder", "evaluate --weights net --data photos --json notes", "notes"),
        Case("CSV below a file", "score --pred photos --clean photos --csv photo.png/a.csv", "photo.png"),
        Case("different sizes", "score --pred other-size --clean photos", "other-size/a.png"),
        Case("colour against gray", "score --pred colour --clean photos", "colour/a.png"),
        Case("prediction without a clean image", "score --pred photos --clean one", "one"),
        Case("clean image without a prediction", "score --pred one --clean photos", "one"),
        Case("image smaller than the SSIM window", "score --pred tiny --clean tiny", "tiny/a.png"),
        Case("noisy images of other names", "score --pred photos --clean photos --noisy one", "one"),
        Case("noisy images of another size", "score --pred one --clean one --noisy sized", "sized/a.png"),
        Case("no clean images named", "score --pred photos", "--clean"),
    ],
    "Prediction and pictures": [
        Case("result would replace its input", "predict photo.png --weights net --out .", "photo.png"),
        Case("output folder is a file", "predict photos --weights net --out photo.png", "photo.png"),
        Case("tile smaller than the overlap", "predict photo.png --weights net --tile 16 --overlap 24", "24"),
        Case("tile 0", "predict photo.png --weights net --tile 0", "0"),
        Case("negative overlap", "predict photo.png --weights net --overlap -8", "-8"),
        Case("unknown device", "predict photo.png --weights net --device abacus", "abacus"),
        Case("missing device", "predict photo.png --weights net --device cuda:99", "cuda:99"),
        Case("negative strength", "predict photo.png --weights net --strength -0.5", "-0.5"),
        Case("strength that is not a number", "predict photo.png --weights net --strength nan", "nan"),
        Case("sigma 300", "predict photo.png --weights net --add-noise 300", "300"),
        Case("noise level that is not a number", "predict photo.png --weights net --add-noise loud", "loud"),
        Case("nothing to denoise", "predict", "--input"),
        Case("index maps of max pooling", "info --model.resampling max --image photo.png", "photo.png"),
        Case("index maps of a bad image", "info --image truncated.png", "truncated.png"),
        Case("index maps into a file", "info --weights net --image photo.png --out text.png", "text.png"),
    ],
    "Export": export_cases("predict photo.png"),
}  # fmt: skip


GOOD = {
    "model": {"width": 4},
    "data": {"train": "photos", "test": "photos"},
    "loop": {"steps": 2, "batch_size": 2, "accelerator": "cpu"},
    "out": "runs",
}
"""A configuration whose training takes less than a second."""


def make_inputs() -> None:
    """Fill the working folder with the files that the commands of `CASES` name."""
    make_images()
    make_networks(
        create_model("dncnn-segnet", resampling="o2o-shared", width=4), {"task": "denoising"}, width=6
    )
    make_bad_exports()
    make_configurations(GOOD)
    make_runs(main)
    make_changed_run()


def make_images() -> None:
    """Good photographs, and files that only look like photographs."""
    rng = np.random.default_rng(0)
    for name, *shape in (
        ("photo", 48, 56), ("photos/a", 48, 48), ("photos/b", 48, 48), ("one/a", 48, 48), ("mixed/a", 48, 48),
        ("twins/a", 48, 48), ("small/a", 20, 20), ("tiny/a", 5, 5), ("other-size/a", 40, 48),
        ("sized/a", 40, 48), ("other-size/b", 48, 48), ("colour/a", 48, 48, 3), ("colour/b", 48, 48, 3),
    ):  # fmt: skip
        write_image(Path(f"{name}.png"), rng.random(shape))
    write_image(Path("twins/a.jpg"), rng.random((48, 48)))
    make_bad_images(Path("photo.png"))
    shutil.copy("truncated.png", "mixed/b.png")


def make_changed_run() -> None:
    """A run whose configuration file was edited afterwards."""
    shutil.copytree("runs/good", "runs/changed")
    config = Path("runs/changed/config.yaml")
    config.write_text(config.read_text().replace("train: photos", "train: one"))


PROGRAM = Program("indexnet-denoising", main, CASES, make_inputs)
