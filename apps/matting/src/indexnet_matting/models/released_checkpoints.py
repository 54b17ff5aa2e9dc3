"""The authors' released matting checkpoints: recognising their network, and mapping its tensors to ours."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from indexnet_core import IndexSpec, parse_operator
from indexnet_engine.errors import UserError, shortened
from indexnet_engine.models.mobilenet import CHANNELS, DOWN
from indexnet_engine.weights.state_dicts import only_tensors
from indexnet_matting.models import MattingNetwork, create_model

__all__ = ["import_released", "recognise"]

_COLUMNS = (1, 2, 3, 4)


@dataclass(frozen=True)
class _Source:
    """The source of one of our tensors.

    Attributes:
        names: its released name, or those of the four columns that are merged here (Fig. 7).
        slices: None where the columns follow one another (many-to-one); the number of feature slices where
            the four columns of each slice do (one-to-one). See `indexnet_core.networks`.
    """

    names: tuple[str, ...]
    slices: int | None = None

    def join(self, columns: list[Tensor]) -> Tensor:
        """Merge the columns into one tensor."""
        if len(columns) == 1 or columns[0].ndim == 0:  # batch norm's counter is the same in all
            return columns[0]
        if self.slices is None:
            return torch.cat(columns)
        return torch.stack([column.unflatten(0, (self.slices, -1)) for column in columns], 1).flatten(0, 2)


def recognise(tensors: Mapping[str, Tensor], source: str | Path) -> dict[str, str | int]:
    """Recognise the network of a checkpoint; returns arguments of `create_model`.

    The names tell the index network's family and its nonlinearity, the shapes tell one-to-one from
    many-to-one, the weak context, and the hidden width (C in the released one-to-one and many-to-one
    networks, 2C in the holistic ones). Without an index network it is the baseline with max unpooling.

    Args:
        tensors: tensors by their released names, without ``module.``.
        source: their name in errors.

    Raises:
        UserError: if it is no released matting network.
    """
    _require_network(tensors, source)
    if not any(name.startswith("index") for name in tensors):
        return {"model": "b11", "resampling": "max"}
    holistic = any(name.startswith("index0.indexnet.") for name in tensors)
    block = "index0.indexnet" if holistic else "index0.indexnet1"
    nonlinear = f"{block}.3.weight" in tensors
    first = f"{block}.weight" if holistic and not nonlinear else f"{block}.0.weight"
    shape = _index_shape(tensors, first, nonlinear, source)
    family = "hin" if holistic else "o2o-unshared" if shape[1] == 1 else "m2o"
    spec = IndexSpec(family, nonlinear, context=shape[2] == 4)
    expansion = {"expansion": max(1, shape[0] // CHANNELS[0])} if nonlinear else {}
    return {"model": "b11", "resampling": spec.name, **expansion}


def _require_network(tensors: Mapping[str, Tensor], source: str | Path) -> None:
    """Refuse checkpoints without the first and the last tensor of the released networks."""
    if missing := [name for name in ("layer0.0.weight", "pred.1.weight") if name not in tensors]:
        raise UserError(
            f"{source}: not a released matting checkpoint; it has no {' and no '.join(missing)}, "
            f"but {shortened(list(tensors), 3)}"
        )


def _index_shape(
    tensors: Mapping[str, Tensor], first: str, nonlinear: bool, source: str | Path
) -> tuple[int, ...]:
    """Return the shape (out, in, k, k) of the index network's first weight; k is 2, or 4 with context."""
    if first not in tensors:
        raise UserError(f"{source}: an index network that was not released: {first} is missing")
    shape = tuple(tensors[first].shape)
    if len(shape) != 4 or shape[2] not in ((2, 4) if nonlinear else (2,)):
        raise UserError(f"{source}: {first} has the shape {shape}, which no index network has")
    return shape


