"""Read a DnCNN that MatConvNet stored (HDF5 .mat).

In the networks that the authors of DnCNN published (github.com/cszn/DnCNN, ``model/specifics``), batch norm
is folded into the convolutions: each of the 17 has a bias and is followed directly by its ReLU.
"""

from pathlib import Path

import h5py
import numpy as np
import torch

from indexnet_engine.errors import UserError
from tools.prepare.dncnn_layers import Convolution

__all__ = ["read_matconvnet"]


def read_matconvnet(path: Path) -> list[Convolution]:
    """Read the convolutions of a chain "convolution, ReLU, ..., convolution".

    Raises:
        UserError: not an HDF5 file, not a network, or a layer that does not belong to such a chain.
    """
    try:
        with h5py.File(path, "r") as file:
            layers = [file[reference] for reference in file["net/layers"][()].ravel()]
            kinds = ["".join(map(chr, layer["type"][()].ravel())) for layer in layers]
            if kinds != ["conv", "relu"] * (len(kinds) // 2) + ["conv"]:
                raise UserError(f"{path}: expected convolutions with a ReLU between them, got {kinds}")
            return [_convolution(file, layer) for layer in layers[::2]]
    except (OSError, KeyError, AttributeError, TypeError, ValueError) as error:
        raise UserError(f"{path}: not a MatConvNet network in HDF5 ({error})") from error


def _convolution(file: h5py.File, layer: h5py.Group) -> Convolution:
    weight, bias = (np.asarray(file[reference], np.float32) for reference in layer["weights"][()].ravel())
    if weight.ndim == 3:  # MATLAB drops a trailing axis of size 1, which is the first axis here
        weight = weight[None]
    # MATLAB stores (rows, columns, in, out) in column-major order; h5py reads (out, in, columns, rows).
    weight = np.ascontiguousarray(weight.swapaxes(2, 3))
    return Convolution(torch.from_numpy(weight), torch.from_numpy(bias.ravel()))
