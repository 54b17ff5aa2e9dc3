"""The sheet of photographs with camera noise."""

import numpy as np
import pytest

from indexnet_engine.errors import UserError
from tools.demo.camera_noise import camera_sheet


def test_a_row_for_each_pair_and_a_column_for_each_network() -> None:
    rng = np.random.default_rng(0)
    images = {name: rng.random((64, 80, 3), np.float32) for name in ("a", "b")}
    one = camera_sheet(images, ["a-1"], {"same": lambda image: image}, height=40)
    cells = [one[-40:, at : at + 40].astype(int) for at in (0, 44, 88)]
    assert one.shape[1] == 128
    assert np.array_equal(cells[0], cells[1])
    assert np.abs(cells[0] - cells[2]).mean() > 1
    assert camera_sheet(images, None, {}, height=40).shape[0] > 2 * 40
    with pytest.raises(UserError, match="--pairs c-0: no such pair; there are a-0, a-1"):
        camera_sheet(images, ["c-0"], {})
