"""Furniture by name."""

from collections.abc import Callable

from indexnet_depth.data.generator.furniture.beds import bed
from indexnet_depth.data.generator.furniture.clutter import basket, plant, toys
from indexnet_depth.data.generator.furniture.lamps import floor_lamp
from indexnet_depth.data.generator.furniture.piece import Piece
from indexnet_depth.data.generator.furniture.seats import armchair, chair, sofa, stool
from indexnet_depth.data.generator.furniture.storage import (
    chest,
    cupboard,
    kitchen,
    shelf,
    sideboard,
    stacked,
)
from indexnet_depth.data.generator.furniture.tables import coffee_table, desk, dining_table, round_table
from indexnet_depth.data.generator.palette import Palette

__all__ = ["FURNITURE", "Piece"]

FURNITURE: dict[str, tuple[Callable[[Palette], Piece], float]] = {
    "dining table": (dining_table, 2),
    "desk": (desk, 2),
    "coffee table": (coffee_table, 1.5),
    "round table": (round_table, 1),
    "chair": (chair, 2.5),
    "armchair": (armchair, 2),
    "sofa": (sofa, 2),
    "stool": (stool, 0.7),
    "bed": (bed, 1.2),
    "cupboard": (cupboard, 2),
    "chest": (chest, 1.5),
    "sideboard": (sideboard, 1.5),
    "kitchen": (kitchen, 1),
    "shelf": (shelf, 2),
    "cartons": (stacked, 0.8),
    "floor lamp": (floor_lamp, 1.2),
    "plant": (plant, 1),
    "basket": (basket, 0.8),
    "toys": (toys, 0.8),
}
"""Name -> function that draws a piece, and how often it is drawn."""
