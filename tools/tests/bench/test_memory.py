import importlib
import sys
from pathlib import Path

import pytest

from indexnet_engine.errors import UserError
from tools.bench.memory import peak_in_fresh_process
from tools.bench.stage import StageWork
from tools.bench.work import Settings


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux forgets the peak of a process")
def test_the_peak_counts_what_is_alive_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tensors live at the end of a run, and no more at the end of the second."""
    monkeypatch.syspath_prepend(Path(__file__).parent / "works")
    work = importlib.import_module("fill_work").Fill(50_000_000)  # by a name that the other process finds too
    peak = peak_in_fresh_process(work, Settings(threads=1))
    assert peak.added == pytest.approx(100_000_000, rel=0.1)
    assert peak.total > peak.added


def test_a_process_of_its_own_finds_the_same() -> None:
    work = StageWork("max", "m2o", 16, (512, 512), 1, "forward")
    peak = peak_in_fresh_process(work, Settings(threads=1))
    # Float32: pooled and unpooled features, and 8-byte indices.
    numbers = 16 * 512 * 512
    assert peak.added == pytest.approx(4 * (numbers + numbers // 4) + 8 * numbers // 4, rel=0.2)


def test_the_reason_of_a_failed_process_is_reported() -> None:
    work = StageWork("ours", "m2o", 16, (15, 16), 1, "forward")
    with pytest.raises(
        UserError, match=r"m2o, 1x16x15x16, .* could not be measured: .*divisible by 2, got 15x16"
    ):
        peak_in_fresh_process(work, Settings(threads=1))
