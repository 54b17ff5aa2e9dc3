import json
from pathlib import Path

from tools.gpu.report import Report


def test_both_files_grow_with_every_table(tmp_path: Path) -> None:
    report = Report(tmp_path)
    report.set_title("a GPU")
    report.add("kernels", "| a |", [{"seconds": 1.0}])
    Report(tmp_path).add("kernels", "(3 s)")  # another process
    Report(tmp_path).add("tests", "1 passed")
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == (
        "# GPU report\n\na GPU\n\n## kernels\n\n| a |\n\n(3 s)\n\n## tests\n\n1 passed\n"
    )
    content = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert content["parts"]["kernels"]["rows"] == [{"seconds": 1.0}]
