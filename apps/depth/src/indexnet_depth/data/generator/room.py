"""A photograph of a drawn room and its depth."""

import math
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.frame import Frame
from indexnet_depth.data.generator.camera import develop
from indexnet_depth.data.generator.casting import Hits, cast, corners_of, first_solid
from indexnet_depth.data.generator.layout import furnish
from indexnet_depth.data.generator.lens import FIELDS_OF_VIEW, Lens, View
from indexnet_depth.data.generator.light import Lamp, Lighting, Sun, illuminate, occlusion
from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.shell import Hall, Shell
from indexnet_depth.data.generator.solids import Solid, Vector
from indexnet_depth.data.generator.surfaces import Points, normals, points, surfaces_of
from indexnet_depth.data.generator.textures import TextureBank
from indexnet_depth.data.generator.walls import build
from indexnet_engine.randomness import log_uniform

__all__ = ["FARTHEST", "Scene", "draw_room", "draw_scene", "render"]

Plane = NDArray[np.float32]

FARTHEST = 10.0
"""Metres beyond which depth is unknown, as to a Kinect."""

_CHUNK = 8192  # rays
_NEAREST = 0.7  # m; a picture whose median depth is smaller shows hardly anything
_TRIES = 12
_CLEAR = 0.35  # m around the camera without anything


class Scene(NamedTuple):
    """A furnished room, its light and its camera."""

    lens: Lens
    shell: Shell
    solids: list[Solid]
    lamps: list[Lamp]
    suns: list[Sun]
    ambient: Vector
    softness: float
    """Size in metres of lamps that cast shadows."""


def draw_room(view: View, rng: np.random.Generator, bank: TextureBank) -> tuple[Frame, Lens]:
    """Draw a room, photograph it, and return the photograph with its depth, and the lens.

    Args:
        view: the pixels of the picture.
        rng: generator of everything.
        bank: the textures.

    Returns:
        Image (H, W, 3) in [0, 1], depth (H, W) in metres, 0 behind windows and beyond `FARTHEST`. At least
        half of the pixels have a depth, and their median is above 0.7 m.
    """
    for _ in range(_TRIES):
        scene = draw_scene(rng, bank)
        light, depth = render(scene, view, bank)
        known = depth[depth > 0]
        if known.size > depth.size / 2 and np.median(known) > _NEAREST:
            break
    else:
        raise RuntimeError("no room with a view")  # practically impossible
    return Frame(develop(light, rng), depth), scene.lens


def draw_scene(rng: np.random.Generator, bank: TextureBank) -> Scene:
    """Draw a room with furniture in view of a camera."""
    palette = Palette(bank, rng)
    built = build(palette)
    hall = built.shell.room
    lens, yaw = _draw_lens(hall, rng)
    solids, lamps = furnish(hall, lens.position, yaw, palette, built.shell.doorways, int(rng.integers(4, 15)))
    for doorway in built.shell.doorways:
        more, _ = furnish(doorway.beyond, lens.position, yaw, palette, (), int(rng.integers(0, 5)))
        solids += more
    strength = log_uniform(rng, 0.12, 0.7)
    red, green, blue = strength * np.exp(rng.normal(0, 0.06, 3))
    return Scene(
        lens,
        built.shell,
        _away_from(lens.position, [*built.solids, *solids]),
        [*built.lamps, *lamps],
        built.suns,
        (float(red), float(green), float(blue)),
        rng.uniform(0.05, 0.8),
    )


