"""Find folders, and match their files by name."""

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from indexnet_engine.errors import UserError, shortened
from indexnet_engine.images.image_file import list_images

__all__ = [
    "cache_folder",
    "files_by_name",
    "find_folder",
    "images_by_name",
    "list_all_images",
    "refuse_clashes",
    "refuse_overwriting",
    "require_folder",
    "require_partners",
]


def cache_folder(application: str, given: str | Path | None = None) -> Path:
    """Return the cache folder of an application: ``given``, or by default ``$INDEXNET_CACHE/<application>``.

    Without the variable the default is ``~/.cache/indexnet/<application>``.
    """
    if given is not None:
        return Path(given)
    return Path(os.environ.get("INDEXNET_CACHE") or Path.home() / ".cache" / "indexnet") / application


def find_folder(root: str | Path, names: Iterable[str]) -> Path | None:
    """Return the first of several subfolders that exists, or None."""
    return next((Path(root, name) for name in names if Path(root, name).is_dir()), None)


def require_folder(root: str | Path, names: Iterable[str], what: str) -> Path:
    """Return the first of several subfolders that exists.

    Args:
        root: the folder that holds them.
        names: names of the subfolders.
        what: their contents, for the message: "depth maps".

    Raises:
        UserError: none of them exists, or ``root`` does not.
    """
    found = find_folder(root, names)
    if found is None:
        if not Path(root).is_dir():
            raise UserError(f"{root}: no such folder")
        raise UserError(f"{root}: no folder of {what}; expected {' or '.join(f'{name}/' for name in names)}")
    return found


def images_by_name(path: str | Path) -> dict[str, Path]:
    """List the images of a folder (any mixture of formats), or one image file, by name.

    Returns:
        Name (file name without suffix) -> path, sorted by name.

    Raises:
        UserError: the path does not exist, holds no images, or two files differ in their suffix alone.
    """
    return _by_name(list_images(path))


def files_by_name(folder: Path, suffixes: frozenset[str]) -> dict[str, Path]:
    """List the files of a folder that have one of the suffixes, by name, without hidden files.

    Returns:
        Name (file name without suffix) -> path, sorted by name.

    Raises:
        UserError: the folder cannot be read, holds none, or two files differ in their suffix alone.
    """
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise UserError(f"{folder}: cannot be read ({error.strerror})") from error
    paths = _by_name(
        file
        for file in files
        if file.suffix.lower() in suffixes and not file.name.startswith(".") and file.is_file()
    )
    if not paths:
        raise UserError(f"{folder}: no files with one of the suffixes {', '.join(sorted(suffixes))}")
    return paths


def _by_name(files: Iterable[Path]) -> dict[str, Path]:
    paths: dict[str, Path] = {}
    for file in files:
        first = paths.setdefault(file.stem, file)
        if first != file:
            raise UserError(f"{file} and {first.name} would share the name {file.stem!r}; rename one of them")
    return paths


def list_all_images(paths: Collection[str | Path]) -> list[Path]:
    """List the images of files and folders, each once, in the order given.

    Raises:
        UserError: there are no paths, a path does not exist, or a folder has no images.
    """
    if not paths:
        raise UserError("missing --input: an image, or a folder of images")
    return list(dict.fromkeys(file for path in paths for file in list_images(path)))


def require_partners(names: Iterable[str], where: str | Path, what: str, partners: Iterable[str]) -> None:
    """Refuse names that have no partner.

    Args:
        names: the names that need a partner.
        where: the folder of the partners, with which the message starts.
        what: the kind of partner, in words: "clean image".
        partners: the existing names.

    Raises:
        UserError: a partner is missing; the first few are named.

    >>> require_partners(["a", "b"], "clean", "clean image", ["a"])
    Traceback (most recent call last):
    indexnet_engine.errors.UserError: clean: no clean image for b
    """
    there = set(partners)
    if missing := sorted(name for name in names if name not in there):
        raise UserError(f"{where}: no {what} for {shortened(missing)}")


def refuse_clashes(results: Mapping[Path, Iterable[Path]]) -> None:
    """Refuse results that would overwrite each other or an input.

    Args:
        results: the files that are written for each input.

    Raises:
        UserError: two results are the same file, or one is an input; the message names the first.
    """
    taken: dict[Path, Path] = {}
    for file, written in results.items():
        for result in written:
            first = taken.setdefault(result, file)
            if first is not file:
                raise UserError(f"{file} and {first} would both become {result}; rename one of them")
    refuse_overwriting(taken, results)


def refuse_overwriting(results: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse results that would replace their inputs, also through a link.

    Raises:
        UserError: a result is an input; the message names the first.
    """
    taken = {path.resolve() for path in inputs}
    for result in results:
        if result.resolve() in taken:
            raise UserError(f"{result} is an input and would be overwritten; choose another --out")
