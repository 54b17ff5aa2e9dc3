"""Chairs, armchairs, sofas and stools."""

import math

from indexnet_depth.data.generator.furniture.piece import Piece
from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.solids import Solid, ball, box, cylinder, moved, tilt

__all__ = ["armchair", "chair", "chair_solids", "sofa", "stool"]


def chair_solids(palette: Palette) -> list[Solid]:
    """Draw a chair that faces z, with four legs or a star on one column."""
    rng = palette.rng
    if rng.random() < 0.25:
        return _office_chair(palette)
    wood = palette.wood() if rng.random() < 0.8 else palette.metal()
    half, height, top = rng.uniform((0.19, 0.42, 0.75), (0.25, 0.48, 1.1))
    leg, lean = rng.uniform(0.012, 0.025), rng.uniform(0.05, 0.2)
    seat = palette.fabric() if rng.random() < 0.5 else wood
    solids = [box(seat, (0, height - 0.02, 0), (half, 0.02 + 0.02 * rng.random(), half))]
    up = (height - 0.04) / 2
    for x in (leg - half, half - leg):
        for z in (leg - half, half - leg):
            solids.append(box(wood, (x, up, z), (leg, up, leg)))
    back, axes = (top - height) / 2, tilt(-lean)
    middle, behind = height + back * math.cos(lean), leg - half - back * math.sin(lean)
    if rng.random() < 0.4:
        solids.append(box(seat, (0, middle, behind), (half, back, 0.02), axes))
        return solids
    for x in (leg - half, half - leg):
        solids.append(box(wood, (x, middle, behind), (leg, back, leg), axes))
    rail = (0, height + 1.85 * back * math.cos(lean), leg - half - 1.85 * back * math.sin(lean))
    solids.append(box(wood, rail, (half, back * rng.uniform(0.08, 0.2), leg * 0.7), axes))
    slats = int(rng.integers(1, 5))
    for number in range(slats):
        share = (number + 1) / (slats + 1)
        if slats < 4:  # across
            place = (
                0,
                height + 1.6 * back * share * math.cos(lean),
                leg - half - 1.6 * back * share * math.sin(lean),
            )
            solids.append(box(wood, place, (half - leg, back * 0.09, leg * 0.5), axes))
        else:
            place = ((2 * share - 1) * half, middle, behind)
            solids.append(box(wood, place, (leg * 0.6, back * 0.95, leg * 0.5), axes))
    return solids


def _office_chair(palette: Palette) -> list[Solid]:
    rng, cloth, metal = palette.rng, palette.fabric(), palette.dark()
    height, lean = rng.uniform(0.42, 0.52), rng.uniform(0, 0.2)
    solids = [
        box(cloth, (0, height - 0.04, 0), (0.23, 0.04, 0.23)),
        cylinder(metal, (0, (height - 0.08 + 0.06) / 2, 0), 0.03, (height - 0.14) / 2),
        box(cloth, (0, height + 0.32, -0.23), (0.21, 0.24, 0.03), tilt(-lean)),
    ]
    for number in range(3):
        leg = box(metal, (0, 0.05, 0), (0.28, 0.02, 0.025))
        solids += moved([leg], (0, 0, 0), number * math.pi / 3)
    for number in range(4):
        angle = number * math.pi / 2
        solids.append(ball(metal, (0.26 * math.cos(angle), 0.03, 0.26 * math.sin(angle)), (0.03,) * 3))
    return solids


def chair(palette: Palette) -> Piece:
    """Draw a chair by itself."""
    return Piece(chair_solids(palette), (0.28, 0.28))


def stool(palette: Palette) -> Piece:
    """Draw a stool, or a pouffe."""
    rng = palette.rng
    radius, height = rng.uniform((0.16, 0.3), (0.3, 0.75))
    if rng.random() < 0.5:
        return Piece([cylinder(palette.fabric(), (0, height / 4, 0), radius, height / 4)], (radius, radius))
    wood = palette.wood()
    solids = [cylinder(wood, (0, height - 0.02, 0), radius, 0.02)]
    for number in range(4):
        angle = math.pi * (number / 2 + 0.25)
        x, z = 0.7 * radius * math.cos(angle), 0.7 * radius * math.sin(angle)
        solids.append(cylinder(wood, (x, height / 2 - 0.02, z), 0.018, height / 2 - 0.02))
    return Piece(solids, (radius, radius))


def sofa(palette: Palette) -> Piece:
    """Draw a sofa for two or three."""
    return _upholstered(palette, palette.rng.uniform(0.65, 1.1))


def armchair(palette: Palette) -> Piece:
    """Draw an armchair."""
    return _upholstered(palette, palette.rng.uniform(0.36, 0.5))


def _upholstered(palette: Palette, wide: float) -> Piece:
    """Draw a base with cushions, a back and arms; ``wide`` is half of its width."""
    rng, cloth = palette.rng, palette.fabric()
    deep, seat, back, arm = rng.uniform((0.38, 0.36, 0.7, 0.07), (0.48, 0.45, 1.05, 0.14))
    foot = rng.uniform(0.02, 0.12)
    inner = wide - 2 * arm
    solids = [
        box(cloth, (0, (seat - 0.1 + foot) / 2, 0), (wide - 0.01, (seat - 0.1 - foot) / 2, deep - 0.02))
    ]
    wood = palette.wood()
    for x in (0.06 - wide, wide - 0.06):
        for z in (0.06 - deep, deep - 0.06):
            solids.append(cylinder(wood, (x, foot / 2 + 0.01, z), 0.025, foot / 2 + 0.01))
    lean = rng.uniform(0, 0.2)
    solids.append(
        box(cloth, (0, (back + foot) / 2, 0.1 - deep), (wide - 0.02, (back - foot) / 2, 0.1), tilt(-lean / 2))
    )
    arms = seat + rng.uniform(0.1, 0.25)
    for x in (arm - wide, wide - arm):
        solids.append(box(cloth, (x, (arms + foot) / 2, 0), (arm, (arms - foot) / 2, deep)))
    cushions = max(1, round(inner / 0.32))
    for number in range(cushions):
        half = inner / cushions
        x = -inner + half * (2 * number + 1)
        solids.append(box(cloth, (x, seat - 0.05, 0.1), (half - 0.008, 0.065, deep - 0.11)))
        solids.append(
            box(
                cloth,
                (x, (seat + back) / 2 - 0.02, 0.26 - deep),
                (half - 0.01, (back - seat) / 2 + 0.01, 0.07),
                tilt(-0.2),
            )
        )
    for _ in range(int(rng.integers(0, 1 + 2 * cushions))):
        place = (rng.uniform(-1, 1) * (inner - 0.15), seat + 0.2, 0.42 - deep)
        size = rng.uniform(0.15, 0.22)
        solids.append(box(palette.fabric(), place, (size, size, 0.06), tilt(-rng.uniform(0.2, 0.5))))
    return Piece(solids, (wide, deep))
