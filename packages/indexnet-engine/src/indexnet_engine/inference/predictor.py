"""The base class of all applications' predictors."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import indexnet_core
from indexnet_core import IndexSide
from indexnet_engine.allocator import keep_freed_memory
from indexnet_engine.errors import check_number
from indexnet_engine.inference.blending import Part
from indexnet_engine.inference.device import device_of, pick_device, reach_of, stride_of
from indexnet_engine.inference.load_network import (
    NetworkOptions,
    Precision,
    at_precision,
    entries_of,
    load_network,
)
from indexnet_engine.inference.memory import affordable_tiles, check_memory, default_memory
from indexnet_engine.inference.out_of_memory import SmallerTiles
from indexnet_engine.inference.tiles import Tiles, blend_of, check_tiling, overlap_for, square_tiles
from indexnet_engine.inference.tiling import ImageSource, assembled, predict_parts, source_of
from indexnet_engine.weights.packaged import NO_NETWORKS, PackagedNetworks
from indexnet_engine.weights.pretrained import CONFIG_FILE, load_config

__all__ = ["Predictor", "TileOptions"]

_SMALL = 512**2
"""Pixels of an image that is never divided by default, so that the network's memory need not be counted."""

_ALONE = 2**18
"""Pixels from which the images of a batch are run one by one: together they take more memory, but no less
time."""


@dataclass(kw_only=True)
class TileOptions:
    """The options by which a command limits the memory of a network."""

    max_memory: float | None = None
    """Memory of the network in GB; larger images are processed in tiles. By default 4/5 of the free memory of
    a CUDA device; else the application's limit (see the README), at most half of the available memory."""
    tile: int | None = None
    """Side of square tiles in pixels, instead of tiles as large as the memory allows."""
    overlap: int | None = None
    """Overlap of neighbouring tiles in pixels; by default as many as the network needs for tiles to give the
    result of the whole image, where it states how far it sees."""

    def as_arguments(self) -> dict[str, Any]:
        """Return them as keyword arguments of a `Predictor`."""
        return {"max_memory": self.max_memory, "tile": self.tile, "overlap": self.overlap}


