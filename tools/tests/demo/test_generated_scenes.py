from pathlib import Path

import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image
from indexnet_engine.images.panels import GAP, LINE
from indexnet_matting.data.generator.open_generated import open_generated
from indexnet_matting.data.generator.scene import draw_scene
from tools.demo import generated_scenes as tool


def test_a_row_shows_image_alpha_and_trimap() -> None:
    photographs = open_generated().photographs
    sheet = tool.contact_sheet(photographs, ["solid", "veil"], each=1, size=64, seed=5)
    assert sheet.dtype == np.uint8
    scene = draw_scene(64, np.random.default_rng([5, 12, 0]), photographs, "solid")
    assert sheet.shape == (2 * 64 + 2 * GAP, LINE + 3 * 64 + 2 * GAP, 3)
    row = sheet[:64, LINE:]
    np.testing.assert_array_equal(row[:, :64], np.rint(255 * scene.image).astype(np.uint8))
    np.testing.assert_array_equal(
        row[:, 64 + GAP : 128 + GAP, 0], np.rint(255 * scene.alpha).astype(np.uint8)
    )
    np.testing.assert_array_equal(row[:, 128 + 2 * GAP :, 0], scene.trimap)


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "sheet.png"
    words = ["tool", str(out), "--kinds", "smoke", "--each", "2", "--size", "48"]
    monkeypatch.setattr("sys.argv", words)
    tool.main()
    assert read_image(out).shape[1] == LINE + 6 * 48 + 5 * GAP


def test_unknown_kinds_are_named() -> None:
    with pytest.raises(UserError, match=r"expected some of hair, fur, .*, got wood"):
        tool.contact_sheet(open_generated().photographs, ["wood"])
    with pytest.raises(UserError, match="each"):
        tool.contact_sheet(open_generated().photographs, ["hair"], each=0)
