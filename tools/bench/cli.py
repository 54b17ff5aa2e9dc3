"""Measure the cost of index networks, compared with a literal form of the paper's and with max pooling.

    python -m tools.bench stage                                   # index network, IP, IU of one stage
    python -m tools.bench network --size 1920x1080                # a network at inference
    python -m tools.bench network --size 3840x2160 --measure memory --candidates ours
    python -m tools.bench stage --measure profile                 # which operators take the time
    python -m tools.bench train matting depth                     # a training step of an application
    python -m tools.bench linear --plot linear.png                # from 256x256 to 3840x2160
    python -m tools.bench roofline                                # the fused kernels on a GPU
    python -m tools.bench kernels                                 # the same, only compiled, without a GPU

Candidates take turns in one process, so that a slowdown of the machine affects all of them; the lowest median
of all rounds is reported. Memory is the peak of a fresh process for each, as the operating system reports it,
or that of the GPU's allocator. Prints a Markdown table; --out writes the figures as JSON. ``python -m
tools.bench PART
--help`` lists the options of a part.
"""

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, get_args

import torch

from indexnet_core import INDEX_NETWORKS
from indexnet_engine.files import write_json
from tools.bench.compiled import bench_kernels
from tools.bench.machine import command_line, describe_machine
from tools.bench.measure import Measure
from tools.bench.network import INFERENCE_FORMS, NETWORKS
from tools.bench.options import check_options
from tools.bench.parts import bench_linear, bench_network, bench_stage, bench_train
from tools.bench.roofline import Indices, bench_roofline
from tools.bench.stage import Passes
from tools.bench.training import APPLICATIONS
from tools.bench.variants import Activations, Execution, Layout, Precision
from tools.bench.work import FORMS
from tools.command import new_parser

__all__ = ["main"]

OPERATORS = ["m2o-nl-c", "o2o-shared", "hin-nl-c", "o2o-unshared"]
KERNELS = ["320x320", "40x40", "28x28", "14x14"]
LINEAR = ["256x256", "512x512", "1024x1024", "1920x1080", "3840x2160"]


def main(words: Sequence[str] | None = None) -> None:
    """Run one part of the benchmark.

    Raises:
        UserError: an option is wrong; raised before anything is measured.
    """
    options = _parser().parse_args(words)
    check_options(options)
    torch.set_num_threads(options.threads)
    rows = options.call(options)
    if options.out is not None:
        about = {"machine": describe_machine(options.device), "command": command_line()}
        write_json(options.out, {**about, "rows": rows})


