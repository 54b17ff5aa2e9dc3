"""Convert a DnCNN of another program into a folder of weights for this code.

    python -m tools.prepare.convert_dncnn sigma=25.mat models/dncnn-25
    python -m tools.prepare.convert_dncnn net.pth models/dncnn-25 --eps 1e-4
    indexnet-denoising evaluate --weights models/dncnn-25 --data BSD68 --sigma 25

FILE is a network in MatConvNet's format (HDF5 .mat), or weights saved by PyTorch (any other suffix): 17 or 20
convolutions for gray or colour, with names of any kind, with or without ``module.`` before them and biases in
the first and last layer, and with batch norm after the middle convolutions or folded into them. The network
has to predict the noise, as DnCNN does, of an image in [0, 1]; its weights do not tell. They load into
``create_model("dncnn", norm=False)`` with batch norm folded and a bias in every convolution.
"""

from collections.abc import Sequence
from pathlib import Path

from indexnet_engine.errors import UserError, check_number
from indexnet_engine.weights.pretrained import save_pretrained
from tools.command import new_parser, run
from tools.prepare.dncnn_layers import Convolution, build, check_chain
from tools.prepare.dncnn_matconvnet import read_matconvnet
from tools.prepare.dncnn_pytorch import EPS, read_pytorch

__all__ = ["main", "read_layers"]


def read_layers(path: Path, eps: float | None = None) -> list[Convolution]:
    """Read the convolutions of a DnCNN; the suffix tells the program that stored it.

    Args:
        path: the file.
        eps: of the batch norm in a file of PyTorch, whose default is the default here.

    Raises:
        UserError: the file cannot be read, or does not hold a DnCNN.
    """
    if path.suffix == ".mat":
        if eps is not None:
            raise UserError(f"--eps {eps:g}: {path} has no batch norm")
        layers = read_matconvnet(path)
    else:
        layers = read_pytorch(path, EPS if eps is None else eps)
    check_chain(layers, path)
    return layers


def main(argv: Sequence[str] | None = None) -> None:
    """Convert the file named on the command line."""
    parser = new_parser("tools.prepare.convert_dncnn", __doc__)
    parser.add_argument("file", type=Path, help="the network: .mat (HDF5), .pth, .pt, .safetensors, ...")
    parser.add_argument("folder", type=Path, help="output folder, with model.safetensors and config.json")
    parser.add_argument(
        "--eps",
        type=float,
        help=f"eps of the batch norm in the training, which no file holds; {EPS:g} by default",
    )
    arguments = parser.parse_args(argv)
    if arguments.eps is not None:
        check_number("--eps", arguments.eps)
    layers = read_layers(arguments.file, arguments.eps)
    save_pretrained(build(layers), arguments.folder, {"task": "denoising", "source": arguments.file.name})
    width, channels = layers[0].weight.shape[:2]
    size = f"{len(layers)} convolutions, width {width}, {'gray' if channels == 1 else 'colour'}"
    print(f"{arguments.file} -> {arguments.folder} ({size})")


if __name__ == "__main__":
    run(main)
