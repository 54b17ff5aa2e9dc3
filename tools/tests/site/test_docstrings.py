"""Docstrings as the documentation shows them."""

from pathlib import Path

import griffe

from tools.site.docstrings import Docstrings, fence_doctests, split_groups


def test_a_doctest_ends_at_an_empty_line() -> None:
    text = "Do.\n\n>>> for i in x:\n...     f(i)\n1\n\nMore.\n\n    >>> g()\n    2"
    assert fence_doctests(text) == (
        "Do.\n\n```pycon\n>>> for i in x:\n...     f(i)\n1\n```\n\n"
        "More.\n\n    ```pycon\n    >>> g()\n    2\n    ```"
    )


def test_several_arguments_with_one_description() -> None:
    text = "Args:\n    a: one.\n    b, c: two,\n        and more.\n    d: three."
    assert split_groups(text) == (
        "Args:\n    a: one.\n    b: two,\n        and more.\n    c: two,\n        and more.\n    d: three."
    )


def test_names_that_the_module_knows_become_links(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text(
        "from other import made\n"
        'def f(x):\n    """Like `g`, `made` and `sample.C.m`, not ``g`` or `x`."""\n'
        'def g(): ...\nclass C:\n    """See `m`."""\n    def m(self): ...\n'
    )
    sample = griffe.load(
        "sample", search_paths=[tmp_path], extensions=griffe.Extensions(Docstrings()), allow_inspection=False
    )

    def link(target: str, name: str) -> str:
        return f'<autoref identifier="{target}" optional><code>{name}</code></autoref>'

    assert sample["f"].docstring.value == (
        f"Like {link('sample.g', 'g')}, {link('other.made', 'made')} and "
        f"{link('sample.C.m', 'sample.C.m')}, not ``g`` or `x`."
    )
    assert sample["C"].docstring.value == f"See {link('sample.C.m', 'm')}."
