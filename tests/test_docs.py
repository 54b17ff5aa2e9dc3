"""The Python examples of the documentation run, page by page, and links have targets."""

import importlib.util
import json
import re
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
PYTHON = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
NEEDS = {"retrofit.md": ("segmentation_models_pytorch",)}
"""Third-party packages that a page's examples need."""
FENCED = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def name(path: Path) -> str:
    return str(path.relative_to(DOCS))


@pytest.mark.parametrize("page", [page for page in PAGES if PYTHON.search(page.read_text("utf-8"))], ids=name)
def test_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in NEEDS.get(name(page), ()):
        pytest.importorskip(package)
    monkeypatch.chdir(tmp_path)
    # A file, since command lines look up the source of their dataclasses; with the page's line numbers.
    text = page.read_text("utf-8")
    module = tmp_path / "page.py"
    kept = {line for block in PYTHON.finditer(text) for line in _lines(text, *block.span(1))}
    module.write_text(
        "\n".join(line if n in kept else "" for n, line in enumerate(text.split("\n"))), "utf-8"
    )
    spec = importlib.util.spec_from_file_location("page", module)
    assert spec is not None
    assert spec.loader is not None
    monkeypatch.setitem(sys.modules, "page", importlib.util.module_from_spec(spec))
    spec.loader.exec_module(sys.modules["page"])


def _lines(text: str, start: int, end: int) -> range:
    return range(text.count("\n", 0, start), text.count("\n", 0, end))


def test_the_printed_report_is_that_of_a_retrofit(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("segmentation_models_pytorch")
    text = (DOCS / "retrofit.md").read_text("utf-8")
    shown = re.search(r"^```text\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    example = PYTHON.search(text)
    assert shown is not None
    assert example is not None
    exec(compile(example[1], "retrofit.md", "exec"), {"__name__": "page"})
    assert capsys.readouterr().out == shown[1]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)[)#]", FENCED.sub("", page.read_text("utf-8")))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_papers_figures_are_the_papers() -> None:
    """Each figure in the two tables of choosing.md occurs in the transcript of the paper's tables."""
    paper = json.loads((DOCS.parent / "tools" / "paper" / "paper_tables.json").read_text("utf-8"))
    endings = {"linear": "", "nonlinear": "-nl", "nonlinear+context": "-nl-c"}
    fixed = {
        "max": [
            ("table3_matting", "B11"),
            ("table5_denoising", "DnCNN-SegNet"),
            ("table6_segmentation", "SegNet"),
        ],
        "hmi": [("table3_matting", "HMI")],
        "max+nearest": [("table7_depth", "FastDepth-P-NNConv5")],
        "stride+nearest": [("table7_depth", "FastDepth-NNConv5")],
    }
    rows: dict[str, list[dict]] = {
        operator: [
            row
            for table, wanted in places
            for row in paper[table]["baselines"]
            if wanted in (row.get("no"), row.get("name"))
        ]
        for operator, places in fixed.items()
    }
    for table in ("table3_matting", "table5_denoising", "table6_segmentation", "table7_depth"):
        for row in paper[table]["rows"]:
            rows.setdefault(row["family"] + endings[row["variant"]], []).append(row)

    def results(row: dict) -> list[str]:
        kinds = {"sad": ".1f", "grad": ".1f", "miou": ".2f", "rmse": ".3f", "delta1": ".3f"}
        noise = [f"{row[key]['psnr']:.2f}" for key in ("bsd68_25", "bsd68_50") if key in row]
        return noise + [format(row[key], kind) for key, kind in kinds.items() if key in row]

    def costs(row: dict) -> list[str]:
        added = row.get("delta_params")
        return [f"+{added}" if added else row["params"], f"{row['gflops']:.2f}"]

    lines = re.findall(
        r"^\| `([\w+-]+)` \|((?:[^|\n]*\|){7,8})$", (DOCS / "choosing.md").read_text("utf-8"), re.M
    )
    printed = [
        (operator, [cell.strip() for cell in cells.split("|") if cell.strip()]) for operator, cells in lines
    ]
    half = len(rows)
    assert [operator for operator, _ in printed] == [operator for operator, _ in printed[:half]] * 2
    assert {operator for operator, _ in printed} == rows.keys()
    for figures, part in ((results, printed[:half]), (costs, printed[half:])):
        for operator, cells in part:
            assert cells == [figure for row in rows[operator] for figure in figures(row)], operator


def test_public_names_are_not_those_of_modules() -> None:
    """The API reference would take the module for the function and omit the function."""
    import indexnet_core

    public = [getattr(indexnet_core, name) for name in indexnet_core.__all__]
    homes = {thing.__name__: thing.__module__ for thing in public if hasattr(thing, "__module__")}
    assert [name for name, home in homes.items() if home.endswith(f".{name}")] == []