def _parser() -> argparse.ArgumentParser:
    parser = new_parser("tools.bench", __doc__)
    parts = parser.add_subparsers(
        required=True, metavar="stage | network | train | linear | roofline | kernels"
    )

    stage = _part(parts, "stage", bench_stage)
    stage.add_argument("operators", nargs="*", default=OPERATORS, metavar="OPERATOR", help="index networks")
    stage.add_argument("--channels", type=int, nargs="+", default=[32], help="of the features")
    stage.add_argument(
        "--size", nargs="+", default=["320x320"], help="of the encoder feature, width x height"
    )
    stage.add_argument("--batch", type=int, default=4, help="samples")
    stage.add_argument(
        "--passes", nargs="+", choices=get_args(Passes), default=get_args(Passes), help="of a call"
    )
    stage.add_argument("--skip", action="store_true", help="with the feature of a skip connection")
    _variant_options(stage, ["32"], ["channels-first"])

    network = _part(parts, "network", bench_network)
    network.add_argument("--size", nargs="+", default=["1920x1080"], help="of the image, width x height")
    _network_options(network, [*FORMS, "optimized"])
    _variant_options(network, ["32", "bf16"], list(get_args(Layout)))

    train = _part(parts, "train", bench_train)
    train.add_argument(
        "applications",
        nargs="*",
        default=list(APPLICATIONS),
        metavar="APPLICATION",
        help=", ".join(APPLICATIONS),
    )
    train.add_argument("--operator", choices=INDEX_NETWORKS, metavar="NAME", help="another operator")
    train.add_argument("--batch", type=int, help="samples of a batch; the default depends on the application")
    train.add_argument("--size", type=int, help="side of a sample; the default depends on the application")
    _candidate_options(train, FORMS, list(FORMS))
    _variant_options(train, ["32", "bf16-mixed"], list(get_args(Layout)))
    train.add_argument(
        "--activations", nargs="+", choices=get_args(Activations), default=["kept"], help="variants"
    )

    linear = _part(parts, "linear", bench_linear)
    linear.add_argument("--size", nargs="+", default=LINEAR, help="of the images, width x height")
    linear.add_argument("--plot", type=Path, metavar="FILE", help="PNG of time and memory over pixels")
    _network_options(linear, ["ours"])
    _variant_options(linear, ["32"], ["channels-last"])

    roofline = _part(parts, "roofline", bench_roofline)
    roofline.add_argument("--channels", type=int, nargs="+", default=[32, 160], help="of the features")
    roofline.add_argument("--size", nargs="+", default=["320x320", "1920x1088"], help="width x height")
    roofline.add_argument(
        "--indices", nargs="+", choices=get_args(Indices), default=["depthwise"], help="maps"
    )
    roofline.add_argument("--batch", type=int, default=4, help="samples")
    roofline.add_argument(
        "--precision", nargs="+", choices=("32", "bf16"), default=["32", "bf16"], help="variants"
    )
    roofline.add_argument(
        "--layout", nargs="+", choices=get_args(Layout), default=list(get_args(Layout)), help="variants"
    )
    roofline.add_argument("--plot", type=Path, metavar="FILE", help="PNG of the kernels below the bandwidth")

    kernels = _part(parts, "kernels", bench_kernels)
    kernels.add_argument("--channels", type=int, nargs="+", default=[32], help="of the features")
    kernels.add_argument("--size", nargs="+", default=KERNELS, help="width x height")
    kernels.add_argument("--k", type=int, nargs="+", default=[2], help="sides of a region")
    kernels.add_argument(
        "--indices", nargs="+", choices=get_args(Indices), default=["depthwise"], help="maps"
    )
    kernels.add_argument("--batch", type=int, default=4, help="samples")
    kernels.add_argument(
        "--precision", nargs="+", choices=("32", "bf16"), default=["32", "bf16"], help="variants"
    )
    kernels.add_argument(
        "--layout", nargs="+", choices=get_args(Layout), default=list(get_args(Layout)), help="variants"
    )
    kernels.add_argument("--target", type=int, default=90, help="compute capability times ten")
    return parser


def _part(parts: Any, name: str, call: Any) -> argparse.ArgumentParser:
    part: argparse.ArgumentParser = parts.add_parser(name, help=call.__doc__, description=call.__doc__)
    part.set_defaults(call=call)
    part.add_argument("--device", choices=("cpu", "cuda"), default=_device(), help="where it is run")
    part.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of the processor")
    part.add_argument("--rounds", type=int, default=3, help="turns of each candidate")
    part.add_argument("--seconds", type=float, default=0.5, help="minimum length of a turn in seconds")
    part.add_argument("--out", type=Path, metavar="FILE", help="write the figures as JSON")
    return part


def _device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def _network_options(part: argparse.ArgumentParser, candidates: list[str]) -> None:
    part.add_argument(
        "--operator", choices=INDEX_NETWORKS, default="m2o-nl-c", metavar="NAME", help="index network"
    )
    part.add_argument("--network", choices=NETWORKS, default="matting", help="the application's network")
    _candidate_options(part, INFERENCE_FORMS, candidates)


def _candidate_options(part: argparse.ArgumentParser, forms: Iterable[str], candidates: list[str]) -> None:
    part.add_argument(
        "--candidates", nargs="+", choices=tuple(forms), default=candidates, help="in this order"
    )
    part.add_argument(
        "--varied", nargs="+", choices=tuple(forms), default=["ours"], help="candidates for all variants"
    )
    part.add_argument("--width", type=float, default=1.0, help="multiplier of all channels; for trials")


def _variant_options(part: argparse.ArgumentParser, precision: list[Precision], layout: list[Layout]) -> None:
    part.add_argument(
        "--measure", nargs="+", choices=get_args(Measure), default=["time", "memory"], help="what"
    )
    part.add_argument(
        "--precision", nargs="+", choices=get_args(Precision), default=precision, help="variants"
    )
    part.add_argument("--layout", nargs="+", choices=get_args(Layout), default=layout, help="variants")
    part.add_argument(
        "--execution", nargs="+", choices=get_args(Execution), default=["eager"], help="variants"
    )
