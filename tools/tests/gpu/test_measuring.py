from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, Self

import pytest
import torch

from tools.bench.graph import record_graph
from tools.bench.variants import PLAIN, Variant
from tools.bench.work import Work
from tools.gpu.inference import InferenceWork
from tools.gpu.measuring import measure_works
from tools.gpu.report import Report


@dataclass(frozen=True)
class Sum(Work):
    """The sum of some numbers; it can fail while it is built, or when it is called again."""

    fails: str = ""

    @property
    def case(self) -> dict[str, str]:
        return {"what": "sum"}

    def small(self) -> Self:
        return self

    def build(self, device: str) -> Callable[[], object]:
        def fail() -> NoReturn:
            raise RuntimeError("no\nmemory")

        if self.fails == "build":
            fail()
        calls = []

        def call() -> object:
            calls.append(0)
            return fail() if self.fails == "call" and len(calls) > 1 else torch.ones(10).sum()

        return call


def test_a_failure_costs_one_row(tmp_path: Path) -> None:
    report = Report(tmp_path)
    works = [
        Sum("literal", "m2o"),
        Sum("ours", "m2o", fails="build"),
        Sum("max", "m2o", fails="call"),
        Sum("ours", "m2o", variant=Variant(execution="graph")),
    ]
    measure_works(works, "cpu", report, "sums", rounds=1, least=0.001)
    text = (tmp_path / "report.md").read_text(encoding="utf-8")
    assert "- ours 32 channels-first: failed, RuntimeError: no memory" in text
    assert "- max 32 channels-first: failed, RuntimeError: no memory" in text
    assert "- ours 32 channels-first graph: ready after" in text
    rows = report.rows("sums")
    assert [row["candidate"] for row in rows] == ["literal", "max", "ours"]
    assert [row["seconds"] is None for row in rows] == [False, True, False]
    assert rows[2]["speed_up"] == pytest.approx(rows[0]["seconds"] / rows[2]["seconds"])


@pytest.mark.parametrize("candidate", ["literal", "optimized"])
def test_inference_of_an_application(candidate: str) -> None:
    work = InferenceWork(candidate, "hin", "depth", (32, 64), 0.05)  # type: ignore[arg-type]
    assert work.case == {"network": "depth hin", "image": "64x32"}
    assert work.build("cpu")().shape == (1, 1, 32, 64)  # type: ignore[attr-defined]


def test_only_a_gpu_records_graphs() -> None:
    def call() -> None: ...

    assert Variant(execution="graph").recorded(call, "cpu") is call
    assert PLAIN.recorded(call, "cuda") is call


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_recorded_call_repeats_its_work() -> None:
    x = torch.zeros(3, device="cuda")
    repeat = record_graph(lambda: x.add_(1))
    before = x.clone()
    repeat()
    repeat()
    assert torch.equal(x, before + 2)
