import json
from pathlib import Path

import pytest
import torch

from indexnet_engine.errors import UserError
from tools.gpu import cli, parts
from tools.gpu.cli import main, missing


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^no GPU run: PyTorch .* \(--dry-run runs on the CPU\)$"):
        main(["--out", str(tmp_path / "report")])
    assert not (tmp_path / "report").exists()
    assert missing() is not None


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--minutes", "0"], "--minutes must be positive, got 0"),
        (["--parts", "music"], "invalid choice: 'music'"),
    ],
)
def test_wrong_options(words: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        main(["--dry-run", *words])


def test_files_with_gpu_tests_are_listed() -> None:
    """The report runs every test marked gpu."""
    marked = {
        str(path.relative_to(parts.ROOT))
        for folder in ("packages", "apps", "tools", "tests")
        for path in (parts.ROOT / folder).rglob("test_*.py")
        if "@pytest.mark.gpu\n" in path.read_text(encoding="utf-8")
    }
    assert {*parts.FULL.tests} == marked


def test_kernels(tmp_path: Path) -> None:
    parts.main(["kernels", str(tmp_path), "--dry-run"])
    content = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    rows = content["parts"]["kernels"]["rows"]
    assert rows[0]["copy_bandwidth"] > 0
    assert len(rows) == 1 + 4 * 6 + 2 * 6


def test_a_part_that_fails_and_one_that_takes_too_long(tmp_path: Path) -> None:
    problem = cli._run_part("music", tmp_path, True, 300)
    assert problem is not None
    assert problem.startswith("failed with status 2: error: argument part: invalid choice: 'music'")
    assert (
        cli._run_part("kernels", tmp_path, True, 0.01) == "ended after its 0 s; the tables above are complete"
    )


def test_parts_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_run_part", lambda part, *_: "failed" if part == "stages" else None)
    with pytest.raises(UserError, match="parts that did not end well: stages"):
        main(["--dry-run", "--parts", "tests", "stages", "--out", str(tmp_path)])
    assert "tests: done (0 s)" in capsys.readouterr().out
    assert "## stages\n\nfailed (0 s)" in (tmp_path / "report.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_whole_path(tmp_path: Path) -> None:
    quick = [part for part in parts.PARTS if part != "compiled training"]  # which takes a minute
    main(["--dry-run", "--out", str(tmp_path), "--parts", *quick])
    content = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [*content["parts"]] == quick
    assert all(part["rows"] for part in content["parts"].values())
    for part in ("training", "inference"):
        networks = {row["network"].split()[0] for row in content["parts"][part]["rows"]}
        assert networks == {"matting", "denoising", "segmentation", "depth"}
        assert all(row["seconds"] for row in content["parts"][part]["rows"])
