"""Classes of the pixels of photographs, as numbers and as pictures."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import check_number
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors
from indexnet_engine.images.folders import list_all_images, refuse_clashes
from indexnet_engine.images.image_file import read_pixels, write_image
from indexnet_engine.inference.image_input import as_image
from indexnet_engine.inference.load_network import NetworkOptions, network_line, require_network
from indexnet_engine.inference.predictor import TileOptions
from indexnet_engine.inference.tiling import note_slow_tiles
from indexnet_engine.progress import progress_bar, say
from indexnet_engine.reports.data_problems import counted, inside_folders
from indexnet_segmentation.data.classes import Classes
from indexnet_segmentation.data.label_files import write_label
from indexnet_segmentation.output.panels import occurring, overlay, with_legend
from indexnet_segmentation.predictor import SegmentationPredictor

__all__ = ["PredictConfig", "predict"]

OVERLAY = "overlay"
"""Folder for the overlays, separate from the labels, so that ``score`` takes ``out`` as it is."""

PROBABILITIES = "probabilities"
"""Folder for the probabilities."""

_BAND = 256  # rows of a photograph that are floats at once while it is drawn


@dataclass(kw_only=True)
class PredictConfig(NetworkOptions, TileOptions):
    """Images, network and output."""

    input: list[Path]
    """Images of any size, or folders of images."""
    out: Path = Path("segmented")
    """Folder for the labels, NAME.png: class numbers from 0, with the class colours as palette."""
    overlay: bool = True
    """Write an overlay of photograph and classes, with a legend, to OUT/overlay."""
    probabilities: bool = False
    """Write the probabilities, float16 (classes, H, W), to OUT/probabilities."""
    max_side: int | None = None
    """Reduce images whose longer side has more pixels; by default as the network states."""


def predict(config: PredictConfig) -> None:
    """Segment every image; a bad file is found before any result is written."""
    if config.max_side is not None:
        check_number("max_side", config.max_side, positive=True)
    require_network(config, SegmentationPredictor.packaged)
    files = list_all_images(config.input)
    refuse_clashes({file: _results(file, config) for file in files})
    max_side = {} if config.max_side is None else {"max_side": config.max_side}
    predictor = SegmentationPredictor.from_options(config, **config.as_arguments(), **max_side, progress=True)
    with progress_bar(len(files), "checking", unit="image") as bar:
        for file in files:
            read_pixels(file)
            bar.update()
    if config.tile is not None:
        note_slow_tiles(config.tile, predictor.overlap)
    make_folder(config.out)
    say(network_line(config, predictor.model, predictor.packaged.default))
    with progress_bar(len(files), "segmenting", unit="image") as bar:
        for file in files:
            pixels = read_pixels(file)
            if config.probabilities:
                probabilities = predictor.probabilities(pixels)
                label = probabilities.argmax(0).astype(np.uint8)
                _write_probabilities(file.stem, probabilities, predictor.classes, config)
            else:
                label = predictor.label(pixels)
            _write(file.stem, pixels, label, predictor.classes, config)
            bar.update()
    inside = inside_folders([OVERLAY] * config.overlay + [PROBABILITIES] * config.probabilities)
    say(f"wrote {counted(len(files), 'label')} to {config.out}{inside}")


def _write(
    name: str,
    pixels: NDArray[np.generic],
    label: NDArray[np.uint8],
    classes: Classes,
    config: PredictConfig,
) -> None:
    write_label(config.out / f"{name}.png", label, classes)
    if config.overlay:
        picture = np.empty((*label.shape, 3), np.uint8)
        for top in range(0, len(label), _BAND):
            band = slice(top, top + _BAND)
            picture[band] = overlay(as_image(pixels[band], 3), label[band], classes)
        picture = with_legend(picture, classes, occurring(label))
        write_image(config.out / OVERLAY / f"{name}.png", picture)


def _write_probabilities(
    name: str, probabilities: NDArray[np.float32], classes: Classes, config: PredictConfig
) -> None:
    path = config.out / PROBABILITIES / f"{name}.npz"
    make_folder(path.parent)
    with naming_write_errors(path), atomic_path(path) as temporary:
        np.savez_compressed(
            temporary, probabilities=probabilities.astype(np.float16), classes=np.array(classes.names)
        )


def _results(file: Path, config: PredictConfig) -> Iterator[Path]:
    yield config.out / f"{file.stem}.png"
    if config.overlay:
        yield config.out / OVERLAY / f"{file.stem}.png"
    if config.probabilities:
        yield config.out / PROBABILITIES / f"{file.stem}.npz"
