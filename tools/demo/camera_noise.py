"""Draw what denoisers make of photographs with the noise of cameras: noisy, denoised, clean; a row for each.

    python -m tools.demo.camera_noise sheet.png photographs/test --pairs chelsea-0 coins-2 --weights camera

A pair is the middle of a photograph with one draw of ``--data.noise camera``, 256 pixels wide, as in the
evaluation during training. Columns state the PSNR.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.data.camera_noise import CameraNoise
from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.metrics import psnr
from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image
from indexnet_engine.images.panels import one_below_another, side_by_side, to_bytes, with_column_headings
from tools.command import new_parser, run

__all__ = ["camera_sheet"]


def main() -> None:
    """Draw the sheet."""
    parser = new_parser("tools.demo.camera_noise", __doc__)
    parser.add_argument("out", type=Path, help="the sheet, a PNG file")
    parser.add_argument("photographs", help="folder of clean photographs, or builtin")
    parser.add_argument("--pairs", nargs="+", help="NAME-DRAW, of draws 0 to 3; draw 0 of each photograph")
    parser.add_argument("--weights", nargs="+", default=["camera"], help="networks, by folder or name")
    parser.add_argument("--height", type=int, default=256, help="of a cell in pixels (256)")
    options = parser.parse_args()
    predictors = {name: DenoisingPredictor.from_pretrained(name, device="cpu") for name in options.weights}
    images = load_images(options.photographs, "test", 3)
    write_image(
        options.out, camera_sheet(images, options.pairs, predictors, options.height) / np.float32(255)
    )


def camera_sheet(
    images: Mapping[str, NDArray[np.float32]],
    names: Sequence[str] | None,
    predictors: Mapping[str, Callable[[NDArray[np.float32]], NDArray[np.float32]]],
    height: int = 256,
) -> NDArray[np.uint8]:
    """Draw a row of cells for each pair: noisy, the result of each network, clean.

    Args:
        images: clean photographs (H, W, 3) in [0, 1], by name.
        names: pairs of `CameraNoise.held_out`; draw 0 of every photograph by default.
        predictors: networks, by the heading of their column.
        height: of a cell in pixels.

    Returns:
        uint8 (H, W, 3).

    Raises:
        UserError: there is no such pair.
    """
    pairs = CameraNoise().held_out(images)["camera"]
    rows = []
    for name in names or [f"{image}-0" for image in images]:
        if name not in pairs:
            raise UserError(f"--pairs {name}: no such pair; there are {', '.join(sorted(pairs))}")
        noisy, clean = pairs[name]
        cells = {"noisy": noisy, **{who: net(noisy) for who, net in predictors.items()}}
        headings = [f"{who}, {psnr(clean, cell):.1f} dB" for who, cell in cells.items()]
        pictures = [*cells.values(), clean]
        row = side_by_side([to_bytes(picture) for picture in pictures], height)
        rows.append(with_column_headings(row, pictures, [*headings, "clean"]))
    return one_below_another(rows)


if __name__ == "__main__":
    run(main)
