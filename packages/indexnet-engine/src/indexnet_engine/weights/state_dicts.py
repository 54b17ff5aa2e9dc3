"""Read a state dict from a file of another program, with or without its usual wrappers."""

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from indexnet_engine.errors import UserError, shortened

__all__ = ["only_tensors", "read_state_dict"]


# Training scripts save metrics beside the weights; a mean by NumPy is pickled as one of these.
_NUMPY_SCALARS: list[Any] = [
    (np.float64(0).__reduce__()[0], "numpy.core.multiarray.scalar"),
    (np.float64(0).__reduce__()[0], "numpy._core.multiarray.scalar"),
    np.dtype,
    *(type(np.dtype(kind)) for kind in ("float32", "float64", "int32", "int64")),
]


def read_state_dict(path: str | Path) -> dict[str, Tensor]:
    """Read a file of ``torch.save`` or safetensors; nothing in the file is executed.

    The tensors may be in an entry ``state_dict``, and their names may start with ``module.``.

    Raises:
        UserError: the file is missing, damaged, or holds no named tensors.
    """
    path = Path(path)
    if path.is_dir():
        raise UserError(f"{path}: is a folder; expected a file of weights")
    if not path.is_file():
        raise UserError(f"{path}: no such file; expected weights saved by torch.save or safetensors")
    try:
        if path.suffix == ".safetensors":
            content: Any = load_file(path)
        else:
            with warnings.catch_warnings():  # of the protocol of old files, which can be read
                warnings.simplefilter("ignore", UserWarning)
                with torch.serialization.safe_globals(_NUMPY_SCALARS):
                    content = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, OSError, EOFError, RuntimeError, ValueError, KeyError) as error:
        reason = f" ({_line(error)})" if isinstance(error, SafetensorError | OSError | RuntimeError) else ""
        raise UserError(f"{path}: damaged, or not a file of weights{reason}") from error
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{path}: not a file of weights, or it holds objects other than tensors, "
            "which are not loaded for safety"
        ) from error
    return only_tensors(content, path)


def only_tensors(content: object, source: str | Path) -> dict[str, Tensor]:
    """Return the named tensors of a file's content, without ``module.`` before their names.

    Raises:
        UserError: there are no tensors, or not all entries are tensors.
    """
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not content:
        raise UserError(f"{source}: no state dict in it; expected tensors by name")
    if others := [str(name) for name, value in content.items() if not isinstance(value, Tensor)]:
        raise UserError(f"{source}: not a state dict: {shortened(others)} is not a tensor")
    return {str(name).removeprefix("module."): tensor for name, tensor in content.items()}


def _line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
