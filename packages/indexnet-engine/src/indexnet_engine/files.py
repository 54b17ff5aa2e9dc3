"""Files that are replaced as a whole, and values that YAML and JSON can hold."""

import dataclasses
import glob
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from indexnet_engine.errors import UserError

_MARK = "tmp-"


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path`` that replaces it when the block succeeds.

    The temporary file has the same suffix (many writers choose the format by it) and a name that starts
    with a dot. If the block raises, the temporary file is removed and ``path`` stays as it was. If ``path``
    is a symbolic link, the file that it points to is replaced.

    Raises:
        UserError: ``path`` is not a regular file (a device, for example).

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with atomic_path(Path(folder) / "a.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     [file.name for file in Path(folder).iterdir()]
    ['a.txt']
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        raise UserError(f"{path}: cannot be written (it is not a regular file)")
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}.{_MARK}", suffix=target.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _flush_to_disk(temporary)
        temporary.chmod(_usual_mode())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _flush_to_disk(target.parent)  # so that the rename survives a power cut, too


@contextmanager
def one_at_a_time(path: str | Path) -> Iterator[None]:
    """Let one process create ``path`` while other processes that need it wait.

    The block should first check whether another process has created the file meanwhile. Temporary files of
    killed processes are removed. The lock is a hidden file beside ``path`` and is not removed.

    Raises:
        UserError: the folder cannot be created or written.
    """
    path = Path(path)
    make_folder(path.parent)
    with naming_write_errors(path):
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        lock.acquire()
    try:
        remove_leftovers(path.parent, glob.escape(path.stem))
        yield
    finally:
        lock.release()


@contextmanager
def naming_write_errors(path: str | Path, *kinds: type[Exception]) -> Iterator[None]:
    """Turn write errors inside the block, such as a full disk, into an error that names the file.

    Args:
        path: The file that is being written.
        kinds: Errors other than OSError that a library raises when it cannot write.

    Raises:
        UserError: The block raised an OSError or one of ``kinds``.
    """
    expected: tuple[type[Exception], ...] = (OSError, *kinds)
    try:
        yield
    except expected as error:
        # The text of an OSError would name the temporary file.
        reason = getattr(error, "strerror", None) or " ".join(str(error).split())
        raise UserError(f"{path}: cannot be written ({reason})") from error


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` as UTF-8, atomically; missing parent folders are created.

    Raises:
        UserError: ``path`` cannot be written.
    """
    make_folder(Path(path).parent)
    with naming_write_errors(path), atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: str | Path, value: object) -> None:
    """Write ``value`` as indented JSON with a final newline, atomically."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def to_plain(value: Any) -> Any:
    """Turn dataclasses into dictionaries, tuples into lists and paths into strings, at every depth.

    >>> to_plain({"scales": (1.0, 0.9), "train": Path("photos")})
    {'scales': [1.0, 0.9], 'train': 'photos'}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def make_folder(path: str | Path) -> None:
    """Create a folder and its parents if they are missing.

    Raises:
        UserError: It cannot be created, or a file has its name.
    """
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path}: cannot create this folder ({error.strerror})") from error


def remove_leftovers(folder: str | Path, stem: str = "*") -> None:
    """Remove the temporary files of killed processes from ``folder``: all, or those of one file."""
    for leftover in Path(folder).glob(f".{stem}.{_MARK}*"):
        leftover.unlink(missing_ok=True)


def _usual_mode() -> int:
    """Return the mode of an ordinary new file; a temporary file is readable by its owner only."""
    mask = os.umask(0o022)
    os.umask(mask)
    return 0o666 & ~mask


def _flush_to_disk(path: Path) -> None:
    try:
        # Windows cannot flush a file that is open for reading only.
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except PermissionError:  # Windows cannot open a folder, so the rename cannot be flushed there
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
