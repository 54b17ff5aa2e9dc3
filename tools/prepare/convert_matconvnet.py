"""Convert a DnCNN stored by MatConvNet (HDF5 .mat) into a folder of weights for this code.

    python -m tools.prepare.convert_matconvnet sigma=25.mat models/dncnn-25
    indexnet-denoising evaluate --weights models/dncnn-25 --data BSD68 --sigma 25

In the networks that the authors of DnCNN published (github.com/cszn/DnCNN, ``model/specifics``), batch norm
is folded into the convolutions: each of the 17 has a bias and is followed directly by its ReLU. They load
into ``create_model("dncnn", norm=False)`` with a bias in every convolution.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import h5py
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_denoising.models import create_model
from indexnet_engine.errors import UserError
from indexnet_engine.weights.pretrained import save_pretrained
from tools.command import new_parser, run


class Convolution(NamedTuple):
    """One 3×3 convolution: weight (out, in, 3, 3) and bias (out,), float32."""

    weight: Tensor
    bias: Tensor


def read_layers(path: str | Path) -> list[Convolution]:
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


def denoise(layers: Sequence[Convolution], noisy: Tensor) -> Tensor:
    """Run the network with plain convolutions, as an independent check of the converted model.

    Shape:
        noisy (B, C, H, W) in [0, 1] plus noise -> estimate (B, C, H, W), not clipped
    """
    x = noisy
    for weight, bias in layers[:-1]:
        x = F.relu(F.conv2d(x, weight, bias, padding=1))
    return noisy - F.conv2d(x, *layers[-1], padding=1)


def convert(layers: Sequence[Convolution]) -> nn.Module:
    """Build `DnCNN` with these weights, in evaluation mode."""
    width, channels = layers[0].weight.shape[:2]
    model = create_model("dncnn", channels=channels, width=width, depth=len(layers), norm=False, bias=True)
    names = [name for name, module in model.named_modules() if isinstance(module, nn.Conv2d)]
    tensors = {
        f"{name}.{part}": tensor
        for name, layer in zip(names, layers, strict=True)
        for part, tensor in layer._asdict().items()
    }
    model.load_state_dict(tensors, strict=True)
    return model.eval()


def main(argv: Sequence[str] | None = None) -> None:
    """Convert the file named on the command line."""
    parser = new_parser("tools.prepare.convert_matconvnet", __doc__)
    parser.add_argument("file", type=Path, help="the .mat file (HDF5)")
    parser.add_argument("folder", type=Path, help="output folder, with model.safetensors and config.json")
    arguments = parser.parse_args(argv)
    model = convert(read_layers(arguments.file))
    save_pretrained(model, arguments.folder, {"task": "denoising", "source": arguments.file.name})
    print(f"{arguments.file} -> {arguments.folder}")


if __name__ == "__main__":
    run(main)
