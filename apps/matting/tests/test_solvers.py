import sys
from typing import get_args

import numpy as np
import pytest

from indexnet_engine.errors import UserError
from indexnet_matting.data.trimap import UNKNOWN
from indexnet_matting.solvers import METHODS, MattingSolver, Method, load_pymatting, require_both


def red_disc_on_blue(height: int, width: int, soft: float = 6) -> tuple[np.ndarray, ...]:
    """Return image, trimap and matte; the two colours are noisy."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:height, :width]
    distance = 0.3 * min(height, width) - np.hypot(rows - height / 2, columns - width / 2)
    alpha = (distance / soft + 0.5).clip(0, 1)
    scene = alpha[..., None] * [0.9, 0.2, 0.1] + (1 - alpha[..., None]) * [0.1, 0.2, 0.8]
    scene = (scene + rng.normal(0, 0.01, scene.shape)).clip(0, 1).astype(np.float32)
    trimap = np.where((alpha > 0) & (alpha < 1), 128, 255 * (alpha == 1)).astype(np.uint8)
    return scene, trimap, alpha.astype(np.float32)


def test_every_method_is_an_option() -> None:
    assert set(METHODS) == set(get_args(Method))


@pytest.mark.parametrize("method", METHODS)
def test_two_colours_are_told_apart(method: Method) -> None:
    image, trimap, alpha = red_disc_on_blue(60, 70)
    found = MattingSolver(method)(image, trimap)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    np.testing.assert_array_equal(found[trimap != UNKNOWN], alpha[trimap != UNKNOWN])
    unknown = trimap == UNKNOWN
    guess = np.abs(0.5 - alpha[unknown]).mean()
    assert np.abs(found - alpha)[unknown].mean() < (0.5 if method == "random-walk" else 0.2) * guess


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("size", [(1, 3), (2, 40), (9, 5)])
def test_small_images(method: Method, size: tuple[int, int]) -> None:
    image = np.zeros((*size, 3), np.float32)
    trimap = np.full(size, 128, np.uint8)
    trimap[0, 0], trimap[-1, -1] = 0, 255
    image[-1, -1] = 1
    found = MattingSolver(method)(image, trimap)
    assert found.shape == size
    assert (found[0, 0], found[-1, -1]) == (0, 1)
    assert np.isfinite(found).all()


def test_memory_grows_with_the_image_and_its_unknown_pixels() -> None:
    known, unknown = np.zeros((1000, 1000), np.uint8), np.full((1000, 1000), 128, np.uint8)
    cost = METHODS["closed-form"]
    solver = MattingSolver("closed-form")
    assert solver.memory(known) == pytest.approx(cost.pixel / 1e3)
    assert solver.memory(unknown) == pytest.approx((cost.pixel + cost.unknown) / 1e3)
    assert solver.reduced_size(unknown) is None


def test_images_beyond_the_limit_are_reduced_and_the_matte_stays_right() -> None:
    image, trimap, alpha = red_disc_on_blue(120, 160, soft=16)
    whole = MattingSolver()
    solver = MattingSolver(max_memory=whole.memory(trimap) / 4)
    assert solver.reduced_size(trimap) == (60, 80)
    found = solver(image, trimap)
    assert found.shape == (120, 160)
    np.testing.assert_array_equal(found[trimap != UNKNOWN], alpha[trimap != UNKNOWN])
    assert np.abs(found - alpha)[trimap == UNKNOWN].mean() < 0.03


def test_a_limit_that_leaves_nothing_known() -> None:
    image, trimap, _ = red_disc_on_blue(40, 40)
    with pytest.raises(
        UserError, match=r"the trimap, reduced to 1x1 to save memory: .* must mark some foreground"
    ):
        MattingSolver(max_memory=1e-7)(image, trimap)


def test_unusable_arguments() -> None:
    with pytest.raises(UserError, match="expected one of closed-form, knn"):
        MattingSolver("magic")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="must be positive, got 0 GB"):
        MattingSolver(max_memory=0)
    image, trimap = np.zeros((30, 30, 3), np.float32), np.full((30, 30), 128, np.uint8)
    with pytest.raises(UserError, match=r"the trimap: .* must mark some foreground"):
        MattingSolver()(image, trimap)
    with pytest.raises(UserError, match=r"x.png: .* must mark some background"):
        require_both(np.full((2, 2), 255, np.uint8), "x.png")


def test_a_solver_that_does_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(image: np.ndarray, trimap: np.ndarray) -> np.ndarray:
        raise ValueError("did not converge within 7 iterations")

    monkeypatch.setattr(load_pymatting(), "estimate_alpha_knn", fail)
    image, trimap, _ = red_disc_on_blue(30, 30)
    with pytest.raises(UserError, match="knn matting failed: did not converge within 7 iterations"):
        MattingSolver("knn")(image, trimap)


def test_without_pymatting_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pymatting", None)
    with pytest.raises(UserError, match=r"need pymatting \(pip install pymatting\)"):
        MattingSolver()
