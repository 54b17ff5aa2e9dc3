import numpy as np
import pytest

from indexnet_denoising.data.augment import dihedral

PATCH = np.arange(18).reshape(3, 3, 2)


def test_the_eight_are_the_flips_of_the_four_rotations():
    ours = {dihedral(PATCH, k).tobytes() for k in range(8)}
    turns = [np.rot90(PATCH, turn) for turn in range(4)]
    assert ours == {np.ascontiguousarray(turn).tobytes() for turn in turns + [turn[::-1] for turn in turns]}
    assert len(ours) == 8


def test_zero_is_the_identity_and_channels_stay_together():
    np.testing.assert_array_equal(dihedral(PATCH, 0), PATCH)
    for k in range(8):
        assert (np.diff(dihedral(PATCH, k), axis=2) == 1).all()


@pytest.mark.parametrize("k", [-1, 8])
def test_refuses_numbers_beyond_the_eight(k):
    with pytest.raises(ValueError, match=f"got {k}"):
        dihedral(PATCH, k)
