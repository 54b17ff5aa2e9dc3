import errno
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.files import (
    atomic_path,
    make_folder,
    naming_write_errors,
    one_at_a_time,
    remove_leftovers,
    write_json,
    write_text,
)


def test_replaces_only_on_success(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")
    with atomic_path(path) as temporary:
        temporary.write_text("new")
        assert temporary.suffix == ".txt"
        assert temporary.parent == tmp_path
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_failure_keeps_the_old_file_and_leaves_no_other(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def fail() -> None:
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(os.name != "posix", reason="modes are a matter of POSIX")
def test_mode_is_that_of_an_ordinary_file(tmp_path: Path) -> None:
    (tmp_path / "ordinary").touch()
    write_text(tmp_path / "atomic", "x")
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("ordinary", "atomic")]
    assert modes[0] == modes[1]


def test_json_round_trip(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"σ": [15, 25.5], "none": None})
    assert json.loads((tmp_path / "a.json").read_text()) == {"σ": [15, 25.5], "none": None}


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_killed_while_writing(tmp_path: Path) -> None:
    path = tmp_path / "file.txt"
    write_text(path, "old")
    script = (
        "import os, signal, sys\n"
        "from indexnet_engine.files import atomic_path\n"
        "with atomic_path(sys.argv[1]) as temporary:\n"
        "    temporary.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 2
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == [path]


def test_folders_are_created(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b" / "c.txt", "x")
    assert (tmp_path / "a/b/c.txt").read_text() == "x"
    make_folder(tmp_path / "a" / "b")
    with pytest.raises(UserError, match=r"c\.txt: cannot create this folder"):
        make_folder(tmp_path / "a" / "b" / "c.txt")


def test_paths_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "folder" / "full").mkdir(parents=True)
    with pytest.raises(UserError, match=r"folder: cannot be written \("):
        write_text(tmp_path / "folder", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.skipif(os.name != "posix", reason="needs named pipes")
def test_devices_and_pipes_are_not_replaced(tmp_path: Path) -> None:
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(UserError, match=rf"{path.name}: .*is not a regular file"):
            write_text(path, "x")
    assert pipe.is_fifo()
    assert sorted(tmp_path.iterdir()) == [link, pipe]


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there" / "file")
    for text in ("made", "replaced"):
        write_text(tmp_path / "link", text)
        assert (tmp_path / "there" / "file").read_text() == text
    assert (tmp_path / "link").is_symlink()


def test_write_errors_name_the_file() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), ".a.tmp-1.txt")
    for error in (full, KeyError("other")):
        named = pytest.raises(UserError, match=r"^a\.txt: cannot be written \([^.]*\)$")
        with named, naming_write_errors("a.txt", KeyError):
            raise error
    with pytest.raises(ValueError, match="a bug"), naming_write_errors("a.txt", KeyError):
        raise ValueError("a bug")


MAKER = """
import sys, time
from pathlib import Path
from indexnet_engine.files import one_at_a_time, write_text
path = Path(sys.argv[1])
with one_at_a_time(path):
    if path.exists():
        print("found")
    else:
        time.sleep(0.3)
        write_text(path, "made")
        print("made")
"""


def test_one_process_creates_the_file_while_others_wait(tmp_path: Path) -> None:
    words = [sys.executable, "-c", MAKER, str(tmp_path / "new" / "file.txt")]
    processes = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [process.communicate()[0].strip() for process in processes]
    assert sorted(answers) == ["found", "found", "made"]


def test_the_lock_is_released_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(KeyError), one_at_a_time(tmp_path / "a.txt"):
            raise KeyError
    (tmp_path / "file").touch()
    with (
        pytest.raises(UserError, match="file: cannot create this folder"),
        one_at_a_time(tmp_path / "file" / "a"),
    ):
        pass
