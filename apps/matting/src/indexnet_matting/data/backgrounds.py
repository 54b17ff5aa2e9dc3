"""Background images, over which foregrounds are composited: any folder of images."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_engine.images.folders import find_folder
from indexnet_engine.images.image_file import MAX_PIXELS, list_images, read_image
from indexnet_engine.images.sample_photos import Split, is_builtin, photographs
from indexnet_matting.data.files import find_file, read_names

__all__ = [
    "WHOLE",
    "BackgroundScale",
    "Backgrounds",
    "Part",
    "background_files",
    "cover",
    "find_background",
    "images_folder",
    "open_backgrounds",
]

BackgroundScale = Literal["foreground", "crop"]
"""The region that a background is resized to cover: the whole foreground, of which the crop then shows a
part, as in composites of whole images; or only the crop, which then shows most of the background."""

# Where COCO and VOC keep their images, below the folder that their archives unpack to.
_USUAL = ("train2014", "train2017", "JPEGImages", "VOC2012/JPEGImages", "VOCdevkit/VOC2012/JPEGImages")
_EXIF_ORIENTATION = 0x0112


def background_files(folder: str | Path, names: str | Path | None = None) -> list[Path]:
    """List background images.

    Args:
        folder: holds images, or is the root of COCO (``train2014/``, ``train2017/``) or VOC
            (``JPEGImages/``, also below ``VOCdevkit/VOC2012/``).
        names: a file that lists the images to use, one per line; all of the folder by default.

    Raises:
        UserError: no folder, no images, or a listed one that is missing.
    """
    folder = images_folder(folder)
    if names is None:
        return list_images(folder)
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder of backgrounds")
    files = []
    for name in read_names(names):
        path = find_background(folder, name)
        if path is None:
            raise UserError(f"{folder}: no background {name}, which {names} lists")
        files.append(path)
    return files


def images_folder(folder: str | Path) -> Path:
    """Return the folder of the images inside COCO or VOC; or the folder itself."""
    return find_folder(folder, _USUAL) or Path(folder)


def find_background(folder: Path, name: str) -> Path | None:
    """Find a background by its listed name, which COCO's later archives shorten."""
    return find_file(folder, name) or find_file(folder, name.removeprefix("COCO_train2014_"))


class Part(NamedTuple):
    """A square of the image that a background has to cover."""

    height: int
    """Height of the whole image."""
    width: int
    top: int
    left: int
    side: int


WHOLE = Part(1, 1, 0, 0, 1)
"""The whole of a square image of any size."""


class Backgrounds:
    """Indexed backgrounds, from which one square window is read at a time.

    Args:
        sources: image files, or images in memory, uint8 (H, W, 3).
    """

    def __init__(self, sources: Sequence[Path] | Sequence[NDArray[np.uint8]]) -> None:
        if not len(sources):
            raise UserError("no backgrounds to composite foregrounds over")
        self.sources: list[Path | NDArray[np.uint8]] = list(sources)

    def __len__(self) -> int:
        return len(self.sources)

    def draw(self, size: int, rng: np.random.Generator, part: Part = WHOLE) -> NDArray[np.float32]:
        """Draw a background, a position in it and whether it is mirrored, in this order.

        Returns:
            float32 (size, size, 3) in [0, 1].
        """
        index, along, mirrored = int(rng.integers(len(self))), rng.random(), rng.random() < 0.5
        window = self.window(index, along, size, part)
        return window[:, ::-1] if mirrored else window

    def window(self, index: int, along: float, size: int, part: Part = WHOLE) -> NDArray[np.float32]:
        """Resize a background so that it just covers an image, and crop a square of it; see `cover`.

        Raises:
            UserError: the file cannot be read.
        """
        source = self.sources[index]
        if isinstance(source, Path):
            pixels = _read_covering(source, along, size, part)
        else:
            pixels = cover(Image.fromarray(source), along, size, part)
        return pixels * np.float32(1 / 255)


def open_backgrounds(
    backgrounds: str | Path, names: str | Path | None = None, split: Split = "train"
) -> Backgrounds:
    """Open a folder of backgrounds (`background_files`), or ``"builtin"``: the photographs of a split.

    Raises:
        UserError: no folder, no images, or a listed one that is missing.
    """
    if is_builtin(backgrounds):
        return Backgrounds(
            [np.rint(255 * image).astype(np.uint8) for image in photographs(split, 3).values()]
        )
    return Backgrounds(background_files(backgrounds, names))


def cover(image: Image.Image, along: float, size: int, part: Part = WHOLE) -> NDArray[np.uint8]:
    """Resize a picture until it just covers an image, and crop a square; only the crop is computed.

    Args:
        image: RGB.
        along: position of the image along the side of the picture that is cut, from 0 (left or top end) to 1.
        size: side of the result.
        part: the square of the image to return; by default all of a square image.

    Returns:
        uint8 (size, size, 3).

    >>> picture = Image.fromarray(np.arange(4, dtype=np.uint8)[None, :, None].repeat(3, 2).repeat(2, 0))
    >>> cover(picture, 0, 2)[0, :, 0].tolist(), cover(picture, 1, 2)[0, :, 0].tolist()
    ([0, 1], [2, 3])
    >>> cover(picture, 0, 1, Part(height=4, width=8, top=0, left=6, side=2))[0, :, 0].tolist()
    [3]
    """
    width, height = image.size
    scale = _scale(image.size, part)
    # Rounding can leave the box a little outside the image, which Pillow refuses.
    left = max(0.0, along * (width - part.width * scale) + part.left * scale)
    top = max(0.0, along * (height - part.height * scale) + part.top * scale)
    box = (left, top, min(left + part.side * scale, width), min(top + part.side * scale, height))
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box=box))


def _scale(picture: tuple[int, int], part: Part) -> float:
    """Return the pixels of the picture for each pixel of the image that it covers."""
    return min(picture[0] / part.width, picture[1] / part.height)


def _read_covering(path: Path, along: float, size: int, part: Part) -> NDArray[np.uint8]:
    """Read simple files quickly, and all others, damaged ones included, with `read_image`."""
    try:
        with Image.open(path, formats=("JPEG", "PNG")) as image:
            simple = image.mode in ("L", "RGB") and not image.has_transparency_data
            if simple and image.width * image.height <= MAX_PIXELS:
                # Decodes a JPEG at 1/2, 1/4, ... of its size where that is enough.
                reduced = size / (part.side * _scale(image.size, part))
                image.draft("RGB", (int(image.width * reduced), int(image.height * reduced)))
                if image.getexif().get(_EXIF_ORIENTATION, 1) == 1:
                    return cover(image.convert("RGB"), along, size, part)
    except Exception:  # read_image reports the error
        pass
    return cover(Image.fromarray(np.rint(255 * read_image(path, 3)).astype(np.uint8)), along, size, part)
