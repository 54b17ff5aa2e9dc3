"""Measure depth networks against the best constant and the best profile of depth by row.

    python -m tools.compare.depth_baselines real --unit metre --weights runs/depth/rooms

DATA is any data set that ``indexnet-depth evaluate`` reads, best of frames that no network has seen. Every
prediction is scaled so that its median is that of the true depth (which makes all constants the same), since
neither a drawn room nor a photograph of unknown lens fixes the scale. The rows of the table:

- each network of --weights;
- ``constant``: the median of the frame's true depth;
- ``rows``: in each row of the view, the median over all frames of depth in units of its frame's median. This
  profile is fitted to the very frames that are measured, so it knows more of them than a network does;
- ``rows of other frames``: the same, fitted without the frame that is measured.

Figures are means over frames; ``rmse as predicted`` is that of the network's own metres.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexnet_depth.data.crop import SIZE, evaluation_view
from indexnet_depth.data.frame import Frame
from indexnet_depth.data.open_data import open_data
from indexnet_depth.evaluation import check_frames
from indexnet_depth.metrics import average, median_scaled, tally
from indexnet_depth.predictor import DepthPredictor
from indexnet_engine.errors import UserError, check_number
from indexnet_engine.files import write_json
from tools.command import new_parser, run

__all__ = ["FIGURES", "baselines", "format_rows", "measure", "row_profile"]

FIGURES = ("rmse", "abs_rel", "delta1")
"""Measures of the table; see `indexnet_depth.metrics.METRICS`."""

Depth = NDArray[np.float32]


def main() -> None:
    """Print the table."""
    parser = new_parser("tools.compare.depth_baselines", __doc__)
    parser.add_argument("data", help="frames with depth, as for indexnet-depth evaluate")
    parser.add_argument("--unit", help="unit of the depth where the format does not fix it")
    parser.add_argument("--weights", nargs="*", type=Path, default=[], help="folders of runs")
    parser.add_argument("--size", type=int, default=SIZE, help="side of the views without networks")
    parser.add_argument("--json", type=Path, help="write the figures")
    options = parser.parse_args()
    check_number("--size", options.size, positive=True)
    networks = {str(path): DepthPredictor.from_pretrained(path, device="cpu") for path in options.weights}
    size = _common_size(networks, options.size)
    frames = open_data(options.data, "val", options.unit)
    check_frames(frames, size=size)
    views = [evaluation_view(frames.read(index), size) for index in range(len(frames.names))]
    rows: dict[str, dict[str, float]] = {}
    for name, network in networks.items():
        at_its_size = DepthPredictor(network.model, size=None)
        predictions = [at_its_size(view.image) for view in views]
        own = average(tally(depth, view.depth) for depth, view in zip(predictions, views))
        rows[name] = {**measure(views, predictions), "rmse as predicted": own["rmse"]}
    rows |= {name: measure(views, list(predictions)) for name, predictions in baselines(views)}
    print(
        f"{len(views)} frames of {options.data}, views of {size} pixels, predictions with the true median\n"
    )
    print(format_rows(rows))
    if options.json is not None:
        write_json(options.json, rows)


def _common_size(networks: Mapping[str, DepthPredictor], otherwise: int) -> int:
    sizes = {network.size or SIZE for network in networks.values()} or {otherwise}
    if len(sizes) > 1:
        raise UserError(f"--weights: networks for views of {sorted(sizes)} pixels are not comparable")
    return sizes.pop()


def baselines(views: Sequence[Frame]) -> Iterator[tuple[str, Iterator[Depth]]]:
    """Yield the name of each baseline and its predictions, one for each view."""
    depths = [view.depth for view in views]
    yield "constant", (np.ones_like(depth) for depth in depths)
    profile = row_profile(depths)
    yield "rows", (np.broadcast_to(profile[:, None], depth.shape) for depth in depths)
    if len(depths) > 1:
        others = (row_profile([*depths[:index], *depths[index + 1 :]]) for index in range(len(depths)))
        yield (
            "rows of other frames",
            (np.broadcast_to(one[:, None], depth.shape) for one, depth in zip(others, depths)),
        )


def row_profile(depths: Sequence[Depth]) -> Depth:
    """Return the median of each row over all maps, each in units of its own median.

    Args:
        depths: maps (H, W) in metres of one size; 0 where invalid.

    Returns:
        (H,); a row without a valid depth in any map takes the value of the nearest row that has one.

    >>> row_profile([np.float32([[2, 2], [0, 0], [6, 6]]), np.float32([[1, 0], [0, 0], [3, 3]])]).tolist()
    [0.5, 0.5, 1.25]
    """
    scaled = np.stack([np.where(depth > 0, depth, np.nan) for depth in depths])
    scaled /= np.nanmedian(scaled, axis=(1, 2), keepdims=True)
    by_row = scaled.transpose(1, 0, 2).reshape(scaled.shape[1], -1)
    known = ~np.isnan(by_row).all(1)
    places = np.flatnonzero(known)
    nearest = places[np.abs(np.arange(len(known))[:, None] - places).argmin(1)]
    return np.asarray(np.nanmedian(by_row[nearest], axis=1), np.float32)


def measure(views: Sequence[Frame], predictions: Sequence[Depth]) -> dict[str, float]:
    """Return the `FIGURES` of scaled predictions, means over the views."""
    found = average(
        tally(median_scaled(depth, view.depth), view.depth) for view, depth in zip(views, predictions)
    )
    return {name: found[name] for name in FIGURES}


def format_rows(rows: Mapping[str, Mapping[str, float]]) -> str:
    """Format a Markdown table.

    >>> print(format_rows({"constant": {"rmse": 1.0, "abs_rel": 0.5, "delta1": 0.25}}))
    | prediction | rmse | abs_rel | delta1 | rmse as predicted |
    |---|---|---|---|---|
    | constant | 1.000 | 0.500 | 0.250 | |
    """
    columns = (*FIGURES, "rmse as predicted")
    lines = ["| prediction | " + " | ".join(columns) + " |", "|---" * (1 + len(columns)) + "|"]
    for name, values in rows.items():
        cells = [f" {values[column]:.3f} " if column in values else " " for column in columns]
        lines.append(f"| {name} |" + "|".join(cells) + "|")
    return "\n".join(lines)


if __name__ == "__main__":
    run(main)
