"""Crops of the noisy image, all results and the clean image, side by side."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.metrics import psnr
from indexnet_engine.images.panels import (
    one_below_another,
    side_by_side,
    to_bytes,
    with_column_headings,
    with_row_label,
)
from tools.compare.shown import SIDE, middle
from tools.denoisers.cache import Cache
from tools.denoisers.inputs import Group
from tools.denoisers.measuring import Row, denoise

__all__ = ["draw_panels", "panel_names"]


def panel_names(groups: Sequence[Group]) -> dict[str, tuple[Group, str]]:
    """Name every image that can be drawn: the set, the noise level if known, and the image.

    Returns:
        ``Set12/25/01`` -> group and name of the image.
    """
    named: dict[str, tuple[Group, str]] = {}
    for group in groups:
        parts = [group.data, *([] if group.sigma is None else [f"{group.sigma:g}"])]
        named |= {"/".join([*parts, name]): (group, name) for name in group.pairs}
    return named


def draw_panels(drawn: Sequence[str], rows: Sequence[Row], cache: Cache) -> NDArray[np.uint8]:
    """Draw a row for each image: the input, each method's result with its PSNR, the clean image.

    Args:
        drawn: keys of `panel_names`.
        rows: those of the table.
        cache: results of methods that are stored.

    Returns:
        uint8 (H, W, 3).
    """
    named = panel_names([row.group for row in rows])
    sheets = []
    for title in drawn:
        group, name = named[title]
        pair = group.pairs[name]()
        columns = {"input": pair.noisy}
        for row in rows:
            if row.group.title == group.title and row.method.label != "noisy":
                result = denoise(row.method, pair.noisy, group.sigma, row.strengths, cache)
                columns[f"{row.method.label} {psnr(pair.clean, result.image):.2f}"] = result.image
        columns["clean"] = pair.clean
        crops = [middle(image) for image in columns.values()]
        sheet = side_by_side([to_bytes(crop) for crop in crops], 2 * SIDE)
        sheets.append(with_row_label(with_column_headings(sheet, crops, list(columns)), title))
    return one_below_another(sheets)
