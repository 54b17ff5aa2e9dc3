"""The documentation's links work in the repository, and are turned into links between pages."""

import pytest

from tools.site import pages as site_pages
from tools.site.pages import linked_files, page_of, path_of, shown, site_links


@pytest.mark.parametrize("path", ["docs/choosing.md", "docs/reference/core.md", "apps/depth/README.md"])
def test_a_page_knows_its_file(path: str) -> None:
    assert path_of(page_of(path)) == path


def test_links_from_docs_to_the_repository_and_back() -> None:
    assert site_links("docs/index.md", "[a](../apps/depth/README.md#data)") == (
        "[a](repository/apps/depth/README.md#data)"
    )
    assert site_links("apps/depth/README.md", "![b](../../docs/demo.png)") == "![b](../../../demo.png)"
    assert site_links("docs/reference/core.md", "[c](../choosing.md)") == "[c](../choosing.md)"
    assert site_links("README.md", "[licence](LICENSE)") == "[licence](LICENSE.md)"


@pytest.mark.parametrize(
    "text",
    ["[a](https://example.org)", "[a](nowhere.md)", "[a](#here)", "```python\nx = f[a](README.md)\n```"],
)
def test_what_is_no_link_to_a_file_stays(text: str) -> None:
    assert site_links("README.md", text) == text
    assert linked_files("README.md", text) == set()


def test_nothing_outside_the_repository_is_shown() -> None:
    assert linked_files("README.md", f"[a](../{site_pages.ROOT.parent.name}/x) [b](/etc/hostname)") == set()


def test_linked_files_are_found() -> None:
    text = "[a](../examples/unet_with_index_networks.py) [b](choosing.md) ![c](demo.png) [d](../LICENSE)"
    assert linked_files("docs/index.md", text) == {"examples/unet_with_index_networks.py", "LICENSE"}


def test_another_text_is_shown_under_its_name() -> None:
    assert shown("apps/x.py", "a = 1\n") == "# x.py\n\n`apps/x.py`\n\n~~~~ python\na = 1\n~~~~\n"
    assert shown("apps/README.md", "# Title\n") == "# Title\n"
