"""Rooms made by ray casting: planes and boxes under photographs, with exact depth.

They are meant for trying everything with nothing downloaded, for tests, and for comparing operators where the
truth is known to the last pixel; what is learned from them is no substitute for real rooms. A frame is a pure
function of its name. Training and validation rooms differ, and so do the photographs on their surfaces.
"""

import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.frame import Frame, Split
from indexnet_depth.data.raycast import Box, Camera, Hits, cast, from_box
from indexnet_engine.photographs import Split as PhotographSplit
from indexnet_engine.photographs import photographs

__all__ = ["COUNTS", "FOCAL", "HEIGHT", "WIDTH", "BuiltinFrames", "Room", "furnish", "render"]

HEIGHT, WIDTH = 250, 334
"""Size of a frame, that to which FastDepth resizes all."""
FOCAL = 270.0
"""Focal length in pixels; as wide a view as that of a Kinect."""

COUNTS: dict[Split, int] = {"train": 240, "val": 32}
"""Frames of each split."""

_PHOTOGRAPHS: dict[Split, PhotographSplit] = {"train": "train", "val": "test"}
_SIDE = 256  # photographs become squares of this side
_LEVELS = 5  # each photograph also at 1/2, 1/4, …, so that far surfaces do not sparkle
_SUBPIXELS = (0.25, 0.75)  # a pixel is the mean of 2×2 rays; its depth is that of the ray at its centre
_KEPT = 512  # frames that a process keeps, half a megabyte each


class Room:
    """A furnished room with its camera and its light.

    Attributes:
        split: whose photographs are on the surfaces.
        room: the walls.
        boxes: what stands in it.
        camera: from where it is seen.
        light: position of the lamp.
        textures: (1 + boxes, 6) number of the photograph on each face.
        spans: (1 + boxes, 6) metres that a photograph covers there.
        offsets: (1 + boxes, 6, 2) where it begins, in metres.
        tints: (1 + boxes, 6, 3) factors of its colours.
    """

    def __init__(self, split: Split, rng: np.random.Generator) -> None:
        self.split = split
        self.room = _walls(rng)
        self.camera = _camera(self.room, rng)
        self.boxes = furnish(self.camera, self.room.half[1] * 2, rng)
        width, height, _ = self.room.half
        self.light = (rng.uniform(-0.5, 0.5) * width, 1.9 * height, 0.0)
        surfaces = (1 + len(self.boxes), 6)
        self.textures = rng.integers(len(_textures(split)), size=surfaces)
        self.spans = rng.uniform(0.8, 2.2, surfaces)
        self.offsets = rng.uniform(0, 4, (*surfaces, 2))
        self.tints = rng.uniform(0.55, 1.1, (*surfaces, 3))


class BuiltinFrames:
    """The frames of a split, rendered when they are first asked for."""

    layout = "builtin"
    unit = "metre"
    splits = True

    def __init__(self, split: Split) -> None:
        self.names: Sequence[str] = [f"{split}-{number:03}" for number in range(COUNTS[split])]

    def read(self, index: int) -> Frame:
        """Give one frame; its depth is that of the cache, not to be written to."""
        image, depth = _frame(self.names[index])
        return Frame(image.astype(np.float32) / np.float32(255), depth)


@lru_cache(maxsize=_KEPT)
def _frame(name: str) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    split: Split = "train" if name.startswith("train") else "val"
    seed = int.from_bytes(hashlib.sha256(name.encode()).digest())
    frame = render(Room(split, np.random.default_rng(seed)))
    frame.depth.flags.writeable = False
    return np.rint(255 * frame.image).astype(np.uint8), frame.depth


def render(scene: Room, height: int = HEIGHT, width: int = WIDTH, focal: float = FOCAL) -> Frame:
    """Take a picture.

    Returns:
        Image (height, width, 3), and depth (height, width) at the centres of the pixels.
    """
    camera = scene.camera._replace(focal=focal)
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))

    def seen(right: float, down: float) -> tuple[NDArray[np.float64], Hits]:
        rays = camera.rays(x + right, y + down, height, width)
        return rays, cast(camera, rays, scene.room, scene.boxes)

    colour = np.zeros((height, width, 3))
    for right in _SUBPIXELS:
        for down in _SUBPIXELS:
            colour += _shaded(scene, *seen(right, down), focal) / len(_SUBPIXELS) ** 2
    depth = seen(0.5, 0.5)[1].depth
    # Rounded to 8 bits as a photograph is.
    image = np.rint(255 * colour.clip(0, 1)).astype(np.float32) / np.float32(255)
    return Frame(image, depth.astype(np.float32))


def furnish(camera: Camera, ceiling: float, rng: np.random.Generator) -> list[Box]:
    """Put boxes where the camera sees them: cupboards, tables on four legs, poles, boards in the air."""
    boxes: list[Box] = []
    for kind in rng.permutation(["cupboard"] * 3 + ["table", "table", "pole", "pole", "board"]):
        away, side = rng.uniform(1.6, 4.5), rng.uniform(-0.5, 0.5)
        angle = camera.yaw + side
        x, z = camera.position[0] + away * np.sin(angle), camera.position[2] + away * np.cos(angle)
        yaw = rng.uniform(0, np.pi)
        if kind == "cupboard":
            wide, high, deep = rng.uniform((0.15, 0.15, 0.15), (0.45, 0.9, 0.45))
            boxes.append(_box((x, high, z), (wide, high, deep), yaw))
        elif kind == "pole":
            thick, high = rng.uniform(0.02, 0.05), rng.uniform(0.5, ceiling / 2)
            boxes.append(_box((x, high, z), (thick, high, thick), yaw))
        elif kind == "board":
            half = (rng.uniform(0.15, 0.4), rng.uniform(0.1, 0.3), 0.02)
            boxes.append(_box((x, rng.uniform(1.0, ceiling - 0.4), z), half, yaw))
        else:
            boxes += _table(x, z, yaw, rng)
    return boxes


