import pytest

from indexnet_depth.focal import NOMINAL, NOMINAL_MM, Focal, read_focal
from indexnet_engine.errors import UserError


def test_the_nominal_lens_is_a_kinects() -> None:
    """NYUv2's intrinsics: 518.86 pixels at 480 rows, within two per cent."""
    assert pytest.approx(518.86 / 480 * 250, rel=0.02) == NOMINAL
    assert Focal(NOMINAL_MM, "mm").pixels(750, 1000) == pytest.approx(3 * NOMINAL)
    assert f"{NOMINAL_MM:.1f}" == "28.5"


def test_units() -> None:
    assert read_focal("26mm") == Focal(26, "mm")
    assert read_focal(" 518.9px") == Focal(518.9, "px")
    assert Focal(36, "mm").pixels(2400, 3600) == pytest.approx(3600)


@pytest.mark.parametrize("text", ["", "26", "mm", "0px", "-3mm", "nanpx", "26 cm"])
def test_what_is_no_focal_length(text: str) -> None:
    with pytest.raises(UserError, match=r"focal is a length with its unit: 26mm .* or 3100px; got"):
        read_focal(text)
