"""Measure how quickly matting samples are made, compared with a pipeline that works on whole images.

    python -m tools.bench.apps.data_matting
    python -m tools.bench.apps.data_matting --size 3000 4000

Makes foregrounds and mattes of several million pixels (PNG) and backgrounds of COCO's size (JPEG) in a
temporary folder, and makes samples of 320x320 from crops of 320, 480 and 640 on one core, in two ways:

- ours: `MattingDataset`, which maps decoded foregrounds into memory and works on the crop alone;
- whole: read foreground, matte and background, resize the background to cover, composite, make the trimap,
  resize (each step for the whole image), and crop last.

Times are CPU times, so that other work on the machine matters little; files come from the page cache.
"""

import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image
from indexnet_engine.images.sample_photos import photographs
from indexnet_engine.randomness import SampleKey, sample_rng
from indexnet_matting.data.crop import composite
from indexnet_matting.data.open_data import open_training_data
from indexnet_matting.data.synthetic import draw_foreground
from indexnet_matting.data.trimap import random_trimap
from tools.bench.apps.pipelines.matting import STAGES
from tools.bench.apps.sampling import measure_sampling, shares
from tools.command import new_parser, run

BACKGROUND = (480, 640)  # height and width of most images of COCO
SIZE = 320

Image = NDArray[np.generic]


class Clock:
    """CPU seconds spent in each stage."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the CPU time of the block to a stage."""
        start = time.process_time()
        yield
        self.seconds[name] += time.process_time() - start


def main() -> None:
    """Measure both ways and print the ratio."""
    parser = new_parser("tools.bench.apps.data_matting", __doc__)
    parser.add_argument(
        "--size", type=int, nargs=2, default=(1500, 2000), metavar=("H", "W"), help="of the foregrounds"
    )
    parser.add_argument("--samples", type=int, default=200, help="samples to make by our pipeline")
    parser.add_argument("--whole-samples", type=int, default=20, help="samples to make from whole images")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    height, width = options.size
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        make_data(data, height, width)
        start = time.process_time()
        dataset = open_training_data(data, cache_dir=data / "cache", size=SIZE)
        decoding = (time.process_time() - start) / len(dataset.foregrounds)
        ours = measure_sampling(dataset, STAGES, options.samples)
        rate, seconds = measure_whole(data, options.whole_samples)
    print(f"foregrounds of {height}x{width} ({height * width / 1e6:.1f} million pixels), one core")
    print(f"ours   {ours.rate:7.2f} samples per second: {shares(ours.seconds)}")
    print(f"whole  {rate:7.2f} samples per second: {shares(seconds)}")
    print(f"ratio  {ours.rate / rate:7.1f}")
    print(f"before the first sample, once: {decoding:.2f} seconds to decode each foreground")


def make_data(folder: Path, height: int, width: int) -> None:
    """Write four foregrounds with mattes and eight backgrounds."""
    for name in ("hair-1", "veil-1", "glass-1", "net-1"):
        rgba = draw_foreground(name, max(height, width))[:height, :width]
        # Photographs do not compress as well as drawings.
        noise = np.random.default_rng(0).integers(-6, 7, rgba[..., :3].shape)
        write_image(folder / "fg" / f"{name}.png", (rgba[..., :3] + noise).clip(0, 255).astype(np.uint8))
        write_image(folder / "alpha" / f"{name}.png", np.ascontiguousarray(rgba[..., 3]))
    for name, image in photographs("train", 3).items():
        write_image(folder / "backgrounds" / f"{name}.jpg", cv2.resize(image, BACKGROUND[::-1]))


def measure_whole(folder: Path, count: int) -> tuple[float, dict[str, float]]:
    """Make samples from whole images; return their number per second, and the time of each stage."""
    for index in range(4):  # imports, and the files' way into the page cache
        whole_sample(folder, SampleKey(0, index), Clock())
    clock, start = Clock(), time.process_time()
    for index in range(count):
        whole_sample(folder, SampleKey(1, index), clock)
    return count / (time.process_time() - start), dict(clock.seconds)


def whole_sample(folder: Path, key: SampleKey, clock: Clock) -> dict[str, Image]:
    """Read, composite and resize whole images, then crop."""
    rng = sample_rng(0, key)
    foregrounds, backgrounds = (sorted((folder / part).iterdir()) for part in ("fg", "backgrounds"))
    path = foregrounds[key.index % len(foregrounds)]
    with clock.stage("read"):
        foreground = _read(path)
        alpha = _read(folder / "alpha" / path.name, cv2.IMREAD_GRAYSCALE)
        background = _read(backgrounds[rng.integers(len(backgrounds))])
    height, width = alpha.shape
    with clock.stage("background"):
        scale = max(height / background.shape[0], width / background.shape[1])
        covering = (int(np.ceil(background.shape[1] * scale)), int(np.ceil(background.shape[0] * scale)))
        covered = cv2.resize(background, covering, interpolation=cv2.INTER_CUBIC)[:height, :width]
    with clock.stage("composite"):
        opacity = _unit(alpha)
        image = composite(_unit(foreground), opacity, _unit(covered))
    with clock.stage("trimap"):
        trimap = random_trimap(alpha, rng)
    with clock.stage("resize"):
        factor = SIZE / (320, 480, 640)[rng.integers(3)]
        size = (round(width * factor), round(height * factor))
        small, small_alpha = (
            cv2.resize(part, size, interpolation=cv2.INTER_AREA) for part in (image, opacity)
        )
        small_trimap = cv2.resize(trimap, size, interpolation=cv2.INTER_NEAREST)
    with clock.stage("crop"):
        unknown = np.flatnonzero(small_trimap == 128)
        row, column = divmod(int(unknown[rng.integers(len(unknown))]), size[0])
        top, left = (min(max(p - SIZE // 2, 0), s - SIZE) for p, s in ((row, size[1]), (column, size[0])))
        window = np.s_[top : top + SIZE, left : left + SIZE]
    return {"image": small[window], "alpha": small_alpha[window], "trimap": small_trimap[window]}


def _read(path: Path, mode: int = cv2.IMREAD_COLOR) -> NDArray[np.uint8]:
    image = cv2.imread(str(path), mode)
    if image is None:
        raise UserError(f"{path}: cannot be read")
    return image.astype(np.uint8, copy=False)


def _unit(image: NDArray[np.generic]) -> NDArray[np.float32]:
    return image.astype(np.float32) / np.float32(255)


if __name__ == "__main__":
    run(main)