def _table(x: float, z: float, yaw: float, rng: np.random.Generator) -> list[Box]:
    wide, deep, high = rng.uniform(0.3, 0.6), rng.uniform(0.25, 0.45), rng.uniform(0.4, 0.8)
    boxes = [_box((x, high, z), (wide, 0.02, deep), yaw)]
    for right in (-1, 1):
        for back in (-1, 1):
            along, across = right * (wide - 0.04), back * (deep - 0.04)
            leg_x = x + along * np.cos(yaw) + across * np.sin(yaw)
            leg_z = z - along * np.sin(yaw) + across * np.cos(yaw)
            boxes.append(_box((leg_x, high / 2, leg_z), (0.025, high / 2, 0.025), yaw))
    return boxes


def _box(centre: tuple[float, ...], half: object, yaw: float) -> Box:
    a, b, c = (float(value) for value in centre)
    d, e, f = (float(value) for value in np.asarray(half))
    return Box((a, b, c), (d, e, f), float(yaw))


def _walls(rng: np.random.Generator) -> Box:
    half = rng.uniform((1.6, 1.2, 2.2), (3.0, 1.5, 4.2))
    return _box((0, half[1], 0), half, 0.0)


def _camera(room: Box, rng: np.random.Generator) -> Camera:
    """A camera at eye level near one end, looking across the room and a little down."""
    width, _, length = room.half
    x, z = rng.uniform(-0.6, 0.6) * width, -length + rng.uniform(0.3, 0.8)
    yaw, pitch = rng.uniform(-0.5, 0.5), rng.uniform(-0.05, 0.3)
    return Camera((float(x), float(rng.uniform(1.1, 1.7)), float(z)), float(yaw), float(pitch), FOCAL)


def _shaded(scene: Room, rays: NDArray[np.float64], hits: Hits, focal: float) -> NDArray[np.float64]:
    """Give the colour that each ray meets, (H, W, 3): photograph × tint × light."""
    surface = (hits.box, hits.face)
    # The two axes along the face: (z, y), (x, z), (x, y), so that photographs stand upright on walls.
    axis = hits.face // 2
    along = np.where(axis == 0, hits.point[..., 2], hits.point[..., 0])
    across = np.where(axis == 1, hits.point[..., 2], -hits.point[..., 1])
    span, offset = scene.spans[surface], scene.offsets[surface]
    u, v = (along + offset[..., 0]) / span, (across + offset[..., 1]) / span
    # The share of a photograph that a pixel covers.
    covered = hits.depth / focal / span
    colour = _look_up(_textures(scene.split), scene.textures[surface], u, v, covered)
    return colour * scene.tints[surface] * _light(scene, rays, hits)[..., None]


def _light(scene: Room, rays: NDArray[np.float64], hits: Hits) -> NDArray[np.float64]:
    """Give the light that falls on what each ray meets, (H, W): some everywhere, more towards the lamp."""
    to_lamp = np.array(scene.light) - scene.camera.position - rays * hits.depth[..., None]
    distance = np.maximum(np.linalg.norm(to_lamp, axis=-1), 1e-6)
    yaws = np.array([0.0, *(box.yaw for box in scene.boxes)])
    # Normals of every face in world axes; their sign does not matter.
    normals = np.stack([from_box(np.repeat(np.eye(3), 2, 0), yaw) for yaw in yaws])
    cosine = np.abs((normals[hits.box, hits.face] * to_lamp).sum(-1)) / distance
    return 0.5 + 0.9 * cosine / (1 + (distance / 4) ** 2)


def _look_up(
    textures: list[list[NDArray[np.float32]]],
    texture: NDArray[np.integer],
    u: NDArray[np.float64],
    v: NDArray[np.float64],
    covered: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Read photographs at (u, v), which go on mirrored beyond 0..1, at the size that fits the pixel."""
    u, v = (1 - np.abs((places % 2) - 1) for places in (u, v))
    level = np.rint(np.log2(np.maximum(covered * _SIDE, 1))).astype(np.intp).clip(0, _LEVELS - 1)
    colour = np.empty((*u.shape, 3))
    for number, sizes in enumerate(textures):
        for step, picture in enumerate(sizes):
            here = (texture == number) & (level == step)
            side = len(picture)
            rows, columns = (np.minimum(places[here] * side, side - 1).astype(np.intp) for places in (v, u))
            colour[here] = picture[rows, columns]
    return colour


@cache
def _textures(split: Split) -> list[list[NDArray[np.float32]]]:
    """The middle squares of the photographs, each at `_LEVELS` sizes."""
    pictures = []
    for photograph in photographs(_PHOTOGRAPHS[split], 3).values():
        height, width = photograph.shape[:2]
        side = min(height, width)
        square = photograph[(height - side) // 2 :, (width - side) // 2 :][:side, :side]
        pictures.append(
            [
                np.asarray(cv2.resize(square, (_SIDE >> step,) * 2, interpolation=cv2.INTER_AREA), np.float32)
                for step in range(_LEVELS)
            ]
        )
    return pictures
