"""Ray-cast rooms: planes and boxes textured with photographs, with exact depth.

They are meant for trials without downloads, for tests, and for comparing operators where every pixel's depth
is known; a network trained on them is no substitute for one trained on real rooms. A frame is a pure function
of its name. Training and validation rooms differ, and so do the photographs on their surfaces.
"""

import hashlib
from collections.abc import Sequence
from functools import cache, lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.frame import Frame, Split
from indexnet_depth.data.raycast import Box, Camera, Hits, cast, from_box
from indexnet_engine.images.sample_photos import PHOTOGRAPHS, photographs
from indexnet_engine.images.sample_photos import Split as PhotographSplit

__all__ = ["COUNTS", "FOCAL", "HEIGHT", "WIDTH", "Room", "SyntheticFrames", "furnish", "render"]

HEIGHT, WIDTH = 250, 334
"""Size of a frame: that to which FastDepth resizes all frames."""
FOCAL = 270.0
"""Focal length in pixels; the field of view of a Kinect."""

Array = NDArray[np.floating]

COUNTS: dict[Split, int] = {"train": 240, "val": 32}
"""Frames of each split."""

_PHOTOGRAPHS: dict[Split, PhotographSplit] = {"train": "train", "val": "test"}
_SIDE = 256  # photographs become squares of this side
_LEVELS = 5  # each photograph also at 1/2, 1/4, …, against aliasing on far surfaces
_STARTS = np.cumsum([0, *((_SIDE >> level) ** 2 for level in range(_LEVELS))])  # start of each size
_SUBPIXELS = (0.25, 0.75)  # a pixel is the mean of 2×2 rays; its depth is that of the ray at its centre
_KEPT = 512  # frames that a process caches, half a megabyte each


