"""The paper's tables beside what this code builds, row by row.

    python tools/tables.py            # parameters and GFLOPs, with a mark where a printed digit differs
    python tools/tables.py --json tables.json

Table 5 is built whole. Of Tables 3, 6 and 7 the increase in parameters is built, from the widths of the
stages in which those networks hold their index networks.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from command import run
from indexnet_core import Complexity, ResamplingStages, measure_complexity
from indexnet_core.complexity import count_parameters
from indexnet_denoising import create_model
from indexnet_engine.atomic import write_json

PAPER = Path(__file__).with_name("paper_tables.json")
VARIANTS = {"linear": "", "nonlinear": "-nl", "nonlinear+context": "-nl-c"}
STAGES = {
    "table3_matting": [32, 24, 32, 64, 160],
    "table5_denoising": [64, 128, 256],
    "table6_segmentation": [64, 128, 256, 512, 512],
    "table7_depth": [32, 128, 256, 512, 1024],
}


@dataclass(frozen=True)
class Row:
    """One figure of the paper and ours, as printed."""

    table: str
    row: str
    figure: str
    paper: str
    ours: str

    @property
    def equal(self) -> bool:
        """Whether every printed digit agrees."""
        return self.paper == self.ours


def main() -> None:
    """Print, and write JSON if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
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
        increases = [row for table in STAGES for row in _increases(table, paper[table]["rows"])]
        return increases + _denoising(paper["table5_denoising"])


def format_rows(rows: list[Row]) -> str:
    """A line for each figure, and how many agree."""
    lines = [f"{'table':<20} {'row':<24} {'figure':<10} {'paper':>9} {'ours':>9}"]
    for row in rows:
        mark = "" if row.equal else "  <- differs"
        lines.append(f"{row.table:<20} {row.row:<24} {row.figure:<10} {row.paper:>9} {row.ours:>9}{mark}")
    agree = sum(row.equal for row in rows)
    return "\n".join([*lines, "", f"{agree} of {len(rows)} figures agree in every printed digit"])


def as_printed(value: float, like: str) -> str:
    """Write a count the way the paper printed its own: unit and number of decimals.

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


def _increases(table: str, rows: list[dict[str, Any]]) -> list[Row]:
    found = []
    for row in rows:
        operator = operator_of(row)
        ours = count_parameters(ResamplingStages(operator, STAGES[table]))
        found.append(
            Row(table, operator, "+params", row["delta_params"], as_printed(ours, row["delta_params"]))
        )
    return found


def _denoising(table: dict[str, Any]) -> list[Row]:
    name = "table5_denoising"
    found = []
    for printed, built in zip(table["baselines"], ("dncnn", "dncnn-segnet")):
        cost = _cost(built)
        ours = as_printed(cost.parameters, printed["params"])
        found.append(Row(name, printed["name"], "params", printed["params"], ours))
        found.append(_gflops(name, printed["name"], printed["gflops"], cost))
    for row in table["rows"]:
        operator = operator_of(row)
        found.append(_gflops(name, operator, row["gflops"], _cost("dncnn-segnet", resampling=operator)))
    return found


def _cost(model: str, **arguments: Any) -> Complexity:
    return measure_complexity(create_model(model, **arguments), torch.zeros(1, 1, 224, 224))


def _gflops(table: str, row: str, printed: float, cost: Complexity) -> Row:
    return Row(table, row, "GFLOPs", f"{printed:.2f}", f"{cost.gflops:.2f}")


if __name__ == "__main__":
    run(main)
