"""Beds."""

from indexnet_depth.data.generator.furniture.piece import Piece
from indexnet_depth.data.generator.palette import Palette
from indexnet_depth.data.generator.solids import ball, box

__all__ = ["bed"]


def bed(palette: Palette) -> Piece:
    """Draw a bed with its head at the wall: frame, mattress, blanket, pillows and headboard."""
    rng, wood, sheet = palette.rng, palette.wood(), palette.paint()
    wide, deep, high = rng.uniform((0.45, 0.95, 0.35), (0.95, 1.05, 0.6))
    solids = [
        box(wood, (0, high * 0.35, 0), (wide, high * 0.2, deep)),
        box(sheet, (0, high * 0.78, 0), (wide - 0.02, high * 0.22, deep - 0.02)),
    ]
    for x in (0.05 - wide, wide - 0.05):
        for z in (0.05 - deep, deep - 0.05):
            solids.append(box(wood, (x, high * 0.1, z), (0.04, high * 0.1, 0.04)))
    cover = rng.uniform(0.5, 0.75) * deep
    solids.append(
        box(palette.fabric(), (0, high * 0.82, deep - cover), (wide + 0.02, high * 0.24, cover + 0.01))
    )
    if rng.random() < 0.8:
        head = rng.uniform(0.45, 0.75)
        solids.append(box(wood, (0, head, 0.03 - deep), (wide + 0.02, head, 0.03)))
    pillows = 1 if wide < 0.6 else 2
    for number in range(pillows):
        x = 0.0 if pillows == 1 else (number - 0.5) * wide
        size = (min(0.33, wide * 0.8), 0.08, 0.2)
        solids.append(ball(palette.fabric(), (x, high + 0.06, 0.3 - deep), size))
    return Piece(solids, (wide, deep), "wall")
