"""Plain folders: photographs in ``rgb/`` and depth in ``depth/`` under the same names."""

from collections.abc import Sequence
from pathlib import Path

from indexnet_depth.data.depth_file import DEPTH_SUFFIXES, read_depth, read_rgb, require_unit
from indexnet_depth.data.frame import Frame, checked_frame
from indexnet_depth.data.units import Unit
from indexnet_engine.images.folders import files_by_name, find_folder, require_folder, require_partners
from indexnet_engine.images.image_file import READ_SUFFIXES

__all__ = ["DEPTH", "RGB", "FolderFrames", "is_folder"]

RGB = ("rgb", "color", "colour", "image", "images")
DEPTH = ("depth", "depths")
_RGB_SUFFIXES = READ_SUFFIXES | {".npy"}


def is_folder(root: str | Path) -> bool:
    """Return whether a folder has this layout; one with ``depth_bfx/`` is a frame of SUN RGB-D."""
    return bool(find_folder(root, RGB) and find_folder(root, DEPTH)) and not Path(root, "depth_bfx").is_dir()


class FolderFrames:
    """The frames of a folder with ``rgb/`` and ``depth/``; ``strays`` are depth maps without a photograph.

    Args:
        folder: parent of the two folders.
        unit: unit of the depth; None raises the error of `indexnet_depth.data.depth_file.read_depth`.

    Raises:
        UserError: no unit, a folder is missing or empty, a photograph has no depth, two share a name.
    """

    layout = "folder"
    splits = False

    def __init__(self, folder: str | Path, unit: Unit | None) -> None:
        self.folder = Path(folder)
        rgb, depth = require_folder(folder, RGB, "photographs"), require_folder(folder, DEPTH, "depth maps")
        images, depths = files_by_name(rgb, _RGB_SUFFIXES), files_by_name(depth, DEPTH_SUFFIXES)
        require_partners(images, depth, "depth map", depths)
        self.names: Sequence[str] = list(images)
        self.strays = [path for name, path in depths.items() if name not in images]
        self._files = [(images[name], depths[name]) for name in self.names]
        self._unit = require_unit(unit, self._files[0][1])
        self.unit = self._unit.name

    def depth_file(self, index: int) -> Path:
        """Return the path of one depth map."""
        return self._files[index][1]

    def read(self, index: int) -> Frame:
        """Read one pair of files."""
        image, depth = self._files[index]
        return checked_frame(read_rgb(image), read_depth(depth, self._unit), depth)