def render(scene: Scene, view: View, bank: TextureBank) -> tuple[Plane, Plane]:
    """Render the light that reaches the camera, and the depth.

    Depth is that of the ray through the centre of each pixel. Colour is half of what that ray sees, and an
    eighth each of what the rays through the pixel's corners see, which neighbours share. Only at the borders
    of surfaces are corners looked at by themselves; elsewhere they are the mean of the pixels around them.

    Returns:
        Light (H, W, 3), linear, and depth (H, W) in metres, 0 where it is unknown: behind windows and beyond
        `FARTHEST`.
    """
    lens, (height, width) = scene.lens, (view.height, view.width)
    rays = lens.rays(view, 0.5, 0.5, height, width)
    windows = lens.windows(view, corners_of(scene.solids))
    depth, surface = cast(lens.position, rays, scene.shell, scene.solids, windows)
    around = _around(surface)
    border = (around[1:] != around[0]).any(0)
    ways = lens.rays(view, 0, 0, height + 1, width + 1)[:, border]
    corner_depth, corner_surface = _cast_again(scene, ways, surface)

    painter = _Painter(scene, lens.slopes(view)[1] * 2 / height, bank)
    shade = painter.shade(rays[:, ::2, ::2], depth[::2, ::2], surface[::2, ::2], (height, width))
    light = painter.light(
        np.concatenate([rays.reshape(3, -1), ways], axis=1),
        np.concatenate([depth.ravel(), corner_depth]),
        np.concatenate([surface.ravel(), corner_surface]),
        np.concatenate([shade.ravel(), _around(shade)[0][border]]),
    )

    centres = light[:, : height * width].reshape(3, height, width)
    corners = np.stack([_around(plane).mean(0) for plane in centres])
    corners[:, border] = light[:, height * width :]
    corners = corners[:, :-1] + corners[:, 1:]
    corners = corners[..., :-1] + corners[..., 1:]
    image = np.ascontiguousarray((centres * 0.5 + corners * 0.125).transpose(1, 2, 0))
    return image, _known(depth, surface, scene.shell)


def _around(plane: NDArray[np.generic]) -> NDArray[Any]:
    """Return the four pixels around each corner of a picture's pixels, (4, H + 1, W + 1)."""
    padded = np.pad(plane, 1, mode="edge")
    return np.stack([padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]])


def _cast_again(scene: Scene, rays: Plane, seen: NDArray[np.int32]) -> Hits:
    """Cast further rays (3, N) between pixels; only solids that have been seen can be hit."""
    first, count = first_solid(scene.shell), rays.shape[1]
    windows = np.zeros((len(scene.solids), 4), np.intp)
    windows[np.unique(seen[seen >= first]) - first] = (0, 1, 0, count)
    hits = cast(scene.lens.position, rays[:, None], scene.shell, scene.solids, windows)
    return Hits(hits.depth[0], hits.surface[0])


class _Painter:
    """Computes the light of hit points, surface by surface."""

    def __init__(self, scene: Scene, pixel: float, bank: TextureBank) -> None:
        self.scene, self.pixel, self.bank = scene, pixel, bank
        self.surfaces = surfaces_of(scene.shell, scene.solids)
        self.lighting = Lighting(scene.ambient, scene.lamps, scene.suns, scene.solids, scene.softness)

    def shade(self, rays: Plane, depth: Plane, number: NDArray[np.int32], size: tuple[int, int]) -> Plane:
        """Return the occlusion of a picture of ``size`` from that of every second pixel."""
        place = rays * depth + np.array(self.scene.lens.position, np.float32)[:, None, None]
        normal = np.empty_like(place).reshape(3, -1)
        flat, ways = place.reshape(3, -1), rays.reshape(3, -1)
        order, parts = _by_surface(number.ravel())
        for surface, part in parts:
            normal[:, order[part]] = normals(self.surfaces[surface], flat[:, order[part]])
        normal *= np.where((normal * ways).sum(0) > 0, np.float32(-1), np.float32(1))
        share = occlusion(place, normal.reshape(place.shape), depth)
        return np.asarray(cv2.resize(share, size[::-1], interpolation=cv2.INTER_LINEAR), np.float32)

    def light(self, rays: Plane, depth: Plane, number: NDArray[np.int32], shade: Plane) -> Plane:
        """Return the light (3, N) of hit points: rays (3, N), depth, numbers of surfaces and shade (N,)."""
        order, parts = _by_surface(number)
        rays, depth, shade = np.take(rays, order, 1), depth[order], shade[order]
        place, normal, colour = np.empty((3, *rays.shape), np.float32)
        emission, light = np.empty_like(depth), np.empty_like(rays)
        position = self.scene.lens.position
        for surface, part in parts:
            hit = points(self.surfaces[surface], position, rays[:, part], depth[part], self.pixel, self.bank)
            place[:, part], normal[:, part], colour[:, part] = hit.place, hit.normal, hit.colour
            emission[part] = hit.emission
        for first in range(0, len(depth), _CHUNK):
            part = slice(first, first + _CHUNK)
            hit = Points(place[:, part], normal[:, part], colour[:, part], emission[part])
            light[:, part] = illuminate(hit, self.lighting, shade[part])
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return np.take(light, back, 1)


