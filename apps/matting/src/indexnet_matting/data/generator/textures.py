"""Colours of surfaces: parts of photographs, recoloured, and procedural textures."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image
from indexnet_engine.randomness import log_uniform
from indexnet_matting.data.generator.layers import Plane
from indexnet_matting.data.generator.noise import centres, fractal_noise, ramp, smoothstep, warp

__all__ = ["Photographs", "procedural", "recolour", "streaks", "surface"]


class Photographs:
    """Photographs in memory, from which random square parts are cut.

    Args:
        files: image files, read when they are first needed.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        if not files:
            raise UserError("no photographs to cut textures from")
        self.files = list(files)
        self._read: dict[int, NDArray[np.uint8]] = {}

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, number: int) -> NDArray[np.uint8]:
        """Return a photograph, uint8 (H, W, 3)."""
        if number not in self._read:
            self._read[number] = np.rint(255 * read_image(self.files[number], 3)).astype(np.uint8)
        return self._read[number]

    def __getstate__(self) -> dict[str, object]:
        return {"files": self.files, "_read": {}}

    def cut(
        self, size: int, rng: np.random.Generator, *, number: int | None = None, fine: bool = True
    ) -> Plane:
        """Cut a square, turn or mirror it, and resize it to ``size``.

        Args:
            size: side of the result in pixels.
            rng: generator of photograph, place and scale.
            number: which photograph; a random one by default.
            fine: whether small parts are as likely as the whole picture.

        Returns:
            float32 (size, size, 3) in [0, 1].
        """
        number = int(rng.integers(len(self))) if number is None else number
        photograph = self[number]
        height, width, _ = photograph.shape
        largest = min(height, width)
        smallest = min(largest, int(size * (0.6 if fine else 1.2)))
        part = photograph
        for _ in range(3):  # a sky without structure is drawn again
            side = int(log_uniform(rng, smallest, largest))
            top, left = int(rng.integers(height - side + 1)), int(rng.integers(width - side + 1))
            part = photograph[top : top + side, left : left + side]
            if part[:: max(1, side // 32), :: max(1, side // 32)].std() > 12:
                break
        method = cv2.INTER_AREA if len(part) > size else cv2.INTER_LINEAR
        resized = np.asarray(cv2.resize(part, (size, size), interpolation=method), np.float32) * np.float32(
            1 / 255
        )
        if rng.random() < 0.5:
            resized = resized[:, ::-1]
        return np.ascontiguousarray(np.rot90(resized, int(rng.choice([0, 0, 0, 1, 2, 3]))))


def surface(size: int, rng: np.random.Generator, photographs: Photographs) -> Plane:
    """Draw the texture of a foreground, (size, size, 3) in [0, 1]: mostly recoloured photographs."""
    texture = photographs.cut(size, rng) if rng.random() < 0.75 else procedural(size, rng)
    return recolour(texture, rng) if rng.random() < 0.7 else texture


def recolour(texture: Plane, rng: np.random.Generator) -> Plane:
    """Turn hues, and change saturation, contrast, brightness and the colour of the light.

    Returns:
        float32 (H, W, 3) in [0, 1].
    """
    turn = rng.uniform(0, 2 * np.pi) if rng.random() < 0.3 else rng.normal(0, 0.15)
    saturation = rng.uniform(0.2, 1.4) if rng.random() < 0.85 else 0.0
    cos, sin = np.cos(turn), np.sin(turn) / np.sqrt(3)
    rest = (1 - cos) / 3
    # Rotation about the gray axis.
    turned = [
        [cos + rest, rest - sin, rest + sin],
        [rest + sin, cos + rest, rest - sin],
        [rest - sin, rest + sin, cos + rest],
    ]
    gray = np.full((3, 3), 1 / 3)
    contrast, middle = float(np.exp(rng.normal(0, 0.35))), float(np.mean(cv2.mean(texture)[:3]))
    wanted = rng.uniform(0.12, 0.88) if rng.random() < 0.5 else middle
    light = np.exp(rng.normal(0, 0.08, (3, 1)))
    matrix = light * (contrast * gray + saturation * (np.array(turned) - gray))
    shift = light * (wanted - contrast * middle)
    return np.asarray(cv2.transform(texture, np.hstack([matrix, shift])), np.float32).clip(0, 1)


def procedural(size: int, rng: np.random.Generator) -> Plane:
    """Draw a gradient between two colours along a ramp, noise, stripes, streaks or checks."""
    first, second = rng.uniform(0, 1, (2, 3)).astype(np.float32)
    if rng.random() < 0.5:  # usually similar colours
        second = (first + rng.normal(0, 0.15, 3)).clip(0, 1).astype(np.float32)
    kind = str(rng.choice(["ramp", "noise", "stripes", "streaks", "flat"]))
    if kind == "ramp":
        mixed = 0.5 + 0.5 * ramp(size, rng)
    elif kind == "noise":
        mixed = 0.5 + 0.35 * fractal_noise(
            size, rng.uniform(1, 16), rng, octaves=6, persistence=rng.uniform(0.4, 0.8)
        )
    elif kind == "stripes":
        along = ramp(size, rng) + np.float32(0.1) * fractal_noise(size, 3, rng, octaves=3)
        mixed = smoothstep(
            np.sin(along * np.float32(rng.uniform(6, 60))), -rng.uniform(0.1, 1), rng.uniform(0.1, 1)
        )
    elif kind == "streaks":
        mixed = 0.5 + 0.35 * streaks(size, rng)
    else:
        mixed = np.full((size, size), 0.5, np.float32)
    grain = fractal_noise(size, size / 4, rng, octaves=2) * np.float32(abs(rng.normal(0, 0.03)))
    weight = mixed.clip(0, 1)[..., None]
    return (first + (second - first) * weight + grain[..., None]).clip(0, 1).astype(np.float32)


def streaks(size: int, rng: np.random.Generator) -> Plane:
    """Draw noise drawn out in one direction, as in wood and combed hair; deviation about 1."""
    x, y = centres(size)
    angle, long = rng.uniform(0, np.pi), rng.uniform(8, 30)
    bend = np.float32(rng.normal(0, 12)) * fractal_noise(size, 2, rng, octaves=2)
    across = (x * np.float32(np.cos(angle)) + y * np.float32(np.sin(angle))) * size + bend
    along = (y * np.float32(np.cos(angle)) - x * np.float32(np.sin(angle))) * size / np.float32(long)
    return warp(
        fractal_noise(size, size / rng.uniform(2, 8), rng, octaves=2),
        np.abs(across) % size,
        np.abs(along) % size,
    )
