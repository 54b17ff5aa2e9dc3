"""Measure the cost of large images, and the error of tiles, in the matting application.

    python -m tools.bench.apps.tiles_matting predict --resampling m2o-nl-c --size 2160 3840
    python -m tools.bench.apps.tiles_matting tiles RUN data/alphamatting/test --tile 512

``predict`` runs the command, cut-out included, in a new process with random weights, once for each limit.
``tiles`` compares alpha mattes predicted in tiles with those of the whole image, in the unknown region.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image
from indexnet_engine.progress import progress_bar
from indexnet_engine.weights.pretrained import save_pretrained
from indexnet_matting.data.open_data import load_test_set
from indexnet_matting.metrics import sad
from indexnet_matting.models import create_model
from indexnet_matting.predictor import MattingPredictor, load_model
from tools.bench.apps.pipelines.matting import scene
from tools.command import new_parser, run


def main() -> None:
    """Run one of the measurements."""
    parser = new_parser("tools.bench.apps.tiles_matting", __doc__)
    what = parser.add_subparsers(required=True, metavar="predict | tiles")
    predict = what.add_parser("predict", help="time and memory for a large image")
    predict.set_defaults(call=bench_predict)
    predict.add_argument("--size", type=int, nargs=2, default=(2160, 3840), metavar=("H", "W"))
    predict.add_argument("--resampling", default="m2o-nl-c", help="operator of B11")
    predict.add_argument("--max-memory", type=float, nargs="+", default=[8, 12, 1.5], help="limits in GB")
    tiles = what.add_parser("tiles", help="tiles compared with the whole image")
    tiles.set_defaults(call=bench_tiles)
    tiles.add_argument("weights", type=Path, help="the folder of a run")
    tiles.add_argument("data", help="folder with image/, alpha/ and trimap/")
    tiles.add_argument("--tile", type=int, default=512, help="side of the tiles")
    tiles.add_argument("--overlap", type=int, help="pixels that tiles share; half a tile by default")
    options = parser.parse_args()
    if min(getattr(options, "size", (32,))) < 32:
        raise UserError(f"--size must be at least 32 x 32, got {options.size[0]} x {options.size[1]}")
    options.call(options)


def bench_predict(options: argparse.Namespace) -> None:
    """Print wall time and peak resident memory of the command, for each limit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image, _, trimap = scene(*options.size)
        write_image(folder / "image.png", image)
        write_image(folder / "trimap.png", trimap)
        model = create_model("b11", resampling=options.resampling)
        save_pretrained(model, folder / "net", {"task": "matting"})
        print(f"{options.resampling}, {options.size[0]}x{options.size[1]}, {torch.get_num_threads()} threads")
        for limit in options.max_memory:
            places = {"image": "image.png", "trimap": "trimap.png", "weights": "net", "out": "out"}
            words = [f"--{option}={folder / place}" for option, place in places.items()]
            words += ["--cutout=true", "--device=cpu", f"--max-memory={limit:g}"]
            seconds, peak = _measured([sys.executable, "-m", "indexnet_matting.cli", "predict", *words])
            print(f"--max-memory {limit:<4g} {seconds:6.1f} s {peak / 1e9:6.2f} GB")


def bench_tiles(options: argparse.Namespace) -> None:
    """Print the difference between mattes predicted in tiles and those of the whole image."""
    model, images = load_model(options.weights), load_test_set(options.data)
    overlap = options.tile // 2 if options.overlap is None else options.overlap
    rows = []
    with progress_bar(len(images), "matting", unit="image") as bar:
        for image in images.values():
            whole = MattingPredictor(model, max_memory=1e6)(image.image, image.trimap)
            tiled = MattingPredictor(model, tile=options.tile, overlap=overlap)(image.image, image.trimap)
            off = np.abs(whole - tiled)[image.trimap == 128]
            before, after = (sad(alpha, image.alpha, image.trimap) for alpha in (whole, tiled))
            rows.append((image.name, off.mean(), np.quantile(off, 0.999), off.max(), after / before - 1))
            bar.update()
    print(f"{'image':<20} {'mean':>8} {'99.9 %':>8} {'largest':>8} {'SAD':>8}")
    for name, mean, high, largest, change in rows:
        print(f"{name:<20} {mean:8.4f} {high:8.4f} {largest:8.4f} {change:+8.2%}")


def _measured(words: list[str]) -> tuple[float, int]:
    """Run a command; return its wall time in seconds and its peak resident memory in bytes."""
    code = "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    code += "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    start = time.perf_counter()
    result = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - start
    return seconds, 1024 * int(result.stdout.split()[-1])


if __name__ == "__main__":
    run(main)
