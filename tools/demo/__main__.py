"""Train two small denoisers, with max unpooling and with learned indices, and compare their images.

    python -m tools.demo

Trains on sample photos of scikit-image, evaluates on held-out ones, prints a table and writes
``demo/demo.png``. The runs are in ``demo/runs``.
"""

import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.config import CONFIGS, TrainConfig
from indexnet_denoising.data.noise import noisy_image
from indexnet_denoising.evaluation import evaluate_images
from indexnet_denoising.metrics import measure
from indexnet_denoising.predictor import DenoisingPredictor, load_model
from indexnet_denoising.training.train import train
from indexnet_engine.cli.commands import parse_config
from indexnet_engine.images.image_file import write_image
from indexnet_engine.images.sample_photos import photographs
from indexnet_engine.reports.metric_tables import Measures, mean_of
from tools.command import new_parser, run
from tools.demo.panels import Panel, compose

CONFIG = CONFIGS / "demo.yaml"
OPERATORS = {"max": "max pooling and unpooling", "o2o-shared": "index networks"}
SIGMA = 25.0
# Row and column of a 144 × 144 crop with fine detail, in each held-out photo.
CROPS = {"camera": (60, 190), "chelsea": (60, 130), "coins": (40, 20), "gravel": (180, 180)}
SIDE = 144

Images = dict[str, NDArray[np.float32]]


def main() -> None:
    """Train, evaluate, draw."""
    parser = new_parser("tools.demo", __doc__)
    parser.add_argument("--out", type=Path, default=Path("demo"), help="folder for the runs and the panel")
    parser.add_argument("--steps", type=int, help="steps of each training; by default those of demo.yaml")
    parser.add_argument("--seed", type=int, default=0, help="seed of both trainings")
    options = parser.parse_args()

    clean = photographs("test")
    noisy = {name: noisy_image(image, SIGMA, name) for name, image in clean.items()}
    measures: dict[str, Measures] = {
        "noisy": {name: measure(clean[name], image.clip(0, 1)) for name, image in noisy.items()}
    }
    estimates: dict[str, Images] = {"noisy": noisy}
    minutes: dict[str, float] = {}
    for operator, label in OPERATORS.items():
        print(f"training with {label} ({operator})", flush=True)
        start = time.perf_counter()
        folder = _train(operator, options.out / "runs", options.steps, options.seed)
        minutes[label] = (time.perf_counter() - start) / 60
        measures[label], estimates[label] = evaluate_images(
            DenoisingPredictor(load_model(folder), tile=1024), clean, SIGMA
        )

    print(f"\nPSNR in dB (SSIM) on held-out photographs, sigma {SIGMA:g}; spots: share left noisy\n")
    print(format_results(measures))
    print("\n" + ", ".join(f"{label}: {value:.1f} minutes" for label, value in minutes.items()))
    picture = options.out / "demo.png"
    write_image(picture, draw(clean, estimates, measures))
    print(f"the picture is {picture}")


def _train(operator: str, root: Path, steps: int | None, seed: int) -> Path:
    words = [f"--config={CONFIG}", f"--model.resampling={operator}", f"--out={root}", f"--loop.seed={seed}"]
    if steps is not None:
        words.append(f"--loop.steps={steps}")
    return train(parse_config(TrainConfig, words))


def format_results(measures: dict[str, Measures]) -> str:
    """Format a line for each method: a column for each photo, the mean, and the mean share of spots."""
    names = list(measures["noisy"])
    lines = [f"{'':<28}" + "".join(f"{name:>16}" for name in (*names, "mean")) + f"{'spots':>9}"]
    for label, images in measures.items():
        rows = [*images.values(), mean_of(images.values())]
        cells = "".join(f"{row['psnr']:>8.2f} ({row['ssim']:.3f})" for row in rows)
        spots = f"{100 * rows[-1]['spots']:>8.2f}%" if "spots" in rows[-1] else ""
        lines.append(f"{label:<28}{cells}{spots}")
    return "\n".join(lines)


def draw(clean: Images, estimates: dict[str, Images], measures: dict[str, Measures]) -> NDArray[np.float32]:
    """Draw a row for each photo: noisy, both predictions, clean; with the PSNR of the whole photo."""
    rows = []
    for name, (top, left) in CROPS.items():
        window = np.s_[top : top + SIDE, left : left + SIDE]
        row = [
            Panel(images[name][window].clip(0, 1), f"{label}  {measures[label][name]['psnr']:.2f} dB")
            for label, images in estimates.items()
        ]
        rows.append([*row, Panel(clean[name][window], f"clean ({name})")])
    return compose(rows, scale=2)


if __name__ == "__main__":
    run(main)
