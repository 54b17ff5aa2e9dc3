from pathlib import Path

import pytest

from indexnet_denoising.cli import main
from tests.divided_batches import check_divided_batches


@pytest.mark.slow
def test_steps_do_not_depend_on_how_their_batches_are_divided(photos: Path, tmp_path: Path) -> None:
    check_divided_batches(
        main, tmp_path / "runs", "--data.train", photos, "--data.test", photos, "--data.patch_size", 32,
        "--model.width", 4, "--model.resampling", "o2o-shared-nl", "--loss", "psnr",
    )  # fmt: skip
