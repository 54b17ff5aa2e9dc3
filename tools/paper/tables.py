"""Compare the paper's tables with the networks that this code builds, row by row.

    python -m tools.paper.tables            # parameters and GFLOPs; rows that differ in a printed digit are
    marked
    python -m tools.paper.tables --json tables.json

The networks of all rows of Tables 2 to 7 are built; Tables 2 and 4 print no sizes to compare with.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

import indexnet_denoising.models
import indexnet_depth.models
import indexnet_matting.models
import indexnet_segmentation.models
from indexnet_core import Complexity, measure_complexity
from indexnet_engine.files import write_json
from tools.command import new_parser, run

PAPER = Path(__file__).with_name("paper_tables.json")
VARIANTS = {"linear": "", "nonlinear": "-nl", "nonlinear+context": "-nl-c"}


@dataclass(frozen=True)
class Row:
    """One figure of the paper and of this code, both as printed; None for the paper where it prints none."""

    table: str
    row: str
    figure: str
    paper: str | None
    ours: str

    @property
    def equal(self) -> bool | None:
        """Whether every printed digit agrees; None where none is printed."""
        return None if self.paper is None else self.paper == self.ours


def main() -> None:
    """Print the tables, and write them as JSON if --json is set."""
    parser = new_parser("tools.paper.tables", __doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the rows as JSON, too")
    options = parser.parse_args()
    rows = build_rows()
    print(format_rows(rows))
    if options.json is not None:
        write_json(options.json, [{**asdict(row), "equal": row.equal} for row in rows])


def build_rows() -> list[Row]:
    """Build every network on the meta device and count."""
    paper: dict[str, Any] = json.loads(PAPER.read_text(encoding="utf-8"))
    with torch.device("meta"):
        return [
            *_matting_baselines(paper["table2_matting_baselines"]),
            *_matting(paper["table3_matting"]),
            *_normalizations(paper["table4_index_normalization"]),
            *_denoising(paper["table5_denoising"]),
            *_segmentation(paper["table6_segmentation"]),
            *_depth(paper["table7_depth"]),
        ]


def format_rows(rows: list[Row]) -> str:
    """Format a line for each figure, and the number of figures that agree."""
    lines = [f"{'table':<27} {'row':<24} {'figure':<8} {'paper':>9} {'ours':>9}"]
    for row in rows:
        mark = "  <- differs" if row.equal is False else ""
        lines.append(
            f"{row.table:<27} {row.row:<24} {row.figure:<8} {row.paper or '':>9} {row.ours:>9}{mark}"
        )
    printed = [row.equal for row in rows if row.equal is not None]
    return "\n".join([*lines, "", f"{sum(printed)} of {len(printed)} figures agree in every printed digit"])


def as_printed(value: float, like: str) -> str:
    """Format a count as the paper does, with its unit and number of decimals.

    >>> as_printed(4992, "4.99K"), as_printed(18793217, "7.09M"), as_printed(152, "152")
    ('4.99K', '18.79M', '152')
    """
    unit = {"M": 1e6, "K": 1e3}.get(like[-1], 1)
    number = like[:-1] if unit > 1 else like
    decimals = len(number.partition(".")[2])
    return f"{value / unit:.{decimals}f}" + (like[-1] if unit > 1 else "")


def operator_of(row: dict[str, Any]) -> str:
    """``{"family": "hin", "variant": "nonlinear"}`` -> ``hin-nl``."""
    return row["family"] + VARIANTS[row["variant"]]


def _matting_baselines(table: list[dict[str, Any]]) -> list[Row]:
    """Count the matting baselines; B1 and B2 keep MobileNetV2's strides, which need an odd size."""
    name = "table2_matting_baselines"
    found = []
    for row in table:
        size = 225 if row["no"] in ("B1", "B2") else 224
        cost = _matting_cost(row["no"].lower(), size)
        label = row["no"] if size == 224 else f"{row['no']} at {size}x{size}"
        found.append(Row(name, label, "params", None, as_printed(cost.parameters, "3.75M")))
        found.append(Row(name, label, "GFLOPs", None, f"{cost.gflops:.2f}"))
    return found


