"""Draw a contact sheet of generated matting scenes: image, alpha and trimap, a row for each kind.

    python -m tools.demo.generated_scenes sheet.png --photographs PHOTOGRAPHS --kinds hair fur --seed 3

What ``--data.train generated`` trains on, to be looked at before a long training and after a change.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import OptionError
from indexnet_engine.images.image_file import write_image
from indexnet_engine.images.panels import one_below_another, side_by_side, to_bytes, with_row_label
from indexnet_matting.data.generator.mattes import MATTES
from indexnet_matting.data.generator.open_generated import open_generated
from indexnet_matting.data.generator.scene import draw_scene
from indexnet_matting.data.generator.textures import Photographs
from tools.command import new_parser, run

__all__ = ["contact_sheet"]


def main() -> None:
    """Draw the sheet."""
    parser = new_parser("tools.demo.generated_scenes", __doc__)
    parser.add_argument("out", type=Path, help="the sheet, a PNG file")
    parser.add_argument("--photographs", type=Path, help="folder of textures and backgrounds; builtin ones")
    parser.add_argument("--kinds", nargs="+", default=list(MATTES), help="kinds of foregrounds; all")
    parser.add_argument("--each", type=int, default=3, help="scenes of each kind, side by side (3)")
    parser.add_argument("--size", type=int, default=320, help="side of a scene in pixels (320)")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other scenes (0)")
    options = parser.parse_args()
    photographs = open_generated(options.photographs).photographs
    sheet = contact_sheet(photographs, options.kinds, each=options.each, size=options.size, seed=options.seed)
    write_image(options.out, sheet / np.float32(255))
    print(f"{options.out}: {options.each} scenes of {len(options.kinds)} kinds")


def contact_sheet(
    photographs: Photographs, kinds: Sequence[str], *, each: int = 3, size: int = 320, seed: int = 0
) -> NDArray[np.uint8]:
    """Draw scenes of each kind in a row: image, alpha and trimap of one, then of the next.

    Args:
        photographs: textures and backgrounds.
        kinds: names in `MATTES`.
        each: scenes of a kind.
        size: side of a scene in pixels.
        seed: a scene is a function of seed, kind and number.

    Returns:
        uint8 (H, W, 3); a row's label is its kind with the mean share of unknown pixels.

    Raises:
        UserError: there is no such kind, or a number is below one.
    """
    for kind in kinds:
        if kind not in MATTES:
            raise OptionError("kinds", f"expected some of {', '.join(MATTES)}, got {kind}")
    for name, value in (("each", each), ("size", size)):
        if value < 1:
            raise OptionError(name, f"must be at least 1, got {value}")
    rows = []
    for kind in kinds:
        keys = ([seed, list(MATTES).index(kind), number] for number in range(each))
        scenes = [draw_scene(size, np.random.default_rng(key), photographs, kind) for key in keys]
        pictures = [
            picture
            for scene in scenes
            for picture in (
                to_bytes(scene.image),
                to_bytes(scene.alpha),
                np.repeat(scene.trimap[..., None], 3, 2),
            )
        ]
        unknown = np.mean([scene.trimap == 128 for scene in scenes])
        rows.append(with_row_label(side_by_side(pictures, size), f"{kind}, {unknown:.0%} unknown"))
    return one_below_another(rows)


if __name__ == "__main__":
    run(main)
