"""Denoise photographs."""

from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from indexnet_core import optimize_for_inference
from indexnet_denoising.data.noise import as_sigma, evaluation_noise
from indexnet_denoising.metrics import psnr
from indexnet_denoising.predictor import OVERLAP, check_tiling, denoise, load_model
from indexnet_engine.errors import UserError
from indexnet_engine.files import make_folder
from indexnet_engine.images.folders import refuse_overwriting
from indexnet_engine.images.image_file import convert_channels, list_images, read_image, write_image
from indexnet_engine.inference.load_network import Precision, load_network
from indexnet_engine.progress import progress_bar, say

__all__ = ["PredictConfig", "predict"]

NOISY = "noisy"
"""Folder for the noisy images, where noise is added; apart, so that the results can be scored as they are."""


@dataclass
class PredictConfig:
    """Images, network and output."""

    input: list[Path]
    """Images of any size, colour or gray, or folders of them; transparent areas become white."""
    out: Path = Path("denoised")
    """Folder for the results, NAME.png with 8 bits; existing files are overwritten."""
    weights: Path | None = None
    """Folder of a run, or the name of a network of the package; blind-gray by default."""
    onnx: Path | None = None
    """Exported network (.onnx) instead of --weights; needs onnxruntime."""
    add_noise: float | None = None
    """Add noise of this level (0-255 scale) first, as a demonstration; noisy images go to OUT/noisy."""
    tile: int = 512
    """Side of the tiles in pixels; images with a longer side are processed in tiles."""
    overlap: int = OVERLAP
    """Overlap of neighbouring tiles in pixels."""
    device: str = "auto"
    """cpu, cuda, or auto."""
    precision: Precision = "32"
    """Precision: 32 folds batch norm, with the same result; bf16 is faster, takes less memory and is less
    exact (see the README)."""


def predict(config: PredictConfig) -> None:
    """Denoise every image; a bad one is found before any is written."""
    if config.add_noise is not None:
        as_sigma(config.add_noise, "add_noise")
    if not config.input:
        raise UserError("missing --input: an image, or a folder of images")
    files = list(dict.fromkeys(file for path in config.input for file in list_images(path)))
    _check_names(files, config.out, noisy=config.add_noise is not None)
    model = load_network(config, "denoising", load_model, optimize_for_inference)
    check_tiling(model, config.tile, config.overlap)
    for file in files:
        read_image(file)
    if config.tile < 2 * config.overlap:
        step = config.tile - config.overlap
        say(f"note: tiles of {config.tile} that share {config.overlap} pixels advance by {step}: slow")
    make_folder(config.out)
    noisy_psnr, clean_psnr = [], []
    with progress_bar(len(files), "denoising", unit="image") as bar:
        for file in files:
            image = read_image(file)
            if image.shape[2] == 4:
                image = convert_channels(image, 3)
            given = image
            if config.add_noise is not None:
                given = image + evaluation_noise(image.shape, config.add_noise, file.stem)
                write_image(config.out / NOISY / f"{file.stem}.png", given.clip(0, 1))
            clean = denoise(model, given, tile=config.tile, overlap=config.overlap, progress=True)
            write_image(config.out / f"{file.stem}.png", clean)
            if config.add_noise is not None:
                noisy_psnr.append(psnr(image, given))
                clean_psnr.append(psnr(image, clean))
            bar.update()
    say(f"wrote {len(files)} image{'s' if len(files) > 1 else ''} to {config.out}")
    if config.add_noise is not None:
        say(f"mean PSNR {mean(noisy_psnr):.2f} dB with noise, {mean(clean_psnr):.2f} dB without")


def _check_names(files: list[Path], out: Path, noisy: bool) -> None:
    """No result may replace an input or another result."""
    taken: dict[Path, Path] = {}
    for file in files:
        for result in (out / f"{file.stem}.png", *([out / NOISY / f"{file.stem}.png"] if noisy else [])):
            twin = taken.setdefault(result, file)
            if twin is not file:
                raise UserError(f"{file} and {twin} would both become {result}; rename one of them")
    refuse_overwriting(taken, files)
