import sys
from pathlib import Path

import numpy as np
import pytest

from indexnet_depth.data.open_data import open_data
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image
from tools.prepare import merge_depth


@pytest.fixture
def sources(tmp_path: Path) -> list[str]:
    """The same depth in three units: folders in millimetres and 1/5000 m, and a pair in metres."""
    rng = np.random.default_rng(0)
    metres = rng.uniform(1, 4, (5, 30, 40)).round(3)
    metres[:, 0, 0] = 0
    for folder, counts in (("a", 1000), ("b", 5000)):
        for number in range(4):
            write_image(tmp_path / folder / "rgb" / f"{number}.png", rng.random((30, 40, 3)))
            depth = np.rint(metres[number] * counts).astype(np.uint16)
            write_image(tmp_path / folder / "depth" / f"{number}.png", depth, 16)
    write_image(tmp_path / "photo.png", rng.random((30, 40, 3)))
    np.save(tmp_path / "depth.npy", metres[4])
    np.save(tmp_path / "metres.npy", metres)
    pair = f"{tmp_path}/photo.png:{tmp_path}/depth.npy:metre"
    return [f"{tmp_path}/a:millimetre", f"{tmp_path}/b:1/5000 m", pair]


def test_all_is_metres(sources: list[str], tmp_path: Path) -> None:
    metres = np.load(tmp_path / "metres.npy")
    assert merge_depth.merge(tmp_path / "out", sources) == 9
    frames = open_data(str(tmp_path / "out"), "train", "metre")
    assert len(frames.names) == 9
    expected = [*metres[:4], *metres[:4], metres[4]]
    for index, depth in enumerate(expected):
        np.testing.assert_allclose(frames.read(index).depth, depth, atol=1e-4)
    assert not list(tmp_path.glob(".merge-*"))


def test_every_frame_is_on_one_side(sources: list[str], tmp_path: Path) -> None:
    assert merge_depth.merge(tmp_path / "held", sources, every=2) == 5
    assert merge_depth.merge(tmp_path / "rest", sources, but_every=2) == 4
    names = [{file.name for file in (tmp_path / part / "rgb").iterdir()} for part in ("held", "rest")]
    assert not names[0] & names[1]


def test_smaller_frames_keep_depths_that_were_measured(sources: list[str], tmp_path: Path) -> None:
    merge_depth.merge(tmp_path / "out", sources[:1], height=15)
    frame = open_data(str(tmp_path / "out"), "train", "metre").read(1)
    assert frame.image.shape == (15, 20, 3)
    assert np.isin(frame.depth, np.load(tmp_path / "metres.npy")[1].astype(np.float32)).all()


def test_what_is_wrong_leaves_nothing(sources: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    for wrong, message in (
        ("nowhere:metre", "nowhere: no such"),
        ("nowhere", "expected SOURCE:UNIT"),
        (sources[0].replace("millimetre", "metre"), "millimetres"),
    ):
        with pytest.raises(UserError, match=message):
            merge_depth.merge(out, [*sources, wrong])
    with pytest.raises(UserError, match="at least 2, got 1"):
        merge_depth.merge(out, sources, every=1)
    with pytest.raises(UserError, match="height must be positive, got -3"):
        merge_depth.merge(out, sources, height=-3)
    with pytest.raises(UserError, match="no frames remain"):
        merge_depth.merge(out, sources[2:], but_every=2)
    assert not out.exists()
    assert not list(tmp_path.glob(".merge-*"))
    out.mkdir()
    with pytest.raises(UserError, match="exists already"):
        merge_depth.merge(out, sources)


def test_as_a_program(
    sources: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["merge_depth.py", str(tmp_path / "out"), *sources])
    merge_depth.main()
    assert capsys.readouterr().out == "wrote 9 frames\n"
