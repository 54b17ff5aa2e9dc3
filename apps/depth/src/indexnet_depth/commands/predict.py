"""From photographs and videos to depth."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_core import optimize_for_inference
from indexnet_depth.output.panels import colour_depth, depth_range, with_scale_bar
from indexnet_depth.output.point_cloud import Intrinsics, read_intrinsics, write_ply
from indexnet_depth.output.video import estimate_video, is_video
from indexnet_depth.predictor import estimate_depth, load_model, read_size
from indexnet_engine.errors import OptionError, UserError, check_number
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors
from indexnet_engine.images.folders import refuse_overwriting
from indexnet_engine.images.image_file import list_images, read_image, write_image
from indexnet_engine.inference.load_network import Precision, entries_of, load_network, require_network
from indexnet_engine.progress import progress_bar, say
from indexnet_engine.reports.data_problems import counted

__all__ = ["PredictConfig", "predict", "to_millimetres"]

NUMBERS, COLOURS, CLOUDS = "npy", "colour", "cloud"
"""Folders inside out; apart from the depth maps, so that these can be scored as they are."""

FARTHEST = 65.535
"""Metres that 16 bits of millimetres can hold."""


@dataclass
class PredictConfig:
    """Photographs or video, network and output."""

    input: list[str]
    """Photographs of any size or folders of them, one video file, or camera:0 for a webcam."""
    weights: Path | None = None
    """Folder of a run."""
    onnx: Path | None = None
    """Exported network (.onnx) instead of --weights; needs onnxruntime."""
    out: Path = Path("depths")
    """Folder for the results: NAME.png in millimetres, npy/NAME.npy in metres, colour/NAME.png in colour."""
    intrinsics: list[float] | None = None
    """fx fy cx cy in pixels of the photographs; also writes the point cloud cloud/NAME.ply."""
    range: list[float] | None = None
    """Metres of the first and last colour; by default those of the image or of the first video frame."""
    full_size: bool = False
    """Run the network at the photograph's own size instead of the training scale."""
    frames: int | None = None
    """Maximum number of video or webcam frames."""
    show: bool = False
    """Show the predictions for a video or webcam in a window; q stops."""
    device: str = "auto"
    """cpu, cuda, or auto."""
    precision: Precision = "32"
    """Precision: 32 folds batch norm, with the same result; bf16 is faster, takes less memory and is less
    exact (see the README)."""


def predict(config: PredictConfig) -> None:
    """Estimate the depth of every photograph or frame; a bad file is found before any is written."""
    require_network(config)
    intrinsics = None if config.intrinsics is None else read_intrinsics(config.intrinsics)
    limits = None if config.range is None else _limits(config.range)
    if config.frames is not None:
        check_number("frames", config.frames, positive=True)
    if not config.input:
        raise UserError("missing --input: a photograph, a folder, a video, or camera:0")
    videos = [source for source in config.input if is_video(source)]
    if videos and (len(config.input) > 1 or intrinsics is not None):
        alone = "must be the only input" if len(config.input) > 1 else "takes no --intrinsics"
        raise UserError(f"{videos[0]}: a video {alone}")
    if not videos and (config.show or config.frames is not None):
        raise UserError(f"{config.input[0]}: --show and --frames are for videos")
    files = [] if videos else list(dict.fromkeys(file for one in config.input for file in list_images(one)))
    _check_names(files, config.out)
    model = load_network(config, "depth", load_model, optimize_for_inference)
    size = None if config.full_size else read_size(*entries_of(config, model))
    if videos:
        estimate_video(
            videos[0],
            config.out,
            lambda image: estimate_depth(model, image, size),
            limits,
            config.frames,
            config.show,
        )
        return
    for file in files:
        read_image(file)
    make_folder(config.out)
    with progress_bar(len(files), "depth", unit="image") as bar:
        for file in files:
            image = read_image(file, 3)
            write_results(
                config.out, file.stem, image, estimate_depth(model, image, size), limits, intrinsics
            )
            bar.update()
    inside = [NUMBERS, COLOURS, *([] if intrinsics is None else [CLOUDS])]
    folders = f"{', '.join(f'{folder}/' for folder in inside[:-1])} and {inside[-1]}/"
    say(f"wrote the depth of {counted(len(files), 'image')} to {config.out} (and inside it {folders})")


def write_results(
    out: Path,
    name: str,
    image: NDArray[np.float32],
    depth: NDArray[np.float32],
    limits: tuple[float, float] | None = None,
    intrinsics: Intrinsics | None = None,
) -> None:
    """Write what `PredictConfig` says of one photograph."""
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
    """Round metres to 16-bit millimetres; what is beyond 65.535 m becomes that, and 0 stays "no depth".

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


def _check_names(files: list[Path], out: Path) -> None:
    """No result may replace an input or another result."""
    taken: dict[str, Path] = {}
    for file in files:
        twin = taken.setdefault(file.stem, file)
        if twin is not file:
            raise UserError(f"{file} and {twin} would both become {out / file.stem}.png; rename one of them")
    refuse_overwriting(
        (folder / f"{name}.png" for folder in (out, out / COLOURS) for name in taken), taken.values()
    )
