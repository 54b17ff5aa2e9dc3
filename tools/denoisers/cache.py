"""Results on disk, so that a slow method runs once for each noisy image."""

import hashlib
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np

from indexnet_engine.errors import UserError
from indexnet_engine.files import atomic_path, make_folder, naming_write_errors
from tools.denoisers.inputs import Image
from tools.denoisers.strengths import Strengths

__all__ = ["Cache", "Result", "sixteen_bits"]

_TOP = 65535


class Result(NamedTuple):
    """A denoised image and what it cost.

    Attributes:
        image: (H, W, C) in [0, 1].
        seconds: time on the clock.
        cpu_seconds: time of the processor, all threads together.
        threads: number of threads.
    """

    image: Image
    seconds: float
    cpu_seconds: float
    threads: int


class Cache:
    """A folder of results, each with 16 bits for a value: an error of 0.000004, far below that of any method.

    Args:
        folder: created with the first result.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, method: str, noisy: Image, sigma: float | None, strengths: Strengths) -> Path:
        """Return the file of a result.

        Args:
            method: its name and version.
            noisy: the noisy image, whose values stand for the image, the seed and the clipping.
            sigma: the noise level that the method is told.
            strengths: its own settings.
        """
        digest = hashlib.sha256(f"{method}|{sigma}|{strengths}|{noisy.shape}".encode())
        digest.update(np.ascontiguousarray(noisy, np.float32).tobytes())
        return self._folder / method / f"{digest.hexdigest()[:32]}.npz"

    @staticmethod
    def read(path: Path) -> Result | None:
        """Read a result; None where there is none.

        Raises:
            UserError: the file is damaged.
        """
        if not path.is_file():
            return None
        try:
            with np.load(path) as file:
                image = file["image"].astype(np.float32) / np.float32(_TOP)
                seconds, cpu_seconds = (float(file[name]) for name in ("seconds", "cpu_seconds"))
                return Result(image, seconds, cpu_seconds, int(file["threads"]))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(f"{path}: damaged; delete it, and the result is computed again") from error

    @staticmethod
    def write(path: Path, result: Result) -> None:
        """Write a result atomically.

        Raises:
            UserError: the file cannot be written.
        """
        make_folder(path.parent)
        costs = {name: getattr(result, name) for name in ("seconds", "cpu_seconds", "threads")}
        with naming_write_errors(path), atomic_path(path) as temporary:
            np.savez_compressed(temporary, image=_integers(result.image), **costs)


def sixteen_bits(image: Image) -> Image:
    """Round to 16 bits, as results on disk are, so that a resumed comparison gives the same figures."""
    return _integers(image).astype(np.float32) / np.float32(_TOP)


def _integers(image: Image) -> np.ndarray:
    return np.rint(image.astype(np.float64) * _TOP).astype(np.uint16)