class Room:
    """A furnished room with its camera and its light.

    Attributes:
        split: the split whose photographs are on the surfaces.
        room: the walls.
        boxes: the furniture.
        camera: the viewpoint.
        light: position of the lamp.
        textures: (1 + boxes, 6) number of the photograph on each face.
        spans: (1 + boxes, 6) metres that a photograph covers on each face.
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
        self.textures = rng.integers(len(PHOTOGRAPHS[_PHOTOGRAPHS[split]]), size=surfaces)
        self.spans = rng.uniform(0.8, 2.2, surfaces).astype(np.float32)
        self.offsets = rng.uniform(0, 4, (*surfaces, 2)).astype(np.float32)
        self.tints = rng.uniform(0.55, 1.1, (*surfaces, 3)).astype(np.float32)


class SyntheticFrames:
    """The frames of a split, rendered when they are first asked for."""

    layout = "builtin"
    unit = "metre"
    splits = True

    def __init__(self, split: Split) -> None:
        self.names: Sequence[str] = [f"{split}-{number:03}" for number in range(COUNTS[split])]

    def read(self, index: int) -> Frame:
        """Return one frame; its depth is a read-only array of the cache."""
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
    """Render the frame.

    Returns:
        Image (height, width, 3), and depth (height, width) at the centres of the pixels.
    """
    camera = scene.camera._replace(focal=focal)
    x, y = np.meshgrid(np.arange(width, dtype=np.float64), np.arange(height, dtype=np.float64))

    colour = np.zeros((height, width, 3), np.float32)
    for right in _SUBPIXELS:
        for down in _SUBPIXELS:
            # Half the precision is enough for colours.
            rays = camera.rays(x + right, y + down, height, width).astype(np.float32)
            colour += _shaded(scene, rays, cast(camera, rays, scene.room, scene.boxes), focal)
    colour /= len(_SUBPIXELS) ** 2
    rays = camera.rays(x + 0.5, y + 0.5, height, width)
    depth = cast(camera, rays, scene.room, scene.boxes).depth
    # Rounded to 8 bits like a photograph.
    image = np.rint(255 * colour.clip(0, 1)) / np.float32(255)
    return Frame(image, depth.astype(np.float32))


def furnish(camera: Camera, ceiling: float, rng: np.random.Generator) -> list[Box]:
    """Place boxes in view of the camera: cupboards, tables on four legs, poles, floating boards."""
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
    """Return a camera at eye level near one end, looking across the room and a little down."""
    width, _, length = room.half
    x, z = rng.uniform(-0.6, 0.6) * width, -length + rng.uniform(0.3, 0.8)
    yaw, pitch = rng.uniform(-0.5, 0.5), rng.uniform(-0.05, 0.3)
    return Camera((float(x), float(rng.uniform(1.1, 1.7)), float(z)), float(yaw), float(pitch), FOCAL)


def _shaded(scene: Room, rays: Array, hits: Hits, focal: float) -> Array:
    """Return the colour of the point that each ray hits, (H, W, 3): photograph × tint × light."""
    surface, axis = 6 * hits.box + hits.face, hits.face // 2
    # The two axes along the face: (z, y), (x, z), (x, y), so that photographs stand upright on walls.
    along = np.where(axis == 0, hits.point[..., 2], hits.point[..., 0])
    across = np.where(axis == 1, hits.point[..., 2], -hits.point[..., 1])
    span, texture = scene.spans.ravel()[surface], scene.textures.ravel()[surface]
    offsets = scene.offsets.reshape(-1, 2)
    u, v = (along + offsets[surface, 0]) / span, (across + offsets[surface, 1]) / span
    # The share of a photograph that a pixel covers.
    covered = hits.depth / focal / span
    colour = _textures(scene.split)[_places(texture, u, v, covered)]
    return colour * (scene.tints.reshape(-1, 3)[surface] * _light(scene, rays, hits, surface)[..., None])


def _light(scene: Room, rays: Array, hits: Hits, surface: NDArray[np.intp]) -> Array:
    """Return the light at the point that each ray hits, (H, W): ambient light, and more towards the lamp."""
    lamp = (np.array(scene.light) - scene.camera.position).astype(np.float32)
    to_lamp = [lamp[axis] - rays[..., axis] * hits.depth for axis in range(3)]
    squared = np.maximum(sum(part * part for part in to_lamp), 1e-12)
    # Normals of every face in world axes; their sign does not matter.
    yaws = [0.0, *(box.yaw for box in scene.boxes)]
    faces = np.repeat(np.eye(3, dtype=np.float32), 2, 0)
    normals = np.concatenate([from_box(faces, yaw) for yaw in yaws])
    towards = np.abs(sum(normals[surface, axis] * to_lamp[axis] for axis in range(3)))
    return 0.5 + 0.9 * towards / np.sqrt(squared) / (1 + squared / 16)


def _places(texture: NDArray[np.integer], u: Array, v: Array, covered: Array) -> NDArray[np.intp]:
    """Find (u, v) among the pixels of `_textures`; photographs are continued by reflection beyond 0..1."""
    u, v = (1 - np.abs((places % 2) - 1) for places in (u, v))
    # The size at which a pixel of the rendering covers about one pixel of the photograph.
    level = np.rint(np.log2(np.maximum(covered * _SIDE, 1))).astype(np.intp).clip(0, _LEVELS - 1)
    side = _SIDE >> level
    rows, columns = (np.minimum((places * side).astype(np.intp), side - 1) for places in (v, u))
    return texture * _STARTS[-1] + _STARTS[level] + rows * side + columns


@cache
def _textures(split: Split) -> NDArray[np.float32]:
    """Return all pixels of the middle squares of the photographs, (N, 3): of each its `_LEVELS` sizes."""
    pictures = []
    for photograph in photographs(_PHOTOGRAPHS[split], 3).values():
        height, width = photograph.shape[:2]
        side = min(height, width)
        square = photograph[(height - side) // 2 :, (width - side) // 2 :][:side, :side]
        for level in range(_LEVELS):
            small = cv2.resize(square, (_SIDE >> level,) * 2, interpolation=cv2.INTER_AREA)
            pictures.append(np.asarray(small, np.float32).reshape(-1, 3))
    return np.concatenate(pictures)
