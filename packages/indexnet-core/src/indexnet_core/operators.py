"""An operator's name and what it means: ``"m2o-nl-c"`` <-> ``IndexSpec("m2o", True, True)``."""

import difflib
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, get_args

from indexnet_core.errors import SpecError

__all__ = [
    "INDEX_NETWORKS",
    "MULTI_POINT_NETWORKS",
    "OPERATORS",
    "AffinitySpec",
    "IndexSpec",
    "OperatorSpec",
    "PairSpec",
    "index_options",
    "parse_operator",
]

Family = Literal["hin", "o2o-modelwise", "o2o-shared", "o2o-unshared", "m2o"]
Points = Literal["single", "multi"]
Sharing = Literal["shared", "unshared"]
Down = Literal["max", "avg", "stride", "holistic-max"]
Up = Literal["unpool", "nearest", "bilinear", "deconv", "shuffle", "carafe", "dysample"]


@dataclass(frozen=True)
class IndexSpec:
    """An index network (Fig. 4): its family, and whether it is nonlinear and sees weak context.

    Context without nonlinearity does not occur in the paper and is refused. ``points`` says of how many
    points an upsampled one is made: of one, as in the paper, or of several, which is its outlook (Section
    5.5, point 4).
    """

    family: Family
    nonlinear: bool = False
    context: bool = False
    points: Points = "single"

    def __post_init__(self) -> None:
        if self.family not in get_args(Family):
            raise SpecError(
                f"unknown family of index networks {self.family!r}; choose one of {get_args(Family)}"
            )
        if self.context and not self.nonlinear:
            raise SpecError(f"{self.family}: context needs a nonlinear index network (-nl-c)")
        if self.points not in get_args(Points):
            raise SpecError(f"{self.family}: points must be one of {get_args(Points)}, got {self.points!r}")

    @property
    def name(self) -> str:
        """The name that parses to this specification.

        >>> IndexSpec("hin", nonlinear=True, context=True).name, IndexSpec("m2o", points="multi").name
        ('hin-nl-c', 'm2o-mp')
        """
        multi = self.points == "multi"
        return self.family + "-nl" * self.nonlinear + "-c" * self.context + "-mp" * multi

    @property
    def holistic(self) -> bool:
        """Whether all channels share one index map (B, 1, H, W)."""
        return self.family == "hin"

    @property
    def modelwise(self) -> bool:
        """Whether all stages of a model share one index network."""
        return self.family == "o2o-modelwise"


@dataclass(frozen=True)
class PairSpec:
    """A fixed or separately learned operator: how it goes down and how it comes up."""

    down: Down
    up: Up

    def __post_init__(self) -> None:
        if self.name not in _PAIRS:
            raise SpecError(f"there is no operator {self.name!r}; choose one of {list(_PAIRS)}")

    @property
    def name(self) -> str:
        """The name that parses to this specification; max pooling with unpooling is just ``max``.

        >>> PairSpec("max", "unpool").name, PairSpec("stride", "nearest").name
        ('max', 'stride+nearest')
        """
        if self.up == "unpool":
            return {"max": "max", "holistic-max": "hmi"}.get(self.down, f"{self.down}+unpool")
        return f"{self.down}+{self.up}"


@dataclass(frozen=True)
class AffinitySpec:
    """Affinity-aware upsampling (A2U) at both ends; channels share their embeddings, or each has its own."""

    sharing: Sharing = "shared"

    def __post_init__(self) -> None:
        if self.sharing not in get_args(Sharing):
            raise SpecError(f"a2u: sharing must be one of {get_args(Sharing)}, got {self.sharing!r}")

    @property
    def name(self) -> str:
        """The name that parses to this specification.

        >>> AffinitySpec().name, AffinitySpec("unshared").name
        ('a2u', 'a2u-unshared')
        """
        return "a2u" if self.sharing == "shared" else f"a2u-{self.sharing}"


OperatorSpec = IndexSpec | PairSpec | AffinitySpec

INDEX_NETWORKS: tuple[str, ...] = tuple(
    family + variant for family, variant in product(get_args(Family), ("", "-nl", "-nl-c"))
)
"""The 15 index networks of Tables 3, 5, 6 and 7."""

MULTI_POINT_NETWORKS: tuple[str, ...] = tuple(f"{name}-mp" for name in INDEX_NETWORKS)
"""The same with multi-point indexed upsampling (Section 5.5, point 4)."""

_PAIRS: tuple[str, ...] = (
    "max",
    "hmi",
    *(
        f"{down}+{up}"
        for down, up in product(
            ("max", "avg", "stride"), ("nearest", "bilinear", "deconv", "shuffle", "carafe", "dysample")
        )
    ),
)

_AFFINITIES: tuple[str, ...] = tuple(AffinitySpec(sharing).name for sharing in get_args(Sharing))

OPERATORS: tuple[str, ...] = (*_PAIRS, *_AFFINITIES, *INDEX_NETWORKS, *MULTI_POINT_NETWORKS)
"""Every name that `parse_operator` knows."""


def parse_operator(name: str) -> OperatorSpec:
    """Read an operator's name.

    Raises:
        SpecError: if the name is unknown; the message suggests the nearest and lists all.

    >>> parse_operator("o2o-shared-nl")
    IndexSpec(family='o2o-shared', nonlinear=True, context=False, points='single')
    >>> parse_operator("max+bilinear")
    PairSpec(down='max', up='bilinear')
    """
    if name in INDEX_NETWORKS or name in MULTI_POINT_NETWORKS:
        single = name.removesuffix("-mp")
        nonlinear, context = "-nl" in single, single.endswith("-c")
        family = single.removesuffix("-c").removesuffix("-nl")
        points: Points = "single" if name == single else "multi"
        return IndexSpec(family, nonlinear, context, points)  # type: ignore[arg-type]  # checked by IndexSpec
    if name in _AFFINITIES:
        return AffinitySpec("unshared" if name.endswith("-unshared") else "shared")
    if name == "max":
        return PairSpec("max", "unpool")
    if name == "hmi":
        return PairSpec("holistic-max", "unpool")
    if name in _PAIRS:
        down, up = name.split("+")
        return PairSpec(down, up)  # type: ignore[arg-type]  # checked by PairSpec
    near = difflib.get_close_matches(name, OPERATORS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise SpecError(f"unknown resampling operator {name!r}{hint} (known: {', '.join(OPERATORS)})")


def index_options(
    operator: str | None, *, expansion: int = 2, normalization: str = "sigmoid+softmax"
) -> dict[str, Any]:
    """Give the options that index networks alone have, as keyword arguments for a network that takes them.

    Args:
        operator: name of the operator, or None for a network's own, which is no index network.
        expansion: hidden width as a multiple of C.
        normalization: a row of Table 4.

    Returns:
        Both by name for an index network, and nothing for another operator.

    Raises:
        SpecError: options other than the paper's for an operator that does not have them.

    >>> index_options("m2o-nl", expansion=1), index_options("max")
    ({'expansion': 1, 'normalization': 'sigmoid+softmax'}, {})
    """
    if operator in INDEX_NETWORKS or operator in MULTI_POINT_NETWORKS:
        return {"expansion": expansion, "normalization": normalization}
    if (expansion, normalization) != (2, "sigmoid+softmax"):
        raise SpecError(
            "expansion and normalization are options of index networks, not of "
            f"{operator or 'this network'}; choose one of {', '.join(INDEX_NETWORKS)}, each also with -mp"
        )
    return {}
