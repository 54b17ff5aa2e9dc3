import pytest

from indexnet_depth.data.units import UNITS, parse_unit
from indexnet_engine.errors import UserError


@pytest.mark.parametrize(
    ("text", "metres"),
    [
        ("metre", 1), ("m", 1), ("meters", 1), ("millimetre", 1e-3), ("MM", 1e-3), ("cm", 1e-2),
        ("1/5000 m", 1 / 5000), ("1/5000", 1 / 5000), ("1/256 m", 1 / 256), ("1 / 1000 m", 1e-3),
        ("0.001", 1e-3), ("2e-4", 2e-4), (".5", 0.5), ("0.25 m", 0.25), ("sunrgbd", 1e-3),
    ],
)  # fmt: skip
def test_units_are_understood(text, metres):
    unit = parse_unit(text)
    assert unit.metres == pytest.approx(metres)
    assert unit.rotated == (text == "sunrgbd")


def test_every_named_unit_is_found_by_its_name():
    assert [parse_unit(name) for name in UNITS] == list(UNITS.values())
    assert parse_unit("1/4000 m").name == "1/4000 m"
    assert parse_unit("1/4000").name == "1/4000 m"


@pytest.mark.parametrize("text", ["", "furlong", "0", "1/0 m", "-1", "inf", "nan", "2/5000", "1e999"])
def test_others_are_refused_with_the_names(text):
    with pytest.raises(UserError, match=r"not understood; use metre, .*, sunrgbd, 1/N m"):
        parse_unit(text)