class Predictor(ABC):
    """A network with the scaling, padding and tiling of its images.

    Each application has a subclass, which makes the network's input from an image (`network_input`) and the
    prediction from its output (``__call__``).

    Args:
        model: a network of the application, in evaluation mode; it runs on the device of its weights.
        tile: images with a longer side are run in tiles of this size in pixels; by default in tiles as large
            as ``max_memory`` allows.
        overlap: pixels that neighbouring tiles share; by default those with which tiles give the result of
            the whole image, or `unknown_overlap` where the network does not state how far it sees.
        max_memory: limit in GB for the network, besides its weights and the image; by default
            `usual_memory`, at most half of the available memory, and on a CUDA device 4/5 of its free memory.
        progress: whether a progress bar counts the tiles.

    Raises:
        UserError: the tile is not larger than the overlap, or a number is out of range.
    """

    task: ClassVar[str]
    """The entry ``task`` of ``config.json``."""

    load_model: ClassVar[Callable[[Any, str], Any]]
    """Loads the application's trained networks: folder and device -> network."""

    packaged: ClassVar[PackagedNetworks] = NO_NETWORKS
    """The trained networks that come with the application."""

    channels_last: ClassVar[bool] = True
    """Whether the network runs faster in channels_last format."""

    unknown_overlap: ClassVar[int] = 0
    """Default overlap for a network that does not state its reach."""

    usual_memory: ClassVar[float] = 1.0
    """Default of ``max_memory`` on a processor, in GB."""

    def __init__(
        self,
        model: nn.Module,
        *,
        tile: int | None = None,
        overlap: int | None = None,
        max_memory: float | None = None,
        progress: bool = False,
    ) -> None:
        reach = reach_of(model)
        if overlap is None:
            overlap = self.unknown_overlap if reach is None else overlap_for(reach, stride_of(model))
        check_number("overlap", overlap)
        if tile is not None:
            check_tiling(tile, overlap, stride_of(model))
        if max_memory is not None:
            check_memory(max_memory)
        self.model = model
        self.tile = tile
        self.overlap = overlap
        self.progress = progress
        self._max_memory = max_memory
        self._blend = blend_of(overlap, reach)
        self._run = SmallerTiles(self._run_batch, overlap, stride_of(model), self._blend)

    @classmethod
    def from_pretrained(
        cls,
        weights: str | Path | None = None,
        *,
        device: str = "auto",
        precision: Precision = "32",
        **options: Any,
    ) -> Self:
        """Load trained weights.

        Args:
            weights: the folder of a run, or of imported weights, or the name of a network of the package; by
                default its default network.
            device: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto`` for the best available.
            precision: ``32`` folds batch norm into the convolutions, with equal results within rounding;
                ``bf16``, and ``fp16`` on a GPU, take half the memory and are less exact; ``as-trained``
                leaves the network unchanged.
            options: keyword arguments of the class, which replace those that the weights were trained with.

        Raises:
            UserError: the weights or the device cannot be used, or an option is out of range.
        """
        folder = cls.find_weights(weights)
        model = at_precision(cls.load_model(folder, pick_device(device)), precision)
        return cls._of_entries(model, load_config(folder), folder / CONFIG_FILE, options)

    @classmethod
    def from_options(cls, source: NetworkOptions, **options: Any) -> Self:
        """Load the network that the options of a command name: ``--weights`` or ``--onnx``.

        Raises:
            UserError: the options contradict each other, or the network cannot be loaded.
        """
        keep_freed_memory()  # a command has the process to itself
        model = load_network(
            source, cls.task, lambda weights, device: cls.load_model(cls.find_weights(weights), device)
        )
        return cls._of_entries(model, *entries_of(source, model, cls.find_weights), options)

    @classmethod
    def find_weights(cls, weights: str | Path | None) -> Path:
        """Return the folder of trained weights; see `PackagedNetworks.find`."""
        return cls.packaged.find(weights)

    @classmethod
    def trained_with(cls, entries: Mapping[str, Any], file: Path, model: nn.Module) -> dict[str, Any]:
        """Return the keyword arguments of the class that ``config.json`` states; none by default.

        Args:
            entries: those of ``config.json``.
            file: the file that holds them, for errors.
            model: the network.

        Raises:
            UserError: an entry is missing or out of range.
        """
        return {}

    @abstractmethod
    def network_input(self, *image: Any) -> Tensor:
        """Make the network's input (1, C, H, W), before padding, from the input of ``__call__``."""

    @torch.no_grad()
    def index_pictures(self, *image: Any) -> dict[IndexSide, list[NDArray[np.float32]]]:
        """Draw the index maps of all stages, without the padding of the image.

        Args:
            image: as for ``__call__``.

        Returns:
            A gray image (H / 2ⁱ, W / 2ⁱ) in [0, 1] for the encoder and for the decoder of each stage i; empty
            without index networks.
        """
        x = self.network_input(*image).to(device_of(self.model))
        stages = indexnet_core.index_pictures(self.model, x, stride_of(self.model))
        return {side: [stage[side][0].cpu().numpy() for stage in stages] for side in get_args(IndexSide)}

    @property
    def max_memory(self) -> float:
        """The limit in GB for the network; its default is found when it is first needed."""
        if self._max_memory is None:
            found = default_memory(device_of(self.model), self.usual_memory)
            self._max_memory = float(f"{found:.2g}")
        return self._max_memory

    def tiles(self, size: tuple[int, int], channels: int) -> Tiles:
        """Choose the tiles for an input of this height and width, a single one where it fits.

        Raises:
            UserError: the limit is too low for a tile.
        """
        stride = stride_of(self.model)
        if self.tile is not None:
            tiles = square_tiles(size, self.tile, self.overlap, stride, self._blend)
        elif self._max_memory is None and size[0] * size[1] <= _SMALL:
            tiles = square_tiles(size, max(size), 0, stride)
        else:
            tiles = affordable_tiles(self.model, channels, size, self.max_memory, self.overlap, self._blend)
        if tiles.number == 1 and getattr(self.model, "any_size", False):
            return square_tiles(size, max(size), 0)
        return tiles

    def parts(self, image: ImageSource) -> Iterator[Part]:
        """Run the network on an image of any size, in tiles if it is large, and yield finished rectangles.

        Sides that the network's stride does not divide are padded by reflection on the right and below, and
        cropped back. Where the device runs out of memory, smaller tiles are tried.

        Raises:
            UserError: the limit, or the device's memory, is too small for a tile.
        """
        channels = image.read(slice(0, 1), slice(0, 1)).shape[1]
        tiles = self.tiles(image.size, channels)
        return predict_parts(self._run, image, tiles, progress=self.progress)

    def run(self, x: Tensor) -> Tensor:
        """Run the network on an input of any size that is in memory as a whole; see `parts`.

        Shape: (B, C, H, W) -> (B, C', H, W), float32
        """
        source = source_of(x)
        return assembled(self.parts(source), source.size)

    @torch.inference_mode()
    def _run_batch(self, x: Tensor) -> Tensor:
        x = x.to(device_of(self.model))
        if x.shape[0] > 1 and x.shape[-2] * x.shape[-1] >= _ALONE:
            return torch.cat([self.run_tile(image) for image in x.split(1)])
        return self.run_tile(x)

    def run_tile(self, x: Tensor) -> Tensor:
        """Run the network on one tile, or on an image that needs no tiles. (B, C, H, W) -> (B, C', H, W)."""
        piece = x.contiguous(memory_format=torch.channels_last) if self.channels_last else x
        output: Tensor = self.model(piece)
        return output

    @classmethod
    def _of_entries(
        cls, model: nn.Module, entries: Mapping[str, Any], file: Path, options: Mapping[str, Any]
    ) -> Self:
        return cls(model, **{**cls.trained_with(entries, file, model), **options})