def import_released(state_dict: Mapping[str, object], source: str | Path) -> MattingNetwork:
    """Build the network that a released checkpoint holds, with its weights, in evaluation mode.

    Args:
        state_dict: as saved by the authors: ``{"state_dict": {"module.…": tensor}}``, or the inner
            dictionary.
        source: its name in errors.

    Raises:
        UserError: if it is no released matting network; names the tensors that are unknown, missing or of
            another shape.
    """
    tensors = only_tensors(state_dict, source)
    arguments = recognise(tensors, source)
    model = create_model(**arguments)  # type: ignore[arg-type]  # "model" is a name
    own = model.state_dict()
    sources = {name: _source(name, str(arguments["resampling"])) for name in own}
    wanted = [name for found in sources.values() for name in found.names]
    _refuse(source, "missing", [name for name in wanted if name not in tensors])
    _refuse(source, "unknown", sorted(set(tensors) - set(wanted)))
    loaded = {}
    for name, found in sources.items():
        columns = [tensors[part] for part in found.names]
        _check(source, found.names, columns, own[name])
        loaded[name] = found.join(columns)
    model.load_state_dict(loaded)
    return model.eval()


def _source(name: str, resampling: str) -> _Source:
    """Return the source of our tensor ``name``."""
    spec = parse_operator(resampling)
    stage = re.fullmatch(r"resampling\.stages\.(\d+)\.network\.block\.(\w+)\.(\w+)", name)
    if stage is None or not isinstance(spec, IndexSpec):
        return _Source((_released_name(name),))
    layer, what = DOWN[int(stage[1])], stage[3]
    place = f"{('conv', 'norm', 'act', 'project').index(stage[2])}."
    if spec.holistic:
        return _Source((f"index{layer}.indexnet.{place if spec.nonlinear else ''}{what}",))
    names = tuple(f"index{layer}.indexnet{column}.{place}{what}" for column in _COLUMNS)
    return _Source(names, CHANNELS[layer] if spec.family == "o2o-unshared" else None)


def _released_name(name: str) -> str:
    """Name of a tensor outside the index networks.

    >>> _released_name("encoder.layers.2.0.expand.conv.weight")
    'layer2.0.conv.0.weight'
    >>> _released_name("context.atrous.0.project.norm.bias")
    'dconv_pp.aspp2.atrous_conv.4.bias'
    """
    *path, what = name.split(".")
    match path:
        case ["encoder", "layers", "0", kind]:
            return f"layer0.{_place(kind)}.{what}"
        case ["encoder", "layers", layer, block, part, kind]:
            parts = ("depthwise", "project") if layer == "1" else ("expand", "depthwise", "project")
            return f"layer{layer}.{block}.conv.{3 * parts.index(part) + _place(kind)}.{what}"
        case ["context", "point", kind]:
            return f"dconv_pp.aspp1.atrous_conv.{_place(kind)}.{what}"
        case ["context", "atrous", branch, part, kind]:
            place = 3 * ("depthwise", "project").index(part) + _place(kind)
            return f"dconv_pp.aspp{int(branch) + 2}.atrous_conv.{place}.{what}"
        case ["context", "mean", kind]:
            return f"dconv_pp.global_avg_pool.{1 + _place(kind)}.{what}"
        case ["context", "project", kind]:
            return f"dconv_pp.bottleneck_conv.{_place(kind)}.{what}"
        case ["decoder", layer, kind]:
            return f"decoder_layer{layer}.dconv.{_place(kind)}.{what}"
        case ["prediction", "0", kind]:
            return f"pred.0.{_place(kind)}.{what}"
        case _:
            return f"pred.1.{what}"


def _place(kind: str) -> int:
    """Return the index of a convolution or its batch norm, which follows it."""
    return ("conv", "norm").index(kind)


def _check(source: str | Path, names: Sequence[str], columns: Sequence[Tensor], own: Tensor) -> None:
    """Refuse tensors whose shapes do not combine into ours, and values that are not finite."""
    shape = tuple(own.shape)
    expected = (shape[0] // len(columns), *shape[1:]) if shape else ()
    for name, column in zip(names, columns, strict=True):
        if tuple(column.shape) != expected:
            raise UserError(f"{source}: {name} has the shape {tuple(column.shape)}, expected {expected}")
        if not column.isfinite().all():
            raise UserError(f"{source}: {name} holds values that are not finite")


def _refuse(source: str | Path, what: str, names: list[str]) -> None:
    if names:
        raise UserError(f"{source}: {what} tensors: {shortened(names, 8)}")
