"""What the denoisers get: noisy and clean images in groups, in four modes."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from indexnet_denoising.data.noise import noisy_image
from indexnet_denoising.data.open_data import image_files
from indexnet_denoising.metrics import check_measurable
from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import images_by_name, require_folder, require_partners
from indexnet_engine.images.image_file import convert_channels, read_image

__all__ = ["MODES", "Channels", "Group", "Image", "Mode", "Pair", "Settings", "open_sets"]

Image: TypeAlias = NDArray[np.float32]
"""(H, W, 1 or 3) in [0, 1]; noise may leave this range."""

Channels: TypeAlias = Literal[1, 3]


class Pair(NamedTuple):
    """A noisy image, and the clean image with which results are compared."""

    noisy: Image
    clean: Image


class Group(NamedTuple):
    """Images whose measures are averaged.

    Attributes:
        data: name of the set.
        sigma: level of white noise on the 0–255 scale; None where it is not known.
        pairs: name -> reads the images; they are not kept, so that sets of any size fit into memory.
    """

    data: str
    sigma: float | None
    pairs: dict[str, Callable[[], Pair]]

    @property
    def title(self) -> str:
        """The set, and the noise level if it is known.

        >>> Group("Set12", 25.0, {}).title
        'Set12 σ25'
        """
        return self.data if self.sigma is None else f"{self.data} σ{self.sigma:g}"


class Settings(NamedTuple):
    """How sets are read.

    Attributes:
        sigmas: levels of white noise on the 0–255 scale.
        seed: of the noise.
        channels: to which images are converted; None keeps those of each file.
    """

    sigmas: Sequence[float]
    seed: int = 0
    channels: Channels | None = None


class Mode(NamedTuple):
    """An entry of the registry."""

    about: str
    """The inputs in words, for the table."""
    open: Callable[[Path, Settings], list[Group]]


def open_sets(mode: str, sets: Sequence[str], settings: Settings) -> list[Group]:
    """List the groups of all sets; every file is read once, so that a bad one is found before long work.

    Raises:
        UserError: a file is missing, damaged or too small to be measured, or two sets have the same name.
    """
    names = [Path(data).name for data in sets]
    if twice := [name for place, name in enumerate(names) if name in names[:place]]:
        raise UserError(f"two sets have the name {twice[0]}")
    return [group for data in sets for group in MODES[mode].open(Path(data), settings)]


def _white_noise(data: Path, settings: Settings, *, clip_noise: bool) -> list[Group]:
    files = _checked(image_files(data, "test"), settings.channels)

    def pair(name: str, sigma: float) -> Pair:
        clean = _read(files[name], settings.channels)
        return Pair(noisy_image(clean, sigma, name, settings.seed, clip_noise=clip_noise), clean)

    return [
        Group(data.name, sigma, {name: partial(pair, name, sigma) for name in files})
        for sigma in settings.sigmas
    ]


def _pairs(data: Path, settings: Settings) -> list[Group]:
    folders = [require_folder(data, [kind], f"{kind} images") for kind in ("noisy", "clean")]
    noisy, clean = (_checked(images_by_name(folder), settings.channels) for folder in folders)
    require_partners(noisy, folders[1], "clean image", clean)
    require_partners(clean, folders[0], "noisy image", noisy)

    def pair(name: str) -> Pair:
        found = Pair(*(_read(files[name], settings.channels) for files in (noisy, clean)))
        if found.noisy.shape != found.clean.shape:
            shapes = ["x".join(map(str, image.shape)) for image in found]
            raise UserError(f"{noisy[name]}: is {shapes[0]}, but {clean[name]} is {shapes[1]}")
        return found

    for name in noisy:
        pair(name)
    return [Group(data.name, None, {name: partial(pair, name) for name in noisy})]


def _clean(data: Path, settings: Settings) -> list[Group]:
    files = _checked(image_files(data, "test"), settings.channels)

    def pair(name: str) -> Pair:
        image = _read(files[name], settings.channels)
        return Pair(image, image)

    return [Group(data.name, None, {name: partial(pair, name) for name in files})]


def _checked(files: dict[str, Path], channels: Channels | None) -> dict[str, Path]:
    for path in files.values():
        check_measurable(path, _read(path, channels))
    return files


def _read(path: Path, channels: Channels | None) -> Image:
    image = read_image(path, channels)
    return convert_channels(image, 3) if image.shape[2] == 4 else image


MODES: dict[str, Mode] = {
    "white": Mode("white Gaussian noise, not clipped", partial(_white_noise, clip_noise=False)),
    "clipped": Mode(
        "white Gaussian noise, clipped to [0, 1] and rounded to 8 bits",
        partial(_white_noise, clip_noise=True),
    ),
    "pairs": Mode("pairs of noisy and clean photographs", _pairs),
    "clean": Mode("clean photographs, with which the results are compared", _clean),
}
"""The word on the command line -> what the methods get."""
