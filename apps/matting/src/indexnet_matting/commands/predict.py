"""Mattes and cut-outs of photographs and trimaps."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexnet_engine.errors import UserError
from indexnet_engine.files import make_folder
from indexnet_engine.images.folders import images_by_name, refuse_overwriting, require_partners
from indexnet_engine.images.image_file import read_image, require_same_size, write_image
from indexnet_engine.inference.load_network import NetworkOptions, network_line
from indexnet_engine.inference.predictor import TileOptions
from indexnet_engine.progress import progress_bar, say
from indexnet_engine.reports.data_problems import counted, inside_folders
from indexnet_matting.data.crop import composite
from indexnet_matting.data.trimap import read_trimap, require_unknown
from indexnet_matting.output.cutout import cut_out, estimate_foreground, fill, read_background
from indexnet_matting.predictor import MAX_MEMORY, MattingPredictor
from indexnet_matting.solvers import DEFAULT_METHOD, MattingSolver, Method, require_both

__all__ = ["PredictConfig", "predict"]

CUTOUT = "cutout"
"""Folder for cut-outs, separate from the mattes, so that ``score`` takes ``out`` as it is."""

COMPOSITE = "composite"
"""Folder for the foregrounds over another background."""


@dataclass(kw_only=True)
class PredictConfig(NetworkOptions, TileOptions):
    """Images, network and output."""

    image: Path
    """Image of any size, or a folder of images."""
    trimap: Path
    """Trimap (black, gray where unknown, white), or a folder of trimaps with the names of the images."""
    weights: Path | None = None
    """Folder of a run, or of imported weights, or the name of a network of the package; general if the
    package has it."""
    method: Method | None = None
    """Solve every image by itself, without a network; closed-form where there are no weights."""
    out: Path = Path("mattes")
    """Folder for the mattes, NAME.png."""
    bits: Literal[8, 16] = 8
    """Bits per pixel of the mattes."""
    cutout: bool = False
    """Write the foreground with estimated colours (RGBA) to OUT/cutout."""
    background: str = "none"
    """Compose the foreground with a colour (white, #00b140) or an image, to OUT/composite; or none."""
    max_memory: float | None = None
    """Memory of the network or solver in GB; images that need more are processed in tiles, or solved at a
    lower resolution. By default 8, at most half of the available memory; on a CUDA device 4/5 of its free
    memory."""


def predict(config: PredictConfig) -> None:
    """Predict the matte of every image; a bad file is found before any result is written."""
    pairs = _pairs(config.image, config.trimap)
    _check_names(pairs, config)
    background = None if config.background == "none" else read_background(config.background)
    predictor = _predictor(config)
    for image_file, trimap_file in pairs.values():
        _check_pair(predictor, image_file, trimap_file)
    make_folder(config.out)
    if isinstance(predictor, MattingPredictor):
        say(network_line(config, predictor.model, predictor.packaged.default))
    elif config.method is None:
        say(f"note: no --weights: {predictor.method} matting, which needs no network; --method has others")
    with progress_bar(len(pairs), "matting", unit="image") as bar:
        for name, (image_file, trimap_file) in pairs.items():
            image = read_image(image_file, 3)
            alpha = predictor(image, read_trimap(trimap_file))
            write_image(config.out / f"{name}.png", alpha, config.bits)
            if config.cutout or background is not None:
                _write_foreground(f"{name}.png", image, alpha, background, config)
            bar.update()
    inside = inside_folders([CUTOUT] * config.cutout + [COMPOSITE] * (background is not None))
    say(f"wrote {counted(len(pairs), 'matte')} to {config.out}{inside}")


def _predictor(config: PredictConfig) -> MattingPredictor | MattingSolver:
    """Load the network that the options name, else that of the package, else set up a solver."""
    networks = {"--weights": config.weights, "--onnx": config.onnx}
    named = [option for option, file in networks.items() if file is not None]
    if config.method is None and (named or MattingPredictor.packaged.sha256):
        return MattingPredictor.from_options(config, **config.as_arguments(), progress=True)
    method = config.method or DEFAULT_METHOD
    named += ["--precision"] if config.precision != "32" else []
    named += ["--device"] if config.device not in ("auto", "cpu") else []
    if named:
        raise UserError(f"{named[0]} is for a network, and {method} matting has none; leave it out")
    return MattingSolver(method, max_memory=MAX_MEMORY if config.max_memory is None else config.max_memory)


def _write_foreground(
    file: str,
    image: NDArray[np.float32],
    alpha: NDArray[np.float32],
    background: NDArray[np.float32] | None,
    config: PredictConfig,
) -> None:
    foreground = estimate_foreground(image, alpha)
    if config.cutout:
        write_image(config.out / CUTOUT / file, cut_out(foreground, alpha))
    if background is not None:
        scene = composite(foreground, alpha, fill(background, *alpha.shape))
        write_image(config.out / COMPOSITE / file, scene)


def _pairs(image: Path, trimap: Path) -> dict[str, tuple[Path, Path]]:
    """Match images and trimaps by name; two single files belong together whatever their names."""
    images, trimaps = images_by_name(image), images_by_name(trimap)
    if image.is_file() and trimap.is_file():
        trimaps = dict(zip(images, trimaps.values()))
    require_partners(images, trimap, "trimap", trimaps)
    return {name: (file, trimaps[name]) for name, file in images.items()}


def _check_pair(predictor: MattingPredictor | MattingSolver, image_file: Path, trimap_file: Path) -> None:
    """Read both files; print a note if the image is run in tiles or reduced."""
    image, trimap = read_image(image_file, 3), read_trimap(trimap_file, tell=True)
    require_same_size(trimap_file, trimap, image_file, image)
    require_unknown(trimap, trimap_file)
    if isinstance(predictor, MattingSolver):
        require_both(trimap, trimap_file)
        if size := predictor.reduced_size(trimap):
            say(
                f"note: {image_file}: solved at {size[1]}x{size[0]} for --max-memory "
                f"{predictor.max_memory:g}, since the full size needs {predictor.memory(trimap):.2g} GB; "
                "the matte is enlarged along the edges of the image"
            )
    elif (tiles := predictor.tiles_for(trimap.shape)).number > 1:
        say(
            f"note: {image_file}: processed in tiles of {tiles.size[1]}x{tiles.size[0]} for --max-memory "
            f"{predictor.max_memory:g}; each tile has less context, so the matte differs slightly "
            "from that of the whole image"
        )


def _check_names(pairs: dict[str, tuple[Path, Path]], config: PredictConfig) -> None:
    """Refuse outputs that would overwrite an input."""
    inputs = [file for pair in pairs.values() for file in pair]
    inputs += [Path(config.background)] if config.background != "none" else []
    folders = [config.out]
    folders += [config.out / CUTOUT] if config.cutout else []
    folders += [config.out / COMPOSITE] if config.background != "none" else []
    refuse_overwriting((folder / f"{name}.png" for folder in folders for name in pairs), inputs)
