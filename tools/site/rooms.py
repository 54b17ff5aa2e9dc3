"""Print the rooms of all packages and the imports between them, and check that no arrow runs upwards.

    python -m tools.site.rooms                          # a line for each room
    python -m tools.site.rooms --mermaid                # the same as Mermaid diagrams
    python -m tools.site.rooms --draw docs/rooms.png    # the picture in docs/architecture.md

A room is a folder or a module directly in a package: ``indexnet_core/networks`` for example.
Imports are read from the source. The exit status is 2 if rooms import each other in a cycle, or if a room
imports one that is above it in `ORDER`.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TypeAlias

from indexnet_engine.errors import UserError
from tools.command import new_parser, run

__all__ = ["ORDER", "Imports", "layers", "main", "problems", "read_imports"]

ROOT = Path(__file__).resolve().parents[2]

CORE = (
    *("errors", "registry", "modes", "hooks", "initialization", "functional", "fused"),
    *("networks", "resampling", "operators", "analysis", "retrofitting", "deploy"),
)
ENGINE = (
    *("errors", "processes", "files", "randomness", "progress", "tf32", "weights", "images", "reports"),
    *("cli", "runs", "models", "inference", "training", "application", "commands"),
)
APPLICATION = (
    *("data", "models", "losses", "metrics", "config", "predictor", "output", "evaluation"),
    *("training", "commands", "cli"),
)
ORDER = {
    "indexnet_core": CORE,
    "indexnet_engine": ENGINE,
    **{package.parent.name: APPLICATION for package in sorted(ROOT.glob("apps/*/src/*/__init__.py"))},
}
"""Package -> its rooms, from the bottom to the top. A room may import the rooms before it. A room that is
not in the list may be at any level, but not in a cycle."""

Imports: TypeAlias = dict[str, dict[str, str]]
"""Room -> imported room of the same package -> a file and line of such an import."""


def main() -> None:
    """Print the rooms, or draw them.

    Raises:
        UserError: an import runs upwards or in a cycle.
    """
    parser = new_parser("tools.site.rooms", __doc__)
    parser.add_argument("--mermaid", action="store_true", help="print Mermaid diagrams")
    parser.add_argument("--draw", type=Path, metavar="FILE", help="draw the rooms in their layers")
    options = parser.parse_args()
    packages = {package: read_imports(_source(package)) for package in ORDER}
    found = [problem for name, imports in packages.items() for problem in problems(imports, ORDER[name])]
    if found:
        raise UserError("; ".join(found))
    print("\n\n".join((_mermaid if options.mermaid else _text)(*entry) for entry in packages.items()))
    if options.draw is not None:
        _draw(options.draw, packages)


def read_imports(source: Path) -> Imports:
    """Read the imports between the rooms of a package.

    Args:
        source: the package's folder. Its ``__init__.py``, which collects public names, is not a room.
    """
    rooms = {
        path.stem for path in source.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    rooms -= {"__init__", "__main__"}
    found: Imports = {room: {} for room in sorted(rooms)}
    for path in sorted(source.rglob("*.py")):
        room = path.relative_to(source).parts[0].removesuffix(".py")
        for line, module in _imported(path.read_text(encoding="utf-8")):
            package, _, rest = module.partition(".")
            other = rest.partition(".")[0]
            if room in rooms and package == source.name and other in rooms - {room}:
                found[room].setdefault(other, f"{path.relative_to(source.parent)}:{line}")
    return found


def problems(imports: Imports, order: Iterable[str]) -> Iterator[str]:
    """List the imports that run upwards or in a cycle, with file and line."""
    place = {room: number for number, room in enumerate(order)}
    for room, others in imports.items():
        for other, where in others.items():
            if room in place and other in place and place[room] < place[other]:
                yield f"{where}: {room} stands below {other}, and imports it"
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        yield f"{' -> '.join(reversed(error.args[1]))}: a circle"


def layers(imports: Imports) -> list[list[str]]:
    """Sort the rooms of a package into layers, from the bottom; a room imports only rooms of lower layers.

    >>> layers({"cli": {"data": "", "models": ""}, "data": {}, "models": {"data": ""}})
    [['data'], ['models'], ['cli']]
    """
    sorter = TopologicalSorter(imports)
    sorter.prepare()
    found = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        found.append(ready)
        sorter.done(*ready)
    return found


def _source(package: str) -> Path:
    return next(ROOT.glob(f"*/*/src/{package}"))


def _imported(source: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import, at any depth."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def _text(package: str, imports: Imports) -> str:
    width = max(map(len, imports))
    rooms = [room for layer in reversed(layers(imports)) for room in layer]
    lines = [f"  {room:{width}}  {', '.join(sorted(imports[room]))}".rstrip() for room in rooms]
    return "\n".join([package, *lines])


def _mermaid(package: str, imports: Imports) -> str:
    arrows = [f"    {room} --> {other}" for room, others in imports.items() for other in sorted(others)]
    return "\n".join(["```mermaid", "flowchart TD", f"    %% {package}", *arrows, "```"])


def _draw(path: Path, packages: Mapping[str, Imports]) -> None:
    """Draw the layers of an application, of the engine and of the core, one below another.

    The four applications are drawn as one: a room imports what it imports in any of them.
    """
    import matplotlib.pyplot as plt

    application: Imports = {}
    for package, imports in packages.items():
        for room, others in imports.items() if ORDER[package] is APPLICATION else ():
            application.setdefault(room, {}).update(others)
    parts = {
        "denoising, matting, segmentation, depth": layers(application),
        "indexnet_engine": layers(packages["indexnet_engine"]),
        "indexnet_core": layers(packages["indexnet_core"]),
    }
    figure, axes = plt.subplots(figsize=(8, 9.5))
    top = 0.0
    box = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": "#567"}
    for title, rows in parts.items():
        axes.add_patch(plt.Rectangle((0, top), 6.2, len(rows) + 0.9, facecolor="#eef2f7", edgecolor="#789"))
        axes.text(0.1, top + 0.45, title, fontweight="bold", va="center")
        for number, layer in enumerate(reversed(rows)):
            for column, room in enumerate(layer):
                axes.text(0.75 + 1.17 * column, top + 1.2 + number, room, ha="center", va="center", bbox=box)
        top += len(rows) + 1.9
        axes.annotate("", (3.1, top), (3.1, top - 1), arrowprops={"arrowstyle": "->", "linewidth": 2})
    axes.text(3.1, top + 0.4, "torch", ha="center", va="center", fontweight="bold")
    axes.set(xlim=(-0.05, 6.25), ylim=(top + 0.8, -0.1))
    axes.axis("off")
    figure.savefig(path, dpi=100, bbox_inches="tight", metadata={"Software": None})


if __name__ == "__main__":
    run(main)
