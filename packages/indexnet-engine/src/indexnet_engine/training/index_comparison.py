"""The decoder's index maps of one image, before and after training."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from indexnet_core import collect_index_maps, index_picture, pad_to_multiple
from indexnet_engine.images.panels import index_sheet
from indexnet_engine.inference.device import device_of, stride_of

__all__ = ["IndexComparison", "decoder_index_maps"]


class IndexComparison:
    """Stores the index maps of the untrained network and draws them above those of the trained network.

    Args:
        model: the network before training.
        draw: returns a network's index maps of the image, one (H, W) in [0, 1] for each stage; none without
            index networks.
        height: height of a row of index maps in pixels.
    """

    def __init__(
        self, model: nn.Module, draw: Callable[[nn.Module], Sequence[NDArray[np.float32]]], height: int
    ) -> None:
        self._draw = draw
        self._height = height
        self._before = draw(model)

    def pictures(self, model: nn.Module) -> dict[str, NDArray[np.uint8]]:
        """One panel, named ``index``; none without index networks."""
        now = self._draw(model)
        if not now:
            return {}
        return {"index": index_sheet({"before training": self._before, "now": now}, self._height)}


@torch.no_grad()
def decoder_index_maps(model: nn.Module, x: Tensor) -> list[NDArray[np.float32]]:
    """Draw the decoder's index map of every stage.

    Args:
        model: a network; its mode is restored.
        x: its input (1, C, H, W), which is padded to a multiple of the network's stride.

    Returns:
        One gray image (H, W) in [0, 1] for each stage; none without index networks.
    """
    maps = collect_index_maps(model, pad_to_multiple(x.to(device_of(model)), stride_of(model)))
    return [index_picture(pair)[0].cpu().numpy() for pair in maps]
