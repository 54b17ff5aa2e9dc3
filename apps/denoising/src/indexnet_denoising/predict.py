"""Denoise photographs."""

from dataclasses import dataclass
from pathlib import Path

from indexnet_denoising.data.noise import as_sigma, evaluation_noise
from indexnet_denoising.denoise import DEFAULT_WEIGHTS, denoise, load_model, pick_device
from indexnet_engine.errors import UserError
from indexnet_engine.images import convert_channels, list_images, read_image, write_image
from indexnet_engine.progress import progress_bar, say

__all__ = ["PredictConfig", "predict"]


@dataclass
class PredictConfig:
    """What to denoise with what."""

    input: Path
    """An image, or a folder of images; any size, colour or gray."""
    out: Path = Path("denoised")
    """Folder for the results, <name>.png each."""
    weights: Path = DEFAULT_WEIGHTS
    """Folder with model.safetensors and config.json: a run, or the network that comes with the package."""
    add_noise: float | None = None
    """Add noise of this level (0-255 scale) first, to try it out; <name>-noisy.png keeps the noisy image."""
    tile: int = 512
    """Images with a longer side are done in tiles of this size."""
    overlap: int = 128
    """Pixels that neighbouring tiles share."""
    device: str = "auto"
    """cpu, cuda, or auto."""


def predict(config: PredictConfig) -> None:
    """Denoise every image; a bad one is found before any is written."""
    sigma = None if config.add_noise is None else as_sigma(config.add_noise)
    files = list_images(config.input)
    _check_names(files, config.out)
    model = load_model(config.weights, pick_device(config.device))
    with progress_bar(len(files), "denoising", unit="image") as bar:
        for file in files:
            image = read_image(file)
            if image.shape[2] == 4:
                image = convert_channels(image, 3)
            if isinstance(sigma, float):
                image = image + evaluation_noise(image.shape, sigma, file.stem)
                write_image(config.out / f"{file.stem}-noisy.png", image.clip(0, 1))
            clean = denoise(model, image, tile=config.tile, overlap=config.overlap)
            write_image(config.out / f"{file.stem}.png", clean)
            bar.update()
    say(f"wrote {len(files)} image{'s' if len(files) > 1 else ''} to {config.out}")


def _check_names(files: list[Path], out: Path) -> None:
    """No result may replace an input or another result."""
    taken: dict[str, Path] = {}
    for file in files:
        twin = taken.setdefault(file.stem, file)
        if twin != file:
            raise UserError(f"{file} and {twin} would both become {out / file.stem}.png; rename one of them")
        if (out / f"{file.stem}.png").resolve() == file.resolve():
            raise UserError(f"{file} would be overwritten by its result; choose another --out")
