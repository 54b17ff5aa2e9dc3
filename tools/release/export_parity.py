"""Export networks of all applications with every operator, and compare onnxruntime's results with PyTorch's.

    python -m tools.release.export_parity --tasks denoising depth --operators max hin-nl

Networks are narrow and have random weights and random statistics of batch norm; more than half of their
outputs are above zero. Each is exported once and run on images of three sizes, one alone and several at once.
Prints a Markdown table of the largest absolute differences, with a dash where a network does not support an
operator. The exit status is 1 if a difference is above 1e-4.
"""

import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from torch import nn
from tqdm import tqdm

import indexnet_denoising.models as denoising
import indexnet_depth.models as depth
import indexnet_matting.models as matting
import indexnet_segmentation.models as segmentation
from indexnet_core import OPERATORS, ShapeError, SpecError, export_onnx, parse_operator
from indexnet_engine.inference.onnx_network import PACKAGES, require_packages
from tools.command import new_parser, run

TOLERANCE = 1e-4

BATCHES = ((1, 1, 2), (2, 3, 1), (3, 2, 2))
"""Number of images, and their height and width in strides of the network (32 or 8 pixels)."""


def depth_network(operator: str) -> nn.Module:
    """Build FastDepth; one of its names has strided convolutions, the other supports all other operators."""
    name = "fastdepth-nnconv5" if parse_operator(operator).strided else "fastdepth-p-nnconv5"
    return depth.create_model(name, resampling=operator, width=0.25)


NETWORKS: dict[str, tuple[int, Callable[[str], nn.Module]]] = {
    "denoising": (1, lambda name: denoising.create_model("dncnn-segnet", resampling=name, width=8)),
    "segmentation": (
        3,
        lambda name: segmentation.create_model("segnet", resampling=name, width=8, classes=11),
    ),
    "depth": (3, depth_network),
    "matting": (4, lambda name: matting.create_model("b11", resampling=name, width=0.25)),
}
"""Number of input channels and network of each application."""


def main() -> None:
    """Export, run, print."""
    parser = new_parser("tools.release.export_parity", __doc__)
    parser.add_argument("--tasks", nargs="+", default=list(NETWORKS), choices=list(NETWORKS))
    parser.add_argument("--operators", nargs="+", default=list(OPERATORS), help="names of operators")
    options = parser.parse_args()
    for operator in options.operators:
        parse_operator(operator)
    require_packages("writing ONNX", *PACKAGES)
    print("| operator | " + " | ".join(options.tasks) + " |")
    print("|---" * (1 + len(options.tasks)) + "|")
    worst = 0.0
    for operator in tqdm(options.operators, desc="operators", unit="operator"):
        found = [largest_difference(task, operator) for task in options.tasks]
        worst = max([worst, *(difference for difference in found if difference is not None)])
        cells = ["–" if difference is None else f"{difference:.1e}" for difference in found]
        print(f"| `{operator}` | {' | '.join(cells)} |", flush=True)
    if worst > TOLERANCE:
        sys.exit(f"a difference of {worst:.1e} is above {TOLERANCE:g}")


def largest_difference(task: str, operator: str) -> float | None:
    """Largest absolute difference over all sizes; None where the network does not support the operator."""
    channels = NETWORKS[task][0]
    try:
        model = draw_network(task, operator)
    except (ShapeError, SpecError):
        return None
    stride = _stride(model)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        export_onnx(model, torch.zeros(1, channels, stride, stride), file)
        session = _session(file)
        differences = []
        for batch, rows, columns in BATCHES:
            x = torch.rand(batch, channels, rows * stride, columns * stride)
            (found,) = session.run(["prediction"], {"image": x.numpy()})
            with torch.no_grad():
                differences.append(float((torch.from_numpy(found) - model(x)).abs().max()))
    return max(differences)


def draw_network(task: str, operator: str) -> nn.Module:
    """Draw weights until the output is informative: after a final ReLU, all values may be zero."""
    channels, create = NETWORKS[task]
    for seed in itertools.count():
        torch.manual_seed(seed)
        model = shaken(create(operator))
        side = 2 * _stride(model)
        with torch.no_grad():
            values = model(torch.rand(1, channels, side, side))
        if (values > 0).float().mean() > 0.5:
            return model
    raise AssertionError  # the loop over seeds never ends


def _stride(model: nn.Module) -> int:
    return int(model.stride)  # type: ignore[arg-type]  # nn.Module says Tensor | Module


def shaken(model: nn.Module) -> nn.Module:
    """Set batch norm statistics that differ from the defaults, so that folding changes the weights."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0, 0.2)  # type: ignore[arg-type]  # they are tracked
            nn.init.uniform_(module.running_var, 0.5, 2)  # type: ignore[arg-type]
    return model.eval()


def _session(file: Path) -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])


if __name__ == "__main__":
    run(main)
