"""The helper that follows a page: new files, edits, and errors."""

from pathlib import Path

import pytest

from tests.follow_docs import blocks_of, edit, follow, run_python

PAGE = """
A page. The first block is a new file, the second an edit, the third runs afterwards.

```python
# src/new.py
WORD = "new"
```

```diff
# src/old.py
 from a import b
+from new import WORD
...
     "first": 1,
-    "second": 2,
+    WORD: 3,
```

```py
print(1 + 1)
```

```sh
rm -rf everything
```
"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "old.py").write_text(
        'from a import b\nTABLE = {\n    "first": 1,\n    "second": 2,\n}\n'
    )
    (tmp_path / "page.md").write_text(PAGE)
    return tmp_path / "page.md"


def test_blocks(page: Path) -> None:
    assert [(block.language, block.path) for block in blocks_of(page)] == [
        ("python", "src/new.py"),
        ("diff", "src/old.py"),
        ("py", None),
        ("sh", None),
    ]


def test_a_page_is_followed(page: Path, tmp_path: Path) -> None:
    assert follow(page, tmp_path) == "print(1 + 1)\n"
    assert (tmp_path / "src" / "new.py").read_text() == '# src/new.py\nWORD = "new"\n'
    assert (tmp_path / "src" / "old.py").read_text() == (
        'from a import b\nfrom new import WORD\nTABLE = {\n    "first": 1,\n    WORD: 3,\n}\n'
    )
    with pytest.raises(AssertionError, match=r"page\.md writes src/new\.py, which exists"):
        follow(page, tmp_path)


@pytest.mark.parametrize(
    ("diff", "reason"), [(" a\n", "occur 2 times"), (" c\n+d\n", "occur 0 times"), ("a\n", "no sign")]
)
def test_an_edit_that_has_no_single_place_is_refused(tmp_path: Path, diff: str, reason: str) -> None:
    file = tmp_path / "file.py"
    file.write_text("a\nb\na\n")
    with pytest.raises(AssertionError, match=reason):
        edit(file, diff)


def test_code_runs_against_the_copy(tmp_path: Path) -> None:
    source = tmp_path / "packages" / "some" / "src"
    source.mkdir(parents=True)
    (source / "only_in_the_copy.py").write_text("HERE = __file__")
    assert (
        run_python(tmp_path, "import only_in_the_copy as o; print(o.HERE)").strip().startswith(str(tmp_path))
    )
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        run_python(tmp_path, "1 / 0")
