"""Folders whose files belong together by name."""

import os
from collections.abc import Iterable
from pathlib import Path

from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import list_images

__all__ = ["cache_folder", "images_by_name", "refuse_overwriting", "require_partners"]

_NAMED = 4


def cache_folder(application: str, given: str | Path | None = None) -> Path:
    """Give the folder for what can be made again: ``given``, or one of the application's own.

    That is ``$INDEXNET_CACHE/<application>``, or ``~/.cache/indexnet/<application>`` without the variable.
    """
    if given is not None:
        return Path(given)
    return Path(os.environ.get("INDEXNET_CACHE") or Path.home() / ".cache" / "indexnet") / application


def images_by_name(path: str | Path) -> dict[str, Path]:
    """List the images of a folder (any mixture of formats), or one image file, by name.

    Returns:
        Name (file name without suffix) -> path, sorted by name.

    Raises:
        UserError: nothing there, no images, or two files that differ in their suffix alone.
    """
    paths: dict[str, Path] = {}
    for file in list_images(path):
        twin = paths.setdefault(file.stem, file)
        if twin != file:
            raise UserError(f"{file} and {twin.name} would share the name {file.stem!r}; rename one of them")
    return paths


def require_partners(names: Iterable[str], where: str | Path, what: str, partners: Iterable[str]) -> None:
    """Refuse names that have no partner.

    Args:
        names: those that need a partner.
        where: where the partners were looked for; begins the message.
        what: what a partner is, in words: "clean image".
        partners: the names that are there.

    Raises:
        UserError: a partner is missing; the first few are named.

    >>> require_partners(["a", "b"], "clean", "clean image", ["a"])
    Traceback (most recent call last):
    indexnet_engine.errors.UserError: clean: no clean image for b
    """
    there = set(partners)
    if missing := sorted(name for name in names if name not in there):
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        raise UserError(f"{where}: no {what} for {', '.join(missing[:_NAMED])}{more}")


def refuse_overwriting(results: Iterable[Path], inputs: Iterable[Path]) -> None:
    """Refuse results that would replace what they are made from, also by way of a link.

    Raises:
        UserError: names the first.
    """
    taken = {path.resolve() for path in inputs}
    for result in results:
        if result.resolve() in taken:
            raise UserError(f"{result} is an input and would be overwritten; choose another --out")
