"""Convert a run of any application into weights to publish: float16, half the size, compared with the run.

    python -m tools.release.publish RUN apps/denoising/src/indexnet_denoising/weights/blind-gray

Writes model.safetensors and config.json; prints size, SHA-256 and the largest difference due to rounding. A
card, README.md, and the SHA-256 in ``packaged.py`` make it a network of the package.
"""

import hashlib
from pathlib import Path
from typing import Any

import torch

import indexnet_denoising.cli
import indexnet_depth.cli
import indexnet_matting.cli
import indexnet_segmentation.cli
from indexnet_engine.application import Application
from indexnet_engine.errors import UserError
from indexnet_engine.weights.pretrained import WEIGHTS_FILE, load_config, save_pretrained
from tools.command import parse_paths, run

APPLICATIONS: dict[str, Application[Any]] = {
    program.APPLICATION.task: program.APPLICATION
    for program in (
        indexnet_denoising.cli,
        indexnet_matting.cli,
        indexnet_segmentation.cli,
        indexnet_depth.cli,
    )
}


def main() -> None:
    """Convert, check, print."""
    publish(
        *parse_paths("tools.release.publish", __doc__, run="folder of a run", out="folder for the weights")
    )


def publish(source: Path, out: Path) -> None:
    """Write the weights of a run to ``out`` in float16.

    Raises:
        UserError: the folder holds no trained weights, or they do not fit into float16.
    """
    config = load_config(source)
    task = config.get("task")
    if task not in APPLICATIONS:
        raise UserError(f"{source}: task is {task!r}, expected one of {', '.join(APPLICATIONS)}")
    application = APPLICATIONS[task]
    load = application.predictor.load_model
    model = load(source, "cpu")
    more = {key: value for key, value in config.items() if key not in ("format", "model")}
    save_pretrained(model, out, more, dtype=torch.float16)
    image = torch.rand(1, application.channels(model), 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        difference = (load(out, "cpu")(image) - model(image)).abs().max().item()
    content = (out / WEIGHTS_FILE).read_bytes()
    print(
        f"{out / WEIGHTS_FILE}: {len(content) / 2**20:.2f} MiB, SHA-256 {hashlib.sha256(content).hexdigest()}"
    )
    print(f"largest difference of an output value from float32: {difference:.1e}")


if __name__ == "__main__":
    run(main)
