"""The parts of the benchmark: each measures, prints its table, and returns its rows for JSON."""

import argparse
from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from indexnet_core import INDEX_NETWORKS
from indexnet_engine.errors import UserError
from indexnet_engine.progress import progress_bar
from tools.bench.linear import Curve, curve_of, plot_curves, require_matplotlib, slope
from tools.bench.machine import announce, describe_machine
from tools.bench.measure import measure_group
from tools.bench.network import NetworkWork, compared
from tools.bench.options import check_names, parse_sizes
from tools.bench.profiling import format_shares
from tools.bench.rows import LEGEND, Row, as_json, cells, header
from tools.bench.stage import stage_groups
from tools.bench.training import APPLICATIONS, TrainWork
from tools.bench.variants import Variant
from tools.bench.work import Settings, Work

__all__ = ["bench_linear", "bench_network", "bench_stage", "bench_train"]


def bench_stage(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Index network, IP and IU of one stage, for every operator, number of channels and size."""
    check_names("operator", options.operators, INDEX_NETWORKS)
    groups = stage_groups(
        options.operators,
        options.channels,
        parse_sizes(options.size, multiple=2),
        options.batch,
        options.passes,
        "skip" if options.skip else "no skip",
        _variants(options),
    )
    return _as_json(_measured(list(groups), options))


def bench_network(options: argparse.Namespace) -> list[dict[str, Any]]:
    """A network at inference, on images of some sizes."""
    return _as_json(_measured(_network_groups(options), options))


def bench_train(options: argparse.Namespace) -> list[dict[str, Any]]:
    """A training step of some applications."""
    check_names("application", options.applications, APPLICATIONS)
    if len(options.applications) > 1 and options.operator is not None:
        raise UserError("--operator needs exactly one application; by default each has its own operator")
    groups = []
    for name in options.applications:
        application = APPLICATIONS[name]
        operator = options.operator or application.operator
        size, samples = options.size or application.size, options.batch or application.samples
        if samples < 2:
            raise UserError(f"batch norm needs at least two samples, got --batch {samples}")
        groups.append(
            [
                TrainWork(who, operator, name, samples, size, options.width, variant=how)
                for who, how in compared(options.candidates, options.varied, _variants(options))
            ]
        )
    return _as_json(_measured(groups, options))


def bench_linear(options: argparse.Namespace) -> list[dict[str, Any]]:
    """The matting network on small to large images: is cost linear in the number of pixels?"""
    sizes = parse_sizes(options.size)
    if len(set(sizes)) < 2:
        raise UserError(f"a slope needs at least two sizes, got --size {' '.join(options.size)}")
    if options.plot is not None:
        require_matplotlib()
    groups = _measured(_network_groups(options), options)
    panels: dict[str, dict[str, Curve]] = {}
    print()
    for label, figure in (("seconds", "seconds"), ("bytes", "added")):
        for column in zip(*groups, strict=True):
            curve = curve_of(sizes, [getattr(row, figure) for row in column])
            if curve:
                name = f"{column[0].candidate} {column[0].variant}"
                panels.setdefault(label, {})[name] = curve
                print(f"{label} of {name} grow as pixels^{slope(curve):.3f}")
    if options.plot is not None:
        title = f"{options.network} {options.operator}, {describe_machine(options.device)}"
        plot_curves(options.plot, panels, title)
    return _as_json(groups)


def _network_groups(options: argparse.Namespace) -> list[list[NetworkWork]]:
    return [
        [
            NetworkWork(who, options.operator, size, options.width, options.network, variant=how)
            for who, how in compared(options.candidates, options.varied, _variants(options))
        ]
        for size in parse_sizes(options.size)
    ]


def _measured(groups: Sequence[Sequence[Work]], options: argparse.Namespace) -> list[list[Row]]:
    """Measure, and print the lines of each group when it is done."""
    announce(options.device)
    each = sum(options.rounds if measure == "time" else 1 for measure in set(options.measure))
    settings = Settings(options.device, options.threads)
    found: list[list[Row]] = []
    with progress_bar(each * sum(map(len, groups)), "measuring", unit="turn") as bar:
        for group in groups:
            rows = measure_group(
                group, options.measure, settings, rounds=options.rounds, least=options.seconds, bar=bar
            )
            bar.clear()
            print(*([] if found else [header(rows[0].case)]), *cells(rows), sep="\n", flush=True)
            found.append(rows)
    print(f"\n{LEGEND}")
    for row in (row for rows in found for row in rows):
        if row.profile is not None:
            name = ", ".join([*row.case.values(), row.candidate, row.variant])
            print(f"- {name}: {format_shares(row.profile)}")
    return found


def _as_json(groups: Iterable[Sequence[Row]]) -> list[dict[str, Any]]:
    return [row for group in groups for row in as_json(group)]


def _variants(options: argparse.Namespace) -> list[Variant]:
    """Every combination of the options."""
    activations = getattr(options, "activations", ["kept"])  # only training has this option
    choices = product(options.precision, options.layout, options.execution, activations)
    return [Variant(*choice) for choice in choices]
