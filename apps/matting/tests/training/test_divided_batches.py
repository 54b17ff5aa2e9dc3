from pathlib import Path

import pytest

from indexnet_matting.cli import main
from tests.divided_batches import check_divided_batches


@pytest.mark.slow
def test_steps_do_not_depend_on_how_their_batches_are_divided(
    training_folder: Path, test_folder: Path, tmp_path: Path
) -> None:
    """Each image counts the same, whatever its number of unknown pixels. B10 is B11 without ASPP, whose
    dropout is drawn on each process."""
    check_divided_batches(
        main, tmp_path / "runs", "--data.train", training_folder, "--data.test", test_folder,
        "--data.crops", 64, "--data.size", 64, "--data.repeats", 10, "--model.name", "b10",
        "--model.width", 0.1, "--model.resampling", "m2o-nl", frozen=["--encoder_lr_scale", 1],
    )  # fmt: skip
