"""The command: denoise every image by every method, measure, print, draw."""

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import torch

from indexnet_denoising.data.noise import as_sigma
from indexnet_engine.errors import check_number
from indexnet_engine.files import make_folder, write_text
from indexnet_engine.images.image_file import write_image
from indexnet_engine.inference.device import pick_device
from indexnet_engine.inference.load_network import Precision
from indexnet_engine.progress import progress_bar
from tools.bench.machine import describe_machine
from tools.command import new_parser
from tools.compare.shown import choose
from tools.denoisers.cache import Cache
from tools.denoisers.inputs import MODES, Group, Settings, open_sets
from tools.denoisers.measuring import Row, measure_group
from tools.denoisers.methods import BASELINES, Method, find_methods
from tools.denoisers.panels import draw_panels, panel_names
from tools.denoisers.table import format_csv, format_rows

__all__ = ["main"]


def main(description: str, words: Sequence[str] | None = None) -> None:
    """Compare denoisers.

    Args:
        description: of the command, for the help.
        words: the command line, ``sys.argv[1:]`` by default.

    Raises:
        UserError: an option, a file or a method is wrong; raised before anything is denoised.
    """
    words = sys.argv[1:] if words is None else words
    options = _parse(description, words)
    torch.set_num_threads(options.threads)
    device = pick_device(options.device)
    methods = find_methods(options.methods, options.mode, options.threads, device, options.precision)
    groups = open_sets(options.mode, options.sets, Settings(options.sigma, options.seed, options.channels))
    drawn = choose(options.panels, list(panel_names(groups)))
    make_folder(options.out)
    name = "-".join([options.mode, *dict.fromkeys(group.data for group in groups)])
    cache = Cache(options.out / "cache")

    rows: list[Row] = []
    report = ""
    for group in groups:
        rows += [_measure(method, group, cache) for method in methods]
        report = _report(rows, options, device, words)
        write_text(options.out / f"{name}.md", report + "\n")
        write_text(options.out / f"{name}.csv", format_csv(rows))
    print(report)
    if drawn:
        panels = options.out / f"{name}.png"
        write_image(panels, draw_panels(drawn, rows, cache))
        print(f"\npanels of {', '.join(drawn)}: {panels}")


def _parse(description: str, words: Sequence[str]) -> argparse.Namespace:
    parser = new_parser("tools.denoisers", description)
    parser.add_argument("mode", choices=tuple(MODES), help="what the methods get")
    parser.add_argument("sets", nargs="+", metavar="SET", help="folders of images, or builtin")
    parser.add_argument(
        "--methods",
        nargs="+",
        required=True,
        metavar="METHOD",
        help=f"{', '.join(BASELINES)}, a network of the package, or trained weights; in this order",
    )
    parser.add_argument(
        "--sigma", nargs="+", type=float, default=[15.0, 25.0, 50.0], help="noise levels, 0-255 scale"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the noise")
    parser.add_argument(
        "--channels",
        type=int,
        choices=(1, 3),
        help="convert images to gray or colour; by default as in the files",
    )
    parser.add_argument("--out", type=Path, default=Path("runs/denoisers"), help="folder of results")
    parser.add_argument(
        "--panels", nargs="*", default=["3"], metavar="NAME", help="SET/SIGMA/IMAGE, or their number"
    )
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="of the CPU")
    parser.add_argument("--device", default="auto", help="of networks")
    parser.add_argument("--precision", choices=get_args(Precision), default="32", help="of networks")
    options = parser.parse_args(words)
    check_number("--threads", options.threads, positive=True)
    for level in options.sigma:
        as_sigma(level, "--sigma")
        check_number("--sigma", level, positive=True)
    return options


def _measure(method: Method, group: Group, cache: Cache) -> Row:
    with progress_bar(len(group.pairs), f"{group.title}, {method.label}", unit="image") as bar:
        return measure_group(method, group, cache, bar.update)


def _report(rows: Sequence[Row], options: argparse.Namespace, device: str, words: Sequence[str]) -> str:
    """Return machine, command and inputs, then the table."""
    about = [MODES[options.mode].about]
    if rows[0].group.sigma is not None:
        about.append(f"seed {options.seed}")
    about += ["means over the images of a set", "seconds for an image: medians"]
    lines = [
        describe_machine(device),
        f"python -m tools.denoisers {shlex.join(words)}",
        "",
        "; ".join(about),
        "",
    ]
    return "\n".join([*lines, format_rows(rows)])
