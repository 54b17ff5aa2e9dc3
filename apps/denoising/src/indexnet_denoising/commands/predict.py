"""Denoise photographs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean

from indexnet_denoising.data.noise import as_sigma, noisy_image
from indexnet_denoising.metrics import psnr
from indexnet_denoising.packaged import FOR_WHITE_NOISE, PACKAGED
from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_engine.files import make_folder
from indexnet_engine.images.folders import list_all_images, refuse_clashes
from indexnet_engine.images.image_file import convert_channels, read_image, read_pixels, write_image
from indexnet_engine.images.png_rows import png_rows
from indexnet_engine.inference.load_network import NetworkOptions, network_line
from indexnet_engine.inference.predictor import TileOptions
from indexnet_engine.inference.tiling import note_slow_tiles
from indexnet_engine.progress import progress_bar, say

__all__ = ["PredictConfig", "predict"]

NOISY = "noisy"
"""Folder for the noisy images, separate from the results, so that ``score`` takes ``out`` as it is."""


@dataclass(kw_only=True)
class PredictConfig(NetworkOptions, TileOptions):
    """Images, network and output."""

    input: list[Path]
    """Images of any size, colour or gray, or folders of them; transparent areas become white."""
    out: Path = Path("denoised")
    """Folder for the results, NAME.png with 8 bits; existing files are overwritten."""
    weights: Path | None = None
    """Folder of a run, or the name of a network of the package; by default camera, for photographs, and
    blind-gray with --add-noise."""
    add_noise: float | None = None
    """Add noise of this level (0-255 scale) first, as a demonstration; noisy images go to OUT/noisy."""
    strength: float = 1.0
    """Share of the noise that is removed: 0 gives the image back, 0.7 keeps some grain, 1 is the network's
    result; above 1 more is removed than the network finds."""


def predict(config: PredictConfig) -> None:
    """Denoise every image; a bad file is found before any result is written."""
    if config.add_noise is not None:
        as_sigma(config.add_noise, "add_noise")
        if config.weights is None and config.onnx is None:
            config = replace(config, weights=Path(FOR_WHITE_NOISE))
    files = list_all_images(config.input)
    refuse_clashes({file: _results(file, config) for file in files})
    predictor = DenoisingPredictor.from_options(
        config, **config.as_arguments(), strength=config.strength, progress=True
    )
    with progress_bar(len(files), "checking", unit="image") as bar:
        for file in files:
            read_pixels(file)
            bar.update()
    if config.tile is not None:
        note_slow_tiles(config.tile, predictor.overlap)
    make_folder(config.out)
    say(network_line(config, predictor.model, PACKAGED.default))
    gains = []
    with progress_bar(len(files), "denoising", unit="image") as bar:
        for file in files:
            gains.append(_denoise_file(predictor, file, config))
            bar.update()
    say(f"wrote {len(files)} image{'s' if len(files) > 1 else ''} to {config.out}")
    if config.add_noise is not None:
        noisy, clean = (mean(values) for values in zip(*gains))
        say(f"mean PSNR {noisy:.2f} dB with noise, {clean:.2f} dB without")


def _denoise_file(predictor: DenoisingPredictor, file: Path, config: PredictConfig) -> tuple[float, float]:
    """Write the denoised image, and return the PSNR before and after where noise is added."""
    result = config.out / f"{file.stem}.png"
    if config.add_noise is None:
        pixels = read_pixels(file)
        height, width, channels = pixels.shape
        with png_rows(result, height, width, 1 if channels == 1 else 3) as write:
            for rows in predictor.rows(pixels):
                write(rows)
        return math.nan, math.nan
    image = read_image(file)
    if image.shape[2] == 4:
        image = convert_channels(image, 3)
    noisy = noisy_image(image, config.add_noise, file.stem)
    write_image(config.out / NOISY / f"{file.stem}.png", noisy.clip(0, 1))
    clean = predictor(noisy)
    write_image(result, clean)
    return psnr(image, noisy), psnr(image, clean)


def _results(file: Path, config: PredictConfig) -> Iterator[Path]:
    """List the result files of an image."""
    yield config.out / f"{file.stem}.png"
    if config.add_noise is not None:
        yield config.out / NOISY / f"{file.stem}.png"
