"""A hook of mkdocs: the files of the repository that the documentation links to become pages of the site.

Links are relative to the repository, ``../apps/depth/README.md`` from ``docs/``, so that they work there and
on the site. A Markdown file becomes a page; any other text is shown as code on a page.
"""

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
DOCS, COPIES = "docs/", "repository/"
ENTRIES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "packages/*/README.md", "apps/*/README.md")
"""Pages that are always added."""

_LINK = re.compile(r"(?<=\]\()([^)\s#:]+)(?=[)#])")
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def on_files(files: "Files", config: "MkDocsConfig") -> "Files":
    """Add a page for each entry, and for each file that a page links to."""
    from mkdocs.structure.files import File

    waiting = [f"{DOCS}{file.src_uri}" for file in files.documentation_pages()]
    waiting += [path.relative_to(ROOT).as_posix() for entry in ENTRIES for path in sorted(ROOT.glob(entry))]
    seen = set(waiting)
    while waiting:
        path = waiting.pop()
        text = (ROOT / path).read_text(encoding="utf-8")
        if not path.startswith(DOCS):
            files.append(File.generated(config, page_of(path), content=shown(path, text)))
        if path.endswith(".md"):
            new = linked_files(path, text) - seen
            waiting += sorted(new)
            seen |= new
    return files


def on_page_markdown(markdown: str, page: "Page", config: "MkDocsConfig", files: "Files") -> str:
    """Convert links between files of the repository into links between pages."""
    return site_links(path_of(page.file.src_uri), markdown)


def page_of(path: str) -> str:
    """The path of a repository file on the site.

    >>> page_of("docs/choosing.md"), page_of("LICENSE"), page_of("apps/depth/README.md")
    ('choosing.md', 'repository/LICENSE.md', 'repository/apps/depth/README.md')
    """
    if path.startswith(DOCS):
        return path.removeprefix(DOCS)
    return f"{COPIES}{path}" if path.endswith(".md") else f"{COPIES}{path}.md"


def path_of(page: str) -> str:
    """The repository file of a page; the inverse of `page_of` for Markdown."""
    return page.removeprefix(COPIES) if page.startswith(COPIES) else f"{DOCS}{page}"


def shown(path: str, text: str) -> str:
    """The content of a file's page: Markdown unchanged, any other text as code below its name."""
    if path.endswith(".md"):
        return text
    kind = "python" if path.endswith(".py") else "text"
    return f"# {PurePosixPath(path).name}\n\n`{path}`\n\n~~~~ {kind}\n{text.rstrip()}\n~~~~\n"


def linked_files(path: str, text: str) -> set[str]:
    """The files outside docs/ to which a page links."""
    found = set()

    def note(target: str) -> str:
        if not target.startswith(DOCS):
            found.add(target)
        return ""

    _each_link(path, text, note)
    return found


def site_links(path: str, text: str) -> str:
    """A page's text, with links to other files of the repository converted into links between pages."""
    here = str(PurePosixPath(page_of(path)).parent)
    return _each_link(path, text, lambda target: relpath(page_of(target), here))


def _each_link(path: str, text: str, change: Callable[[str], str]) -> str:
    """Change every link outside fenced code that leads to a file of the repository."""
    folder = PurePosixPath(path).parent

    def changed(link: re.Match[str]) -> str:
        target = normpath(folder / link[1])
        leads_somewhere = not target.startswith(("..", "/")) and (ROOT / target).is_file()
        return change(target) if leads_somewhere else link[1]

    parts, end = [], 0
    for fence in _FENCED.finditer(text):
        parts += [_LINK.sub(changed, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, _LINK.sub(changed, text[end:])])
