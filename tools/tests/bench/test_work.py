"""Every candidate of a part can be built; the literal form and ours give equal results."""

from dataclasses import replace
from typing import get_args

import pytest
import torch
from torch import Tensor

from tools.bench.network import NetworkWork, compared
from tools.bench.stage import Passes, StageWork, stage_groups
from tools.bench.training import APPLICATIONS, TrainWork
from tools.bench.variants import PLAIN, Layout, Precision, Variant
from tools.bench.work import FORMS

VARIANTS = [Variant(precision, layout) for precision in get_args(Precision) for layout in get_args(Layout)]


@pytest.mark.parametrize("passes", get_args(Passes))
def test_stage(passes: Passes) -> None:
    work = StageWork("ours", "m2o-nl-c", 4, (8, 16), 2, passes, "skip")
    ours = work.build("cpu")()
    literal = replace(work, candidate="literal").build("cpu")()
    assert [part.shape for part in ours][:3] == (  # type: ignore[attr-defined]
        [(2, 4, 4, 8), (2, 4, 8, 16), (2, 4, 8, 16)]
        if passes == "forward"
        else [(2, 4, 8, 16), (2, 4, 4, 8), (32, 4, 4, 4)]
    )
    torch.testing.assert_close(ours[:2], literal[:2], rtol=1e-4, atol=1e-5)  # type: ignore[index]
    assert len(replace(work, candidate="max").build("cpu")()) == (3 if passes == "forward" else 2)  # type: ignore[arg-type]


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
def test_stage_variants(variant: Variant) -> None:
    for candidate in FORMS:
        work = StageWork(candidate, "o2o-shared-nl", 4, (8, 8), 1, "forward+backward", variant=variant)
        gradient = work.build("cpu")()[0]  # type: ignore[index]
        halves = {"bf16": torch.bfloat16, "fp16": torch.float16}
        assert gradient.dtype == halves.get(variant.precision, torch.float32)
        assert gradient.isfinite().all()


def test_stage_groups_hold_what_is_compared() -> None:
    groups = list(
        stage_groups(["hin", "m2o"], [4, 8], [(8, 8)], 1, ["forward"], "no skip", [PLAIN, Variant("bf16")])
    )
    assert len(groups) == 8
    for group in groups:
        assert [work.candidate for work in group] == ["literal", "max", "ours"]
        assert len({(*work.case.values(), work.variant) for work in group}) == 1


def test_network() -> None:
    work = NetworkWork("ours", "hin-nl-c", (40, 50), 0.1)
    alpha = work.build("cpu")()
    assert isinstance(alpha, Tensor)
    assert alpha.shape == (1, 1, 40, 50)
    torch.testing.assert_close(replace(work, candidate="literal").build("cpu")(), alpha, rtol=1e-4, atol=1e-5)
    assert replace(work, candidate="max").build("cpu")().shape == alpha.shape  # type: ignore[attr-defined]
    for variant in VARIANTS:
        assert replace(work, variant=variant).build("cpu")().isfinite().all()  # type: ignore[attr-defined]


def test_only_varied_candidates_run_in_all_variants() -> None:
    found = compared(["literal", "max", "ours"], ["ours", "max"], VARIANTS[:2])
    assert [who for who, _ in found] == ["literal", "max", "max", "ours", "ours"]
    assert found[0][1] == PLAIN


@pytest.mark.parametrize("name", APPLICATIONS)
def test_training_step(name: str) -> None:
    """The first two losses of the literal form are ours; steps in other variants are steps, too."""
    work = TrainWork("ours", APPLICATIONS[name].operator, name, 2, 32, 0.05)
    ours, literal = work.build("cpu"), replace(work, candidate="literal").build("cpu")
    torch.manual_seed(0)  # dropout
    first = ours()
    torch.manual_seed(0)
    torch.testing.assert_close(literal(), first, rtol=1e-4, atol=1e-5)
    assert not torch.equal(ours(), first)  # type: ignore[call-overload]
    assert replace(work, candidate="max").build("cpu")().isfinite()  # type: ignore[attr-defined]
    mixed = replace(work, variant=Variant("bf16-mixed", "channels-last", activations="checkpointed"))
    assert mixed.build("cpu")().isfinite()  # type: ignore[attr-defined]
