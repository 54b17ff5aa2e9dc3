"""Convert a denoising run into weights to publish: float16, half the size, compared with the run.

    python -m tools.release.publish RUN apps/denoising/src/indexnet_denoising/weights/blind-gray

Writes model.safetensors and config.json; prints size, SHA-256 and the largest difference due to rounding.
"""

import hashlib
from pathlib import Path

import torch

from indexnet_denoising.predictor import load_model, model_channels
from indexnet_engine.weights.pretrained import WEIGHTS_FILE, load_config, save_pretrained
from tools.command import parse_paths, run


def main() -> None:
    """Convert, check, print."""
    publish(
        *parse_paths("tools.release.publish", __doc__, run="folder of a run", out="folder for the weights")
    )


def publish(source: Path, out: Path) -> None:
    """Write the weights of a run to ``out`` in float16."""
    model = load_model(source)
    config = {key: value for key, value in load_config(source).items() if key not in ("format", "model")}
    save_pretrained(model, out, config, dtype=torch.float16)
    image = torch.rand(1, model_channels(model), 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        difference = (load_model(out)(image) - model(image)).abs().max().item()
    content = (out / WEIGHTS_FILE).read_bytes()
    print(
        f"{out / WEIGHTS_FILE}: {len(content) / 2**20:.2f} MiB, SHA-256 {hashlib.sha256(content).hexdigest()}"
    )
    print(f"largest difference of an output value from float32: {difference:.1e} (1/255 is {1 / 255:.1e})")


if __name__ == "__main__":
    run(main)
