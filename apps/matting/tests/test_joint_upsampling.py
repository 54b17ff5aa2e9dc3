import cv2
import numpy as np

from indexnet_matting.joint_upsampling import upsample_matte


def test_a_matte_that_is_linear_in_the_colour_comes_back_sharp() -> None:
    alpha = np.zeros((64, 64), np.float32)
    alpha[:, 10:13], alpha[20:22], alpha[40:, 40:] = 1, 0.5, 1
    image = alpha[..., None] * np.float32([0.9, 0.3, 0.2]) + (1 - alpha[..., None]) * np.float32(
        [0.1, 0.4, 0.7]
    )
    small, reduced = (cv2.resize(a, (32, 32), interpolation=cv2.INTER_AREA) for a in (image, alpha))
    found = upsample_matte(reduced, small, image)
    plain = cv2.resize(reduced, (64, 64), interpolation=cv2.INTER_LINEAR)
    assert found.shape == (64, 64)
    assert np.abs(found - alpha).mean() < 0.005
    assert np.abs(plain - alpha).mean() > 0.02


def test_without_edges_it_is_enlarged_smoothly() -> None:
    ramp = np.linspace(0.2, 0.8, 16, dtype=np.float32)[None].repeat(12, 0)
    gray = np.full((12, 16, 3), 0.5, np.float32)
    found = upsample_matte(ramp, gray, np.full((36, 48, 3), 0.5, np.float32))
    assert found.min() >= 0.19
    assert found.max() <= 0.81
    assert (np.diff(found[10]) >= -1e-6).all()
