"""All printed parameter increases, and the state dicts that saved weights rely on."""

import json
from pathlib import Path

import pytest
import torch

from indexnet_core import ResamplingStages, create_index_network
from indexnet_core.analysis.complexity import count_parameters
from indexnet_core.operators.names import INDEX_NETWORKS, IndexSpec

PRINTED = json.loads(Path(__file__).with_name("printed_increases.json").read_text(encoding="utf-8"))["tables"]


def as_printed(count: int, like: str) -> str:
    """A count in the unit and with the decimals of a printed figure: (1296384, "1.30M") -> "1.30M"."""
    unit = like[-1] if like[-1] in "KM" else ""
    if not unit:
        return str(count)
    decimals = len(like[:-1].partition(".")[2])
    return f"{count / {'K': 1e3, 'M': 1e6}[unit]:.{decimals}f}{unit}"


@pytest.mark.parametrize("name", INDEX_NETWORKS)
@pytest.mark.parametrize("table", PRINTED)
def test_increase_over_the_baseline_is_the_printed_one(table: str, name: str) -> None:
    printed = PRINTED[table]["increases"][name]
    with torch.device("meta"):
        stages = ResamplingStages(name, PRINTED[table]["stage_channels"])
    assert as_printed(count_parameters(stages), printed) == printed


def test_sixty_increases_are_printed() -> None:
    assert len(PRINTED) == 4
    assert all(sorted(rows["increases"]) == sorted(INDEX_NETWORKS) for rows in PRINTED.values())


NORM = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]
KEYS = {
    "": ["block.conv.weight"],
    "-nl": ["block.conv.weight", *(f"block.norm.{name}" for name in NORM), "block.project.weight"],
}
KEYS["-nl-c"] = KEYS["-nl"]

SHAPES = {
    # of conv and project, for C = 8 and the paper's expansion of 2
    "hin": ((4, 8, 2, 2), None),
    "hin-nl": ((16, 8, 2, 2), (4, 16, 1, 1)),
    "hin-nl-c": ((16, 8, 4, 4), (4, 16, 1, 1)),
    "o2o-modelwise": ((4, 1, 2, 2), None),
    "o2o-modelwise-nl": ((8, 1, 2, 2), (4, 2, 1, 1)),
    "o2o-modelwise-nl-c": ((8, 1, 4, 4), (4, 2, 1, 1)),
    "o2o-shared": ((4, 1, 2, 2), None),
    "o2o-shared-nl": ((8, 1, 2, 2), (4, 2, 1, 1)),
    "o2o-shared-nl-c": ((8, 1, 4, 4), (4, 2, 1, 1)),
    "o2o-unshared": ((32, 1, 2, 2), None),
    "o2o-unshared-nl": ((64, 1, 2, 2), (32, 2, 1, 1)),
    "o2o-unshared-nl-c": ((64, 1, 4, 4), (32, 2, 1, 1)),
    "m2o": ((32, 8, 2, 2), None),
    "m2o-nl": ((64, 8, 2, 2), (32, 16, 1, 1)),
    "m2o-nl-c": ((64, 8, 4, 4), (32, 16, 1, 1)),
}


@pytest.mark.parametrize("name", INDEX_NETWORKS)
def test_state_dict_is_frozen(name: str) -> None:
    """Keys and shapes are API: saved weights must load."""
    state = create_index_network(name, 8).state_dict()
    variant = name[name.find("-nl") :] if "-nl" in name else ""
    assert list(state) == KEYS[variant]
    conv, project = SHAPES[name]
    assert tuple(state["block.conv.weight"].shape) == conv
    if project:
        assert tuple(state["block.project.weight"].shape) == project
        assert state["block.norm.weight"].shape == conv[:1]


def test_a_specification_replaces_its_name() -> None:
    network = create_index_network(IndexSpec("m2o", nonlinear=True), 8)
    assert network.state_dict().keys() == create_index_network("m2o-nl", 8).state_dict().keys()
