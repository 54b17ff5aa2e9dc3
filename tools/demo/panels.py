"""Images in rows and columns, with a caption below each."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

CAPTION, GAP = 26, 6


class Panel(NamedTuple):
    """An image (H, W, 1 or 3) in [0, 1], and its caption."""

    image: NDArray[np.float32]
    caption: str


def compose(rows: list[list[Panel]], scale: int = 1) -> NDArray[np.float32]:
    """Arrange images of one size on white, each enlarged ``scale`` times without smoothing.

    Returns:
        float32 (H, W, 3) in [0, 1].

    >>> compose([[Panel(np.zeros((4, 4, 1), np.float32), "black")] * 2]).shape
    (42, 26, 3)
    """
    height, width = (side * scale for side in rows[0][0].image.shape[:2])
    columns = max(len(row) for row in rows)
    size = (columns * width + (columns + 1) * GAP, len(rows) * (height + CAPTION + GAP) + GAP)
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    for row, panels in enumerate(rows):
        for column, panel in enumerate(panels):
            left, top = GAP + column * (width + GAP), GAP + row * (height + CAPTION + GAP)
            pixels = np.broadcast_to(np.rint(255 * panel.image), (*panel.image.shape[:2], 3)).astype(np.uint8)
            enlarged = pixels.repeat(scale, 0).repeat(scale, 1)
            sheet.paste(Image.fromarray(enlarged), (left, top))
            pen.text((left + 2, top + height + 4), panel.caption, fill="black", font=font)
    return np.asarray(sheet, dtype=np.float32) / np.float32(255)
