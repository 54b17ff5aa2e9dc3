"""Operators and their names: ``"m2o-nl-c"`` <-> ``IndexSpec("m2o", nonlinear=True, context=True)``.

A name is made of words. The entry of a word in a registry holds what it builds and its properties:

| name                      | registry of its words                                                   |
|---------------------------|-------------------------------------------------------------------------|
| ``max``, ``a2u``          | `indexnet_core.resampling.coupled.COUPLED`                              |
| ``max+nearest``           | `indexnet_core.resampling.downs.DOWNS`, `indexnet_core.resampling.ups.UPS` |
| ``m2o``, ``m2o-nl-c-mp``  | `indexnet_core.networks.families.FAMILIES`                              |

`OPERATORS` lists all names that these words form.
"""

import difflib
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal, get_args

from indexnet_core.errors import SpecError
from indexnet_core.networks.families import FAMILIES
from indexnet_core.registry import look_up, named
from indexnet_core.resampling.coupled import COUPLED
from indexnet_core.resampling.downs import DOWNS
from indexnet_core.resampling.ups import UPS

__all__ = [
    "INDEX_NETWORKS",
    "MULTI_POINT_NETWORKS",
    "OPERATORS",
    "CoupledSpec",
    "IndexSpec",
    "OperatorSpec",
    "PairSpec",
    "Points",
    "index_options",
    "parse_operator",
]

Points = Literal["single", "multi"]
IndexKind = Literal["holistic", "depthwise"]


class _Facts:
    """Properties that every specification has; subclasses override those that their words determine."""

    @property
    def index(self) -> IndexKind | None:
        """Whether downsampling returns one index for all channels, one for each channel, or none."""
        return None

    @property
    def modelwise(self) -> bool:
        """Whether all stages of a model share one index network."""
        return False

    @property
    def strided(self) -> bool:
        """Whether the network's own convolution before a stage downsamples."""
        return False

    @property
    def takes_channel_rule(self) -> bool:
        """Whether a channel rule can fit its index to a narrower decoder feature."""
        return False

    @property
    def holistic(self) -> bool:
        """Whether one index guides all channels."""
        return self.index == "holistic"

    @property
    def depthwise(self) -> bool:
        """Whether each channel has an index of its own."""
        return self.index == "depthwise"

    @property
    def leaves_index(self) -> bool:
        """Whether upsampling needs more from downsampling than the size."""
        return self.index is not None

    @property
    def needs_equal_widths(self) -> bool:
        """Whether the decoder's feature must have the stage's own width, if no channel rule is given."""
        return self.depthwise


@dataclass(frozen=True)
class IndexSpec(_Facts):
    """An index network (Fig. 4): its family, nonlinearity and weak context.

    Context without nonlinearity does not occur in the paper and is refused. ``points`` is the number of
    sources of an upsampled point: one, as in the paper, or several, which is its outlook (Section 5.5,
    point 4).
    """

    family: str
    nonlinear: bool = False
    context: bool = False
    points: Points = "single"

    def __post_init__(self) -> None:
        look_up(FAMILIES, self.family, "family of index networks")
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
    def index(self) -> IndexKind:
        """Holistic or depthwise, as the family."""
        return "holistic" if FAMILIES[self.family].holistic else "depthwise"

    @property
    def modelwise(self) -> bool:
        """As in the family's entry."""
        return FAMILIES[self.family].modelwise

    @property
    def takes_channel_rule(self) -> bool:
        """A depthwise index map can always be fitted."""
        return self.depthwise

    @property
    def exportable(self) -> bool:
        """As in the family's entry."""
        return FAMILIES[self.family].exportable


@dataclass(frozen=True)
class PairSpec(_Facts):
    """A downsampling layer and an upsampling layer that needs only the size from it."""

    down: str
    up: str

    def __post_init__(self) -> None:
        look_up(DOWNS, self.down, "downsampling")
        look_up(UPS, self.up, "upsampling")

    @property
    def name(self) -> str:
        """The name that parses to this specification.

        >>> PairSpec("stride", "nearest").name
        'stride+nearest'
        """
        return f"{self.down}+{self.up}"

    @property
    def strided(self) -> bool:
        """As in the entry of the downsampling."""
        return DOWNS[self.down].strided

    @property
    def exportable(self) -> bool:
        """Whether both halves are exportable."""
        return DOWNS[self.down].exportable and UPS[self.up].exportable


@dataclass(frozen=True)
class CoupledSpec(_Facts):
    """An operator of `COUPLED`: its upsampling needs an index from its downsampling."""

    name: str

    def __post_init__(self) -> None:
        look_up(COUPLED, self.name, "coupled operator")

    @property
    def index(self) -> IndexKind:
        """As in the operator's entry."""
        return COUPLED[self.name].index

    @property
    def exportable(self) -> bool:
        """As in the operator's entry."""
        return COUPLED[self.name].exportable


OperatorSpec = IndexSpec | PairSpec | CoupledSpec


def _index_specs(points: Points) -> list[IndexSpec]:
    variants = ((False, False), (True, False), (True, True))
    return [IndexSpec(family, *variant, points) for family, variant in product(FAMILIES, variants)]


def _coupled_specs(learned: bool) -> list[CoupledSpec]:
    return [CoupledSpec(name) for name, coupled in COUPLED.items() if coupled.learned == learned]


INDEX_NETWORKS: tuple[str, ...] = tuple(spec.name for spec in _index_specs("single"))
"""The 15 index networks of Tables 3, 5, 6 and 7."""

MULTI_POINT_NETWORKS: tuple[str, ...] = tuple(spec.name for spec in _index_specs("multi"))
"""The same with multi-point indexed upsampling (Section 5.5, point 4)."""

_SPECS: dict[str, OperatorSpec] = named(
    [
        *_coupled_specs(learned=False),
        *(PairSpec(down, up) for down, up in product(DOWNS, UPS)),
        *_coupled_specs(learned=True),
        *_index_specs("single"),
        *_index_specs("multi"),
    ]
)

OPERATORS: tuple[str, ...] = tuple(_SPECS)
"""All names that `parse_operator` accepts."""


def parse_operator(name: str) -> OperatorSpec:
    """The specification of an operator's name.

    Raises:
        SpecError: if the name is unknown; the message suggests the nearest and lists all.

    >>> parse_operator("o2o-shared-nl")
    IndexSpec(family='o2o-shared', nonlinear=True, context=False, points='single')
    >>> parse_operator("max+bilinear"), parse_operator("max")
    (PairSpec(down='max', up='bilinear'), CoupledSpec(name='max'))
    """
    if name in _SPECS:
        return _SPECS[name]
    near = difflib.get_close_matches(name, OPERATORS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise SpecError(f"unknown resampling operator {name!r}{hint} (known: {', '.join(OPERATORS)})")


def index_options(
    operator: str | None, *, expansion: int = 2, normalization: str = "sigmoid+softmax"
) -> dict[str, Any]:
    """The options that only index networks have, as keyword arguments of a network.

    Args:
        operator: name of the operator, or None for the network's default, which is not an index network.
        expansion: hidden width as a multiple of C.
        normalization: a row of Table 4.

    Returns:
        Both options by name for an index network; an empty dictionary for another operator.

    Raises:
        SpecError: an option differs from the paper's for an operator that does not have it.

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
