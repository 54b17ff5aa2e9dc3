from pathlib import Path

import cv2
import numpy as np
import pytest

from indexnet_depth.output import video
from indexnet_depth.output.video import estimate_video
from indexnet_engine.errors import UserError

HEIGHT, WIDTH, FRAMES = 48, 64, 5


def frame(number: int) -> np.ndarray:
    return np.full((HEIGHT, WIDTH, 3), 40 * number + 20, np.uint8)


@pytest.fixture
def walk(tmp_path: Path) -> Path:
    """Five frames, each brighter than the last."""
    writer = cv2.VideoWriter(str(tmp_path / "walk.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 12, (WIDTH, HEIGHT))
    for number in range(FRAMES):
        writer.write(frame(number))
    writer.release()
    return tmp_path / "walk.mp4"


def read_video(path: Path) -> list[np.ndarray]:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (answer := capture.read())[0]:
        frames.append(answer[1])
    assert capture.get(cv2.CAP_PROP_FPS) == 12
    return frames


def test_each_frame_stands_beside_its_depth(walk: Path, tmp_path: Path, capsys) -> None:
    seen = []

    def estimate(image: np.ndarray) -> np.ndarray:
        seen.append(image)
        return 1 + 4 * image[..., 0]

    result = estimate_video(str(walk), tmp_path / "out", estimate, (1.0, 5.0))
    assert result == tmp_path / "out" / "walk.mp4"
    frames = read_video(result)
    assert len(frames) == len(seen) == FRAMES
    for number, (given, written) in enumerate(zip(seen, frames)):
        assert given.shape == (HEIGHT, WIDTH, 3)
        assert given.mean() == pytest.approx(frame(number).mean() / 255, abs=0.02)
        # Compression loses some of it.
        assert written[24:40, 10:50].mean() == pytest.approx(frame(number).mean(), abs=12)
    brightness = [written[10:40, WIDTH + 10 : 2 * WIDTH - 10].mean() for written in frames]
    assert sorted(brightness, reverse=True) == brightness  # farther is darker
    assert "wrote 5 frames to" in capsys.readouterr().err


def test_the_first_frame_fixes_the_colours(walk: Path, tmp_path: Path) -> None:
    depths = iter([np.linspace(1, 2, HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)] * FRAMES)
    frames = read_video(estimate_video(str(walk), tmp_path / "out", lambda _: next(depths)))
    right = [written[:, WIDTH + 10 : 2 * WIDTH - 10].astype(int) for written in frames]
    assert np.abs(right[0] - right[-1]).mean() < 6


def test_some_frames_only(walk: Path, tmp_path: Path) -> None:
    result = estimate_video(str(walk), tmp_path / "out", lambda image: image[..., 0] + 1, None, 2)
    assert len(read_video(result)) == 2


def test_ctrl_c_keeps_the_finished_frames(walk: Path, tmp_path: Path, capsys) -> None:
    calls = []

    def estimate(image: np.ndarray) -> np.ndarray:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return image[..., 0] + 1

    assert len(read_video(estimate_video(str(walk), tmp_path / "out", estimate))) == 2
    assert "the frames until here are kept" in capsys.readouterr().err


def test_an_error_leaves_no_files(walk: Path, tmp_path: Path) -> None:
    def estimate(image: np.ndarray) -> np.ndarray:
        raise UserError("out of luck")

    with pytest.raises(UserError, match="out of luck"):
        estimate_video(str(walk), tmp_path / "out", estimate)
    assert list((tmp_path / "out").iterdir()) == []


def test_files_that_are_no_video(walk: Path, tmp_path: Path, capfd) -> None:
    (tmp_path / "cut.mp4").write_bytes(walk.read_bytes()[:300])
    (tmp_path / "text.avi").write_text("no video")
    for source, message in (
        (str(tmp_path / "cut.mp4"), r"cut\.mp4: cannot be opened as a video|cut\.mp4: holds no frame"),
        (str(tmp_path / "text.avi"), r"text\.avi: cannot be opened as a video"),
        (str(tmp_path / "none.mp4"), r"none\.mp4: no such file"),
        ("camera:99", "camera:99: cannot be opened as a camera"),
        ("camera:front", "camera:front: expected camera: and a number"),
    ):
        with pytest.raises(UserError, match=message):
            estimate_video(source, tmp_path / "out", lambda image: image[..., 0])
    assert not (tmp_path / "out").exists()
    assert capfd.readouterr().err == ""


def test_the_result_does_not_replace_the_video(walk: Path) -> None:
    with pytest.raises(UserError, match="is an input and would be overwritten"):
        estimate_video(str(walk), walk.parent, lambda image: image[..., 0])


def test_windows(walk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_window(name: str) -> None:
        raise cv2.error("The function is not implemented")

    monkeypatch.setattr(cv2, "namedWindow", no_window)
    with pytest.raises(UserError, match="--show: OpenCV has no windows here"):
        estimate_video(str(walk), tmp_path / "out", lambda image: image[..., 0] + 1, show=True)
    shown = []
    monkeypatch.setattr(video, "_open_window", lambda name: None)
    monkeypatch.setattr(cv2, "imshow", lambda name, picture: shown.append(name))
    monkeypatch.setattr(cv2, "waitKey", lambda delay: ord("q") if len(shown) == 3 else -1)
    result = estimate_video(str(walk), tmp_path / "out", lambda image: image[..., 0] + 1, show=True)
    assert len(read_video(result)) == len(shown) == 3


def test_from_the_command_line(command, walk: Path, net_folder: Path, tmp_path: Path) -> None:
    answer = command("predict", walk, "--weights", net_folder, "--out", tmp_path / "out", "--frames", 2)
    assert answer.status == 0
    assert "wrote 2 frames" in answer.err
    assert len(read_video(tmp_path / "out" / "walk.mp4")) == 2
    for words in ((walk, "--intrinsics", 1, 1, 0, 0), (walk, walk)):
        answer = command("predict", *words, "--weights", net_folder, "--out", tmp_path / "again")
        assert answer.status == 2
    assert not (tmp_path / "again").exists()
