"""Convert a denoising run into weights to publish: float16, half the size, compared with the run.

    python -m tools.release.publish RUN apps/denoising/src/indexnet_denoising/weights/blind-gray

Writes model.safetensors and config.json; prints size, SHA-256 and the largest difference due to rounding.
"""

import hashlib
from pathlib import Path

import torch

from indexnet_denoising.predictor import load_model, model_channels
from indexnet_engine.weights.pretrained import WEIGHTS_FILE, load_config, save_pretrained
from tools.command import new_parser, run


def main() -> None:
    """Convert, check, print."""
    parser = new_parser("tools.release.publish", __doc__)
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add_argument("out", type=Path, help="folder for the weights")
    options = parser.parse_args()
    publish(options.run, options.out)


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
