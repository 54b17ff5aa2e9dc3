"""The report of a GPU: a Markdown page and the same figures as JSON, written anew after every table."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from indexnet_engine.files import write_json, write_text

__all__ = ["Report"]


class Report:
    """Both files in a folder. A process that opens the report continues it.

    Args:
        folder: holds ``report.md`` and ``report.json``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / "report.json"
        if self._file.exists():
            self._content: dict[str, Any] = json.loads(self._file.read_text(encoding="utf-8"))
        else:
            self._content = {"title": "", "parts": {}}

    def set_title(self, title: str) -> None:
        """Name the machine and the command."""
        self._content["title"] = title
        self._write()

    def add(self, part: str, text: str, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        """Append a table or a paragraph, and the figures in it."""
        entry = self._content["parts"].setdefault(part, {"text": [], "rows": []})
        entry["text"].append(text)
        entry["rows"] += rows
        self._write()

    def rows(self, part: str) -> list[dict[str, Any]]:
        """Return the figures of a part."""
        found: list[dict[str, Any]] = self._content["parts"].get(part, {"rows": []})["rows"]
        return found

    def _write(self) -> None:
        page = [f"# GPU report\n\n{self._content['title']}"]
        for part, entry in self._content["parts"].items():
            page.append(f"## {part}\n\n" + "\n\n".join(entry["text"]))
        write_json(self._file, self._content)
        write_text(self.folder / "report.md", "\n\n".join(page) + "\n")
