"""The base class of all applications' predictors."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self, get_args

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import indexnet_core
from indexnet_core import IndexSide
from indexnet_engine.inference.device import device_of, pick_device, reach_of, stride_of
from indexnet_engine.inference.load_network import (
    NetworkOptions,
    Precision,
    at_precision,
    entries_of,
    load_network,
)
from indexnet_engine.inference.tiling import check_tiling, overlap_for, predict_tiled
from indexnet_engine.weights.packaged import NO_NETWORKS, PackagedNetworks
from indexnet_engine.weights.pretrained import CONFIG_FILE, load_config

__all__ = ["Predictor"]


class Predictor(ABC):
    """A network with the scaling, padding and tiling of its images.

    Each application has a subclass, which makes the network's input from an image (`network_input`) and the
    prediction from its output (``__call__``).

    Args:
        model: a network of the application, in evaluation mode; it runs on the device of its weights.
        tile: images with a longer side are run in tiles of this size in pixels.
        overlap: pixels that neighbouring tiles share; by default those with which tiles give the result of
            the whole image, or `unknown_overlap` where the network does not state how far it sees.
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

    def __init__(
        self,
        model: nn.Module,
        *,
        tile: int | None = None,
        overlap: int | None = None,
        progress: bool = False,
    ) -> None:
        if overlap is None:
            reach = reach_of(model)
            overlap = self.unknown_overlap if reach is None else overlap_for(reach, stride_of(model))
        if tile is not None:
            check_tiling(tile, overlap, stride_of(model))
        self.model = model
        self.tile = tile
        self.overlap = overlap
        self.progress = progress

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

    @torch.inference_mode()
    def run(self, x: Tensor) -> Tensor:
        """Run the network on an input of any size, in tiles if it is large.

        Sides that the network's stride does not divide are padded by reflection on the right and below, and
        cropped back.

        Shape: (B, C, H, W) -> (B, C', H, W), float32
        """
        tile = max(x.shape[-2:]) if self.tile is None else self.tile
        return predict_tiled(
            self.run_tile,
            x,
            tile=tile,
            overlap=0 if self.tile is None else self.overlap,
            multiple=stride_of(self.model),
            progress=self.progress,
        )

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
