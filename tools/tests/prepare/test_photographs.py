import numpy as np
import pytest

import tools.prepare.photographs as tool
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.images.sample_photos import PHOTOGRAPHS


@pytest.fixture
def photographs(tmp_path):
    """The four held-out photographs and one other: gray ramps from left to right."""
    ramp = np.broadcast_to(np.linspace(0, 1, 1200, dtype=np.float32)[:, None], (1000, 1200, 3))
    for name in (*tool.HELD_OUT, "barn"):
        write_image(tmp_path / "photographs" / f"{name}.png", ramp)
    return tmp_path / "photographs"


def test_photographs_are_divided(photographs, tmp_path):
    tool.prepare(photographs, tmp_path / "out")
    train, test = ({file.stem for file in (tmp_path / "out" / part).iterdir()} for part in ("train", "test"))
    assert {"barn", "astronaut"} < train
    assert set(tool.HELD_OUT) | set(PHOTOGRAPHS["test"]) == test
    assert not train & test


def test_held_out_images_are_the_middle_at_half_size(photographs, tmp_path):
    tool.prepare(photographs, tmp_path / "out")
    image = read_image(tmp_path / "out" / "test" / f"{tool.HELD_OUT[0]}.png")
    assert image.shape == (tool.SIDE, tool.SIDE, 3)
    assert image.mean() == pytest.approx(0.5, abs=0.01)
    assert image[0, -1, 0] - image[0, 0, 0] == pytest.approx(tool.SIDE / 600, abs=0.01)


def test_a_missing_or_small_photograph_is_named(photographs, tmp_path):
    (photographs / f"{tool.HELD_OUT[2]}.png").unlink()
    with pytest.raises(UserError, match=f"no photograph {tool.HELD_OUT[2]}"):
        tool.prepare(photographs, tmp_path / "out")
    write_image(photographs / f"{tool.HELD_OUT[2]}.png", np.zeros((400, 900, 3)))
    with pytest.raises(UserError, match=f"{tool.HELD_OUT[2]} is smaller than 896x896"):
        tool.prepare(photographs, tmp_path / "out2")