def _by_surface(number: NDArray[np.int32]) -> tuple[NDArray[np.intp], list[tuple[int, slice]]]:
    """Return an order of rays by the surface that they hit, and where in it each surface is.

    Large surfaces are in several parts, whose values stay in the processor's cache.
    """
    order = np.argsort(number, kind="stable")
    found, starts = np.unique(number[order], return_index=True)
    parts = []
    for surface, start, end in zip(found.tolist(), starts.tolist(), [*starts[1:].tolist(), len(order)]):
        parts += [(surface, slice(at, min(end, at + _CHUNK))) for at in range(start, end, _CHUNK)]
    return order, parts


def _known(depth: Plane, surface: NDArray[np.int32], shell: Shell) -> Plane:
    """Return depth without what is behind glass, or farther away than a depth camera measures."""
    first = 6 * (1 + len(shell.doorways))
    outside = (surface >= first) & (surface < first + len(shell.windows))
    return np.where(outside | (depth > FARTHEST), np.float32(0), depth)


def _draw_lens(hall: Hall, rng: np.random.Generator) -> tuple[Lens, float]:
    """Draw a camera in the room that looks at something at a distance, and its yaw."""
    height = float(np.clip(rng.normal(1.35, 0.3), 0.4, 2 * hall.half[1] - 0.25))
    position, yaw, farthest, wanted = (0.0, height, 0.0), 0.0, 0.0, rng.uniform(1.2, 4.5)
    for _ in range(_TRIES):
        x, z = rng.uniform(-1, 1, 2) * (hall.half[0] - 0.3, hall.half[2] - 0.3)
        towards = float(rng.uniform(-np.pi, np.pi))
        ahead = min(
            (math.copysign(half, along) - begin) / along if along else math.inf
            for half, along, begin in zip(
                (hall.half[0], hall.half[2]), (math.sin(towards), math.cos(towards)), (x, z)
            )
        )
        if ahead > farthest:
            position, yaw, farthest = (float(x), height, float(z)), towards, ahead
        if farthest > wanted:
            break
    # A camera that stands higher looks down more.
    pitch = float(np.clip(rng.normal(0.17 + 0.25 * (height - 1.3), 0.17), -0.35, 0.8))
    roll = float(rng.normal(0, 0.035) if rng.random() < 0.85 else rng.normal(0, 0.25))
    low, high = FIELDS_OF_VIEW
    lens = Lens.looking(position, yaw, pitch, roll, float(rng.triangular(low, 58, high)))
    return lens, yaw


def _away_from(position: Vector, solids: list[Solid]) -> list[Solid]:
    """Leave out solids that come too near to the camera."""
    half = np.array([solid.half for solid in solids]).reshape(-1, 3)
    axes = np.array([solid.axes for solid in solids]).reshape(-1, 3, 3)
    offset = np.asarray(position) - np.array([solid.centre for solid in solids]).reshape(-1, 3)
    own = np.abs(np.einsum("nab,nb->na", axes, offset))
    away = np.linalg.norm(np.maximum(own - half, 0), axis=1)
    return [solid for solid, distance in zip(solids, away) if distance > _CLEAR]