def _matting(table: dict[str, Any]) -> list[Row]:
    name = "table3_matting"
    found = []
    for row in table["baselines"]:
        if "params" not in row:  # the table has no size for DeepMatting with its refinement stage
            continue
        found += _baseline(name, row["no"], row, _matting_cost(row["no"].lower()))
    return found + _index_networks(name, table["rows"], partial(_matting_cost, "b11"))


def _normalizations(table: list[dict[str, Any]]) -> list[Row]:
    """Count each normalisation of Table 4, named by that of the encoder's map."""
    found = []
    for row in table:
        choice = row["encoder"]
        cost = _matting_cost("b11", resampling="m2o-nl-c", normalization=choice)
        found.append(
            Row("table4_index_normalization", choice, "params", None, as_printed(cost.parameters, "3.75M"))
        )
    return found


def _denoising(table: dict[str, Any]) -> list[Row]:
    name = "table5_denoising"
    found = []
    for row in table["baselines"]:
        found += _baseline(name, row["name"], row, _denoising_cost(row["name"].lower()))
    return found + _index_networks(name, table["rows"], partial(_denoising_cost, "dncnn-segnet"))


def _segmentation(table: dict[str, Any]) -> list[Row]:
    name = "table6_segmentation"
    found = []
    for row in table["baselines"]:
        found += _baseline(name, row["name"], row, _segmentation_cost())
    return found + _index_networks(name, table["rows"], _segmentation_cost)


def _depth(table: dict[str, Any]) -> list[Row]:
    """Count FastDepth; modelwise and shared rows give 1.0132 and 1.0135 where 1.02 is printed."""
    name = "table7_depth"
    found = []
    for row in table["baselines"]:
        found += _baseline(name, row["name"], row, _depth_cost(row["name"].lower()))
    return found + _index_networks(name, table["rows"], partial(_depth_cost, "fastdepth-p-nnconv5"))


def _index_networks(name: str, rows: list[dict[str, Any]], cost: Callable[..., Complexity]) -> list[Row]:
    """The 15 index networks, each in a whole network built with ``resampling=``."""
    found = []
    base = cost().parameters
    for row in rows:
        operator, printed = operator_of(row), row["delta_params"]
        ours = cost(resampling=operator)
        found.append(Row(name, operator, "+params", printed, as_printed(ours.parameters - base, printed)))
        found.append(_gflops(name, operator, row["gflops"], ours))
    return found


def _matting_cost(model: str, size: int = 224, **arguments: Any) -> Complexity:
    network = indexnet_matting.models.create_model(model, **arguments)
    return measure_complexity(network, torch.zeros(1, 4, size, size))


def _denoising_cost(model: str, **arguments: Any) -> Complexity:
    network = indexnet_denoising.models.create_model(model, **arguments)
    return measure_complexity(network, torch.zeros(1, 1, 224, 224))


def _segmentation_cost(**arguments: Any) -> Complexity:
    network = indexnet_segmentation.models.create_model("segnet", **arguments)
    return measure_complexity(network, torch.zeros(1, 3, 224, 224))


def _depth_cost(model: str, **arguments: Any) -> Complexity:
    network = indexnet_depth.models.create_model(model, **arguments)
    return measure_complexity(network, torch.zeros(1, 3, 224, 224))


def _baseline(table: str, row: str, printed: dict[str, Any], cost: Complexity) -> list[Row]:
    ours = as_printed(cost.parameters, printed["params"])
    return [
        Row(table, row, "params", printed["params"], ours),
        _gflops(table, row, printed["gflops"], cost),
    ]


def _gflops(table: str, row: str, printed: float, cost: Complexity) -> Row:
    return Row(table, row, "GFLOPs", f"{printed:.2f}", f"{cost.gflops:.2f}")


if __name__ == "__main__":
    run(main)
