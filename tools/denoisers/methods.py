"""The methods: classical ones by name, networks by their weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import cv2

from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_engine.errors import UserError
from indexnet_engine.inference.load_network import Precision, at_precision
from indexnet_engine.runs.checkpoint import load_checkpoint, trained_weights
from indexnet_engine.weights.pretrained import WEIGHTS_FILE, load_strictly
from tools.denoisers.classical import bm3d, non_local_means, require_bm3d
from tools.denoisers.inputs import MODES, Group, Image
from tools.denoisers.strengths import Strengths, nearest

__all__ = ["BASELINES", "Method", "find_methods"]

TILE = 1024
"""Images with a longer side are run in tiles, as ``evaluate`` does."""

_DEFAULT_STRENGTH = 3.0  # OpenCV's, where no noise level is known


def _no_strengths(group: Group) -> Strengths:
    return ()


@dataclass(frozen=True)
class Method:
    """A denoiser.

    Attributes:
        label: name in the table.
        denoise: noisy image, its noise level (0–255 scale, or None) and strengths -> result in [0, 1].
        note: what a reader of the table has to know.
        stored_as: name and version of results in the cache; None for results that are not stored.
        modes: keys of `MODES` in which the method can be used.
        start: strengths from which the search for the best begins; empty without any.
        strengths: names of the strengths, for the table.
    """

    label: str
    denoise: Callable[[Image, float | None, Strengths], Image]
    note: str = ""
    stored_as: str | None = None
    modes: Sequence[str] = tuple(MODES)
    start: Callable[[Group], Strengths] = _no_strengths
    strengths: Sequence[str] = ()


def find_methods(
    words: Sequence[str], mode: str, threads: int, device: str, precision: Precision
) -> list[Method]:
    """Return the methods that the command line names.

    Args:
        words: keys of `BASELINES`, or weights.
        mode: key of `MODES`.
        threads: of classical methods.
        device: of networks.
        precision: of networks.

    Raises:
        UserError: a method is unknown, named twice, not installed, or not possible in this mode.
    """
    methods: dict[str, Method] = {}
    for word in words:
        method = BASELINES[word](threads) if word in BASELINES else _network(word, device, precision)
        if method.label in methods:
            raise UserError(f"--methods: two have the name {method.label}")
        if mode not in method.modes:
            raise UserError(
                f"--methods: {word} is possible with {' or '.join(method.modes)}, not with {mode}"
            )
        methods[method.label] = method
    return list(methods.values())


def _noisy(threads: int) -> Method:
    return Method("noisy", lambda noisy, sigma, strengths: noisy, "noisy: the input itself, not clipped")


def _non_local_means(threads: int) -> Method:
    def start(group: Group) -> Strengths:
        first = next(iter(group.pairs.values()))().noisy
        strength = nearest(_DEFAULT_STRENGTH if group.sigma is None else group.sigma)
        return (strength,) if first.shape[2] == 1 else (strength, strength)

    return Method(
        "nlm",
        lambda noisy, sigma, strengths: non_local_means(noisy, strengths[0], strengths[-1], threads),
        f"nlm: non-local means of OpenCV {cv2.__version__} on the input in 8 bits, with the strengths of the "
        "highest mean PSNR on this set",
        f"nlm-{cv2.__version__}",
        ("white", "clipped", "pairs"),
        start,
        ("h", "hColor"),
    )


def _bm3d(threads: int) -> Method:
    require_bm3d()

    def denoise(noisy: Image, sigma: float | None, strengths: Strengths) -> Image:
        if sigma is None:
            raise ValueError("BM3D needs the noise level")
        return bm3d(noisy, sigma, threads)

    return Method(
        "bm3d",
        denoise,
        f"bm3d: BM3D, on colour images CBM3D, of the package bm3d {version('bm3d')}, told the true σ",
        f"bm3d-{version('bm3d')}",
        ("white", "clipped"),
    )


BASELINES: dict[str, Callable[[int], Method]] = {"noisy": _noisy, "nlm": _non_local_means, "bm3d": _bm3d}
"""The word on the command line -> builds the method for a number of threads."""


def _network(word: str, device: str, precision: Precision) -> Method:
    """Load a network: by name, from a folder, or from a file in a folder."""
    path = Path(word)
    if not path.is_file():
        predictor = DenoisingPredictor.from_pretrained(path, device=device, precision=precision, tile=TILE)
        return Method(path.name, lambda noisy, sigma, strengths: predictor(noisy))
    if path.name != WEIGHTS_FILE and path.suffix != ".ckpt":
        raise UserError(f"{path}: expected a folder of weights, or {WEIGHTS_FILE} or a .ckpt file in one")
    predictor = DenoisingPredictor.from_pretrained(
        path.parent, device=device, precision="as-trained", tile=TILE
    )
    if path.suffix == ".ckpt":
        load_strictly(predictor.model, trained_weights(load_checkpoint(path)), path)
    predictor.model = at_precision(predictor.model, precision)
    return Method(f"{path.parent.name}/{path.name}", lambda noisy, sigma, strengths: predictor(noisy))
