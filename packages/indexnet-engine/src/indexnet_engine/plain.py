"""Plain values: what YAML and JSON can hold."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def plain(value: Any) -> Any:
    """Turn dataclasses into dictionaries, tuples into lists and paths into texts, however deep.

    >>> plain({"scales": (1.0, 0.9), "train": Path("photos")})
    {'scales': [1.0, 0.9], 'train': 'photos'}
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value
