"""Depth of photographs and videos."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_depth.focal import NOMINAL_MM, read_focal
from indexnet_depth.output.panels import colour_depth, depth_range, with_scale_bar
from indexnet_depth.output.point_cloud import Intrinsics, read_intrinsics, write_ply
from indexnet_depth.output.video import estimate_video, is_video
from indexnet_depth.predictor import DepthPredictor
from indexnet_engine.errors import OptionError, UserError, check_number
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors
from indexnet_engine.images.folders import list_all_images, refuse_clashes
from indexnet_engine.images.image_file import read_image, write_image
from indexnet_engine.inference.load_network import NetworkOptions, network_line, require_network
from indexnet_engine.inference.predictor import TileOptions
from indexnet_engine.progress import progress_bar, say
from indexnet_engine.reports.data_problems import counted, inside_folders

__all__ = ["PredictConfig", "predict", "to_millimetres"]

NUMBERS, COLOURS, CLOUDS = "npy", "colour", "cloud"
"""Folders inside ``out``, separate from the depth maps, so that ``score`` takes ``out`` as it is."""

FARTHEST = 65.535
"""Largest depth in metres that 16 bits of millimetres hold."""


@dataclass(kw_only=True)
class PredictConfig(NetworkOptions, TileOptions):
    """Photographs or video, network and output."""

    input: list[str]
    """Photographs of any size or folders of them, one video file, or camera:0 for a webcam."""
    out: Path = Path("depths")
    """Folder for the results: NAME.png in millimetres, npy/NAME.npy in metres, colour/NAME.png in colour."""
    intrinsics: list[float] | None = None
    """fx fy cx cy in pixels of the photographs; also writes the point cloud cloud/NAME.ply."""
    focal: str | None = None
    """Focal length of the photographs, to which depth is proportional: 26mm (35 mm equivalent, as Exif states
    it) or 3100px of their pixels; by default that of the training's nominal lens, 28mm."""
    range: list[float] | None = None
    """Metres of the first and last colour; by default those of the image or of the first video frame."""
    full_size: bool = False
    """Run the network at the photograph's own size instead of the training scale."""
    frames: int | None = None
    """Maximum number of video or webcam frames."""
    show: bool = False
    """Show the predictions for a video or webcam in a window; q stops."""


def predict(config: PredictConfig) -> None:
    """Predict the depth of every photograph or frame; a bad file is found before any result is written."""
    require_network(config, DepthPredictor.packaged)
    intrinsics = None if config.intrinsics is None else read_intrinsics(config.intrinsics)
    focal = None if config.focal is None else read_focal(config.focal)
    limits = None if config.range is None else _limits(config.range)
    if config.frames is not None:
        check_number("frames", config.frames, positive=True)
    video = _only_video(config)
    files = [] if video is not None else list_all_images(config.input)
    refuse_clashes({file: _pictures(file, config.out) for file in files})
    own_size = {"size": None} if config.full_size else {}
    predictor = DepthPredictor.from_options(
        config, **config.as_arguments(), focal=focal, **own_size, progress=video is None
    )
    if video is not None:
        estimate_video(video, config.out, predictor, limits, config.frames, config.show)
        _say_what_was_assumed(config, predictor, intrinsics)
        return
    for file in files:
        read_image(file)
    make_folder(config.out)
    _say_what_was_assumed(config, predictor, intrinsics)
    _predict_images(predictor, files, config.out, limits, intrinsics)


def _say_what_was_assumed(
    config: PredictConfig, predictor: DepthPredictor, intrinsics: Intrinsics | None
) -> None:
    """Name the network and, where none was given, the focal length; not before an error could follow."""
    say(network_line(config, predictor.model, predictor.packaged.default))
    if config.focal is None and not config.full_size:
        known = "26mm or 3100px" if intrinsics is None else f"{intrinsics.fx:g}px"
        say(
            f"note: depth is that of a lens of {NOMINAL_MM:.0f} mm (35 mm equivalent); it is proportional "
            f"to the focal length, which --focal {known} states"
        )


def _only_video(config: PredictConfig) -> str | None:
    """Return the video or webcam of the input, which must be alone, or None for photographs."""
    if not config.input:
        raise UserError("missing --input: a photograph, a folder, a video, or camera:0")
    video = next((source for source in config.input if is_video(source)), None)
    if video is None:
        if config.show or config.frames is not None:
            raise UserError(f"{config.input[0]}: --show and --frames are for videos")
        return None
    if len(config.input) > 1:
        raise UserError(f"{video}: a video must be the only input")
    if config.intrinsics is not None:
        raise UserError(f"{video}: a video takes no --intrinsics")
    return video


def _predict_images(
    predictor: DepthPredictor,
    files: list[Path],
    out: Path,
    limits: tuple[float, float] | None,
    intrinsics: Intrinsics | None,
) -> None:
    with progress_bar(len(files), "depth", unit="image") as bar:
        for file in files:
            image = read_image(file, 3)
            write_results(out, file.stem, image, predictor(image), limits, intrinsics)
            bar.update()
    inside = inside_folders([NUMBERS, COLOURS, *([] if intrinsics is None else [CLOUDS])])
    say(f"wrote the depth of {counted(len(files), 'image')} to {out}{inside}")


def write_results(
    out: Path,
    name: str,
    image: NDArray[np.float32],
    depth: NDArray[np.float32],
    limits: tuple[float, float] | None = None,
    intrinsics: Intrinsics | None = None,
) -> None:
    """Write the results of one photograph, see `PredictConfig`."""
    write_image(out / f"{name}.png", to_millimetres(depth), 16)
    numbers = out / NUMBERS / f"{name}.npy"
    make_folder(numbers.parent)
    with naming_write_errors(numbers), atomic_path(numbers) as temporary:
        np.save(temporary, depth)
    near, far = limits or depth_range(depth)
    write_image(out / COLOURS / f"{name}.png", with_scale_bar(colour_depth(depth, near, far), near, far))
    if intrinsics is not None:
        write_ply(out / CLOUDS / f"{name}.ply", image, depth, intrinsics)


def to_millimetres(depth: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Round metres to 16-bit millimetres; larger depths become 65.535 m, and 0 remains "no depth".

    >>> to_millimetres(np.float32([0, 0.0004, 1.2344, 99])).tolist()
    [0, 0, 1234, 65535]
    """
    return np.rint(1000 * depth.astype(np.float64).clip(0, FARTHEST)).astype(np.uint16)


def _limits(values: list[float]) -> tuple[float, float]:
    if len(values) != 2 or not 0 <= values[0] < values[1] < float("inf"):
        words = " ".join(f"{value:g}" for value in values)
        raise OptionError(
            "range", f"is two depths in metres, the smaller one first; got {words or 'nothing'}"
        )
    return float(values[0]), float(values[1])


def _pictures(file: Path, out: Path) -> list[Path]:
    """List the picture files of a photograph."""
    return [folder / f"{file.stem}.png" for folder in (out, out / COLOURS)]
