"""Draw the index maps that a network predicts for an image, for all stages (Fig. 10).

    python examples/index_maps_of_a_picture.py photo.jpg index-maps.png

Left the picture, then the three stages of the denoiser that comes with indexnet-denoising, each map
stretched to black and white: above what guides pooling, below what guides upsampling. Without a picture of
your own it takes a photograph that comes with scikit-image.
"""

import argparse
from pathlib import Path

from indexnet_core import collect_index_maps, index_picture, pad_to_multiple
from indexnet_denoising.predictor import load_model
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import read_image, to_tensor, write_image
from indexnet_engine.images.panels import one_below_another, side_by_side, to_bytes
from indexnet_engine.images.sample_photos import photograph_files


def draw_maps(picture: Path, out: Path) -> None:
    """Predict the maps and draw them beside the image."""
    photo = read_image(picture, 1)  # (H, W, 1) in [0, 1]
    x = pad_to_multiple(to_tensor(photo), 8)  # (1, 1, H, W): the network has three stages
    maps = collect_index_maps(load_model("blind-gray"), x)
    rows = []
    for side in ("encoder", "decoder"):
        drawn = [index_picture(stage, side)[0].numpy() for stage in maps]  # (H, W), (H/2, W/2), (H/4, W/4)
        rows.append(side_by_side([to_bytes(image) for image in (photo, *drawn)], photo.shape[0]))
    write_image(out, one_below_another(rows)[..., 0])  # all pictures are gray
    print(f"wrote the index maps of {len(maps)} stages to {out}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("picture", nargs="?", type=Path, default=photograph_files("test")["chelsea"])
    parser.add_argument("out", nargs="?", type=Path, default=Path("index-maps.png"))
    options = parser.parse_args()
    try:
        draw_maps(options.picture, options.out)
    except UserError as error:
        parser.error(str(error))
