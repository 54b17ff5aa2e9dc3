from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from indexnet_segmentation.cli import main
from tests.divided_batches import check_divided_batches


@pytest.fixture
def noise_folder(tmp_path: Path) -> Path:
    """Eight noise images for training and one held out, with random labels; from none to most are void."""
    rng = np.random.default_rng(0)
    for split, count in (("train", 8), ("val", 1)):
        for kind in ("image", "label"):
            (tmp_path / "noise" / split / kind).mkdir(parents=True)
        for number in range(count):
            image = rng.integers(0, 256, (36, 36, 3), np.uint8)
            label = rng.integers(0, 3, (36, 36), np.uint8)
            label[: 4 * number] = 255
            for kind, picture in (("image", image), ("label", label)):
                Image.fromarray(picture).save(tmp_path / "noise" / split / kind / f"{number}.png")
    classes = {"classes": ["lawn", "pond", "wall"], "void": 255}
    (tmp_path / "noise" / "classes.yaml").write_text(yaml.safe_dump(classes))
    return tmp_path / "noise"


@pytest.mark.slow
def test_steps_do_not_depend_on_how_their_batches_are_divided(noise_folder: Path, tmp_path: Path) -> None:
    check_divided_batches(
        main, tmp_path / "runs", "--data.train", noise_folder, "--data.size", 32, "--data.scales", 1, 1,
        "--model.width", 4, "--model.resampling", "m2o-nl", "--balance", "median-frequency",
    )  # fmt: skip
