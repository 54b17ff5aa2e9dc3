"""The materials of one room: its woods, fabrics, paints, and the photographs on its walls."""

import colorsys

import numpy as np

from indexnet_depth.data.generator.materials import Colour, Material, plain
from indexnet_depth.data.generator.textures import TextureBank

__all__ = ["Palette"]

Limits = tuple[float, float]


class Palette:
    """Draws materials; those of a kind are alike within a room.

    Args:
        bank: the textures.
        rng: generator of the room.
    """

    def __init__(self, bank: TextureBank, rng: np.random.Generator) -> None:
        self.bank, self.rng = bank, rng
        self._woods = [self._wood_colour() for _ in range(2)]
        self._fabrics = [self._colour((0, 1), (0, 0.55), (0.08, 0.9)) for _ in range(3)]
        self._walls = self._colour((0.03, 0.2), (0, 0.2), (0.6, 0.98))
        if rng.random() < 0.3:
            self._walls = self._colour((0, 1), (0, 0.5), (0.25, 0.85))

    def wall(self) -> Material:
        """Draw paint, wallpaper, bricks, tiles, or rarely a photograph all over."""
        name = self._one_of(
            {"plaster": 14, "stripes": 1.5, "bricks": 1, "tiles": 1, "weave": 2, "boards": 0.7}
        )
        contrast = {"plaster": 0.1, "weave": 0.15}.get(name, 0.3)
        if self.rng.random() < 0.06:
            return self._photograph(self.rng.uniform(1, 4))
        return self._pattern(name, self._walls, contrast, self.rng.uniform(0.8, 2.5))

    def floor(self) -> Material:
        """Draw boards, a carpet, tiles, plain flooring, or rarely a photograph all over."""
        name = self._one_of({"boards": 4, "weave": 4, "tiles": 2, "wood": 1, "plaster": 1.5, "rug": 0.5})
        if self.rng.random() < 0.06:
            return self._photograph(self.rng.uniform(1, 3))
        if name in ("boards", "wood"):
            return self._pattern(
                name, self._wood_colour(), self.rng.uniform(0.3, 0.7), self.rng.uniform(1, 2)
            )
        colour = self._colour((0, 1), (0, 0.4), (0.12, 0.75))
        return self._pattern(name, colour, self.rng.uniform(0.15, 0.5), self.rng.uniform(0.8, 2))

    def ceiling(self) -> Material:
        """Draw white, rarely with boards or tiles."""
        name = self._one_of({"plaster": 8, "tiles": 1.5, "boards": 0.6})
        return self._pattern(name, self._colour((0, 1), (0, 0.06), (0.75, 1)), 0.12, self.rng.uniform(1, 3))

    def wood(self) -> Material:
        """Draw one of the room's woods, or its paint."""
        if self.rng.random() < 0.25:
            return self.paint()
        colour = self._woods[int(self.rng.integers(len(self._woods)))]
        return self._pattern("wood", colour, self.rng.uniform(0.3, 0.7), self.rng.uniform(0.5, 1.5))

    def paint(self) -> Material:
        """Draw the lacquer of furniture: white, black, gray or a colour."""
        kind = self.rng.random()
        if kind < 0.4:
            return plain(self._colour((0, 1), (0, 0.08), (0.7, 0.98)))
        if kind < 0.65:
            return plain(self._colour((0, 1), (0, 0.15), (0.05, 0.3)))
        return plain(self._colour((0, 1), (0, 0.9), (0.2, 0.9)))

    def fabric(self) -> Material:
        """Draw one of the room's fabrics, plain, striped, or with a photograph on it."""
        kind = self.rng.random()
        if kind < 0.08:
            return self._photograph(self.rng.uniform(0.4, 1.2))
        colour = self._fabrics[int(self.rng.integers(len(self._fabrics)))]
        name = "weave" if kind < 0.75 else "stripes" if kind < 0.87 else "rug"
        return self._pattern(name, colour, self.rng.uniform(0.1, 0.6), self.rng.uniform(0.3, 1))

    def curtain(self) -> Material:
        """Draw hanging cloth."""
        colour = self._fabrics[0] if self.rng.random() < 0.6 else self._colour((0, 1), (0, 0.2), (0.6, 0.95))
        return self._pattern("folds", colour, self.rng.uniform(0.4, 0.8), self.rng.uniform(0.5, 1.2))

    def carpet(self) -> Material:
        """Draw an ornament that fills the face of a rug."""
        colour = self._colour((0, 1), (0.1, 0.8), (0.15, 0.8))
        return self._pattern("rug", colour, self.rng.uniform(0.3, 0.9), 0.0)

    def books(self) -> Material:
        """Draw the spines of a row of books."""
        colour = self._colour((0, 1), (0, 0.45), (0.4, 0.8))
        material = self._pattern("books", colour, 0.9, self.rng.uniform(0.6, 1.0))
        return material._replace(offset=(self.rng.uniform(0, 1), 0.2))

    def metal(self) -> Material:
        """Draw chrome, brass or black steel."""
        return plain(self._colour((0.08, 0.15), (0, 0.5), (0.08, 0.75)))

    def small(self) -> Material:
        """Draw what covers small things: any colour, or part of a photograph as print."""
        if self.rng.random() < 0.35:
            return self._photograph(self.rng.uniform(0.1, 0.5))
        return plain(self._colour((0, 1), (0, 1), (0.1, 0.98)))

    def dark(self) -> Material:
        """Draw a screen that is off, or the black of a device."""
        return plain(self._colour((0, 1), (0, 0.1), (0.02, 0.12)))

    def leaf(self) -> Material:
        """Draw green."""
        return self._pattern("weave", self._colour((0.2, 0.4), (0.4, 0.9), (0.2, 0.6)), 0.4, 0.2)

    def picture(self, emission: float = 0.0) -> Material:
        """Draw a whole photograph that fills a face."""
        return self._photograph(0.0)._replace(emission=emission, offset=(0.0, 0.0))

    def shade(self) -> Material:
        """Draw the shade of a lamp that is on."""
        return plain(self._colour((0.06, 0.14), (0.05, 0.45), (0.85, 1)), emission=self.rng.uniform(0.8, 3))

    def _photograph(self, span: float) -> Material:
        tint = tuple(self.rng.uniform(0.6, 1.1, 3).tolist())
        number = int(self.rng.choice(self.bank.photographs))
        offset = (self.rng.uniform(0, 4), self.rng.uniform(0, 4))
        return Material((0.0, 0.0, 0.0), tint, number, float(span), offset)

    def _pattern(self, name: str, colour: Colour, contrast: float, span: float) -> Material:
        """Return a pattern between darker and lighter shades of a colour, its mean."""
        low = tuple(value * (1 - contrast) for value in colour)
        high = tuple(min(1.0, value * (1 + contrast)) for value in colour)
        number = int(self.rng.choice(self.bank.patterns[name]))
        offset = (self.rng.uniform(0, 2), self.rng.uniform(0, 2)) if span else (0.0, 0.0)
        return Material(low, high, number, float(span), offset)  # type: ignore[arg-type]

    def _wood_colour(self) -> Colour:
        return self._colour((0.04, 0.11), (0.25, 0.75), (0.18, 0.8))

    def _colour(self, hue: Limits, saturation: Limits, value: Limits) -> Colour:
        """Draw a colour in these ranges as a screen shows it, and return it linear."""
        shown = colorsys.hsv_to_rgb(*(self.rng.uniform(low, high) for low, high in (hue, saturation, value)))
        red, green, blue = (part * part for part in shown)
        return red, green, blue

    def _one_of(self, weights: dict[str, float]) -> str:
        shares = np.array(list(weights.values()))
        return list(weights)[int(self.rng.choice(len(shares), p=shares / shares.sum()))]
