"""Depth of a video or a webcam, frame by frame, with the frames per second shown."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from indexnet_depth.output.panels import colour_depth, depth_range, with_scale_bar
from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors
from indexnet_engine.progress import progress_bar, say

# Silences the libraries: the error names a damaged file. OpenCV reads this once.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

__all__ = ["VIDEO_SUFFIXES", "estimate_video", "is_video"]

VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg"})

_CAMERA = "camera:"
_SMOOTHING = 0.9  # of the displayed frame rate
_USUAL_RATE = 30.0  # where a camera or a file has no frame rate

Estimate = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def is_video(source: str) -> bool:
    """Return whether an input is a video file, by its suffix, or a webcam.

    >>> is_video("a/walk.MP4"), is_video("camera:0"), is_video("photo.jpg")
    (True, True, False)
    """
    return source.startswith(_CAMERA) or Path(source).suffix.lower() in VIDEO_SUFFIXES


def estimate_video(
    source: str,
    out: Path,
    estimate: Estimate,
    limits: tuple[float, float] | None = None,
    frames: int | None = None,
    show: bool = False,
) -> Path:
    """Write a video with each frame beside its depth in colours.

    Each frame shows the frames per second of network and drawing; they are printed at the end. All frames
    have one range of colours. Ctrl-C ends a webcam's video; the frames until then are kept.

    Args:
        source: a video file, or ``camera:0``.
        out: folder for the result, ``NAME.mp4``.
        estimate: function from an image (H, W, 3) in [0, 1] to its depth (H, W) in metres.
        limits: metres of the first and the last colour; by default those of the first frame.
        frames: largest number of frames.
        show: whether a window shows the frames meanwhile; the key q ends it.

    Returns:
        The file that was written.

    Raises:
        UserError: the source cannot be opened, has no frame, or is the result, or there are no windows;
            nothing has been written then.
    """
    name = source.replace(":", "-") if source.startswith(_CAMERA) else Path(source).stem
    path = out / f"{name}.mp4"
    if not source.startswith(_CAMERA) and path.resolve() == Path(source).resolve():
        raise UserError(f"{path} is an input and would be overwritten; choose another --out")
    with _opened(source) as capture:
        total = int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) or 0
        total = min(filter(None, (max(total, 0), frames)), default=0)
        rate = capture.get(cv2.CAP_PROP_FPS)
        first = _read(capture)
        if first is None:
            raise UserError(f"{source}: holds no frame that can be read")
        if show:
            _open_window(name)
        make_folder(out)
        with naming_write_errors(path, cv2.error), atomic_path(path) as temporary:
            done, speed = _write(
                temporary,
                islice(_all(first, capture), frames),
                rate if 1 <= rate <= 240 else _USUAL_RATE,
                estimate,
                limits,
                total,
                name if show else None,
            )
    say(f"wrote {done} frames to {path}, {speed:.1f} a second")
    return path


def _write(
    path: Path,
    images: Iterator[NDArray[np.uint8]],
    rate: float,
    estimate: Estimate,
    limits: tuple[float, float] | None,
    total: int,
    window: str | None,
) -> tuple[int, float]:
    """Write all frames; return their number and the frames per second."""
    writer, done, speed, spent = None, 0, 0.0, 0.0
    try:
        with progress_bar(total, "depth", unit="frame") as bar:
            for image in images:
                begun = time.perf_counter()
                depth = estimate(image.astype(np.float32) / np.float32(255))
                limits = limits or depth_range(depth)
                colours = with_scale_bar(colour_depth(depth, *limits), *limits)
                picture = _even(_captioned(np.concatenate([image, colours], 1), speed))
                if writer is None:
                    size = (picture.shape[1], picture.shape[0])
                    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, size)
                    if not writer.isOpened():
                        raise OSError("OpenCV cannot write MP4 here")
                writer.write(np.ascontiguousarray(picture[..., ::-1]))
                took = time.perf_counter() - begun
                speed = 1 / took if done == 0 else _SMOOTHING * speed + (1 - _SMOOTHING) / took
                done, spent = done + 1, spent + took
                bar.set_postfix_str(f"{speed:.1f} frames/s", refresh=False)
                bar.update()
                if window is not None and _shown(window, picture):
                    break
    except KeyboardInterrupt:
        if writer is None:
            raise
        say("stopped; the frames until here are kept")
    finally:
        if writer is not None:
            writer.release()
    return done, done / spent


def _all(first: NDArray[np.uint8], capture: "cv2.VideoCapture") -> Iterator[NDArray[np.uint8]]:
    image: NDArray[np.uint8] | None = first
    while image is not None:
        yield image
        image = _read(capture)


def _open_window(name: str) -> None:
    try:
        cv2.namedWindow(name)
    except cv2.error as error:
        raise UserError(
            "--show: OpenCV has no windows here (opencv-python-headless); leave it out, "
            "or install opencv-python"
        ) from error


def _shown(window: str, picture: NDArray[np.uint8]) -> bool:
    """Show a frame and return whether q was pressed."""
    cv2.imshow(window, np.ascontiguousarray(picture[..., ::-1]))
    return bool(cv2.waitKey(1) & 0xFF == ord("q"))


def _read(capture: "cv2.VideoCapture") -> NDArray[np.uint8] | None:
    """Return the next frame, RGB (H, W, 3), or None at the end."""
    there, frame = capture.read()
    return np.ascontiguousarray(frame[..., ::-1], np.uint8) if there else None


@contextmanager
def _opened(source: str) -> Iterator["cv2.VideoCapture"]:
    if source.startswith(_CAMERA):
        number = source.removeprefix(_CAMERA)
        if not number.isdecimal():
            raise UserError(f"{source}: expected camera: and a number, camera:0 for the first")
        place: int | str = int(number)
    else:
        if not Path(source).is_file():
            raise UserError(f"{source}: no such file")
        place = source
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    capture = cv2.VideoCapture(place)
    try:
        if not capture.isOpened():
            raise UserError(f"{source}: cannot be opened as a {'camera' if place != source else 'video'}")
        yield capture
    finally:
        capture.release()


def _captioned(picture: NDArray[np.uint8], speed: float) -> NDArray[np.uint8]:
    """Write the frames per second into the upper left corner."""
    if not speed:
        return picture
    sheet = Image.fromarray(picture)
    size = max(10, picture.shape[0] // 20)
    pen = ImageDraw.Draw(sheet)
    text, font = f"{speed:.1f} frames/s", ImageFont.load_default(size=size)
    pen.rectangle(pen.textbbox((4, 2), text, font=font), fill="black")
    pen.text((4, 2), text, fill="white", font=font)
    return np.asarray(sheet)


def _even(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make the sides even, as video codecs require."""
    height, width = picture.shape[:2]
    return np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
