import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from indexnet_denoising.data.noise import evaluation_noise
from indexnet_denoising.models import create_model
from indexnet_denoising.predictor import OPPONENT, DenoisingPredictor, load_model, model_channels
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import to_tensor
from indexnet_engine.weights.pretrained import save_pretrained


def noisy_scene(height: int, width: int, channels: int = 1, sigma: float = 25) -> np.ndarray:
    rng = np.random.default_rng(height * width)
    base = rng.random((1, 1, channels)).astype(np.float32) * np.ones((height, width, 1), np.float32)
    return base + evaluation_noise(base.shape, sigma, "scene")


class Passing(nn.Module):
    """Returns its input and records it."""

    stride = 8

    def __init__(self, channels: int = 1) -> None:
        super().__init__()
        self.config = {"channels": channels}
        self.unused = nn.Parameter(torch.zeros(1))
        self.seen: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.seen.append(x)
        return x


@pytest.mark.parametrize("size", [(1, 1), (2, 9), (7, 8), (16, 24), (45, 51)])
@pytest.mark.parametrize("channels", [1, 3])
def test_any_size_in_any_colour(
    size: tuple[int, int], channels: int, gray_net: nn.Module, colour_net: nn.Module
) -> None:
    image = noisy_scene(*size, channels)
    for model in (gray_net, colour_net):
        clean = DenoisingPredictor(model)(image)
        assert clean.shape == image.shape
        assert clean.dtype == np.float32
        assert clean.min() >= 0
        assert clean.max() <= 1


def test_an_image_of_fitting_size_gives_the_clipped_output(gray_net: nn.Module) -> None:
    image = noisy_scene(24, 32, sigma=80)
    with torch.no_grad():
        expected = gray_net(to_tensor(image))
    assert expected.min() < 0 or expected.max() > 1
    np.testing.assert_array_equal(
        DenoisingPredictor(gray_net)(image)[..., 0], expected[0, 0].clamp(0, 1).numpy()
    )


def test_other_sizes_are_padded_by_reflection(gray_net: nn.Module) -> None:
    image = noisy_scene(21, 30)
    padded = np.pad(image, ((0, 3), (0, 2), (0, 0)), mode="reflect")
    np.testing.assert_allclose(
        DenoisingPredictor(gray_net)(image), DenoisingPredictor(gray_net)(padded)[:21, :30], atol=1e-6
    )


@pytest.mark.parametrize("channels", [1, 3])
def test_tiles_equal_the_whole(channels: int, gray_net: nn.Module) -> None:
    image = noisy_scene(218, 330, channels)
    tiled, whole = (
        DenoisingPredictor(gray_net, tile=216)(image),
        DenoisingPredictor(gray_net, tile=330)(image),
    )
    np.testing.assert_allclose(tiled, whole, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "operator", "reach"),
    [
        ("dncnn-segnet", "max", 64),
        ("dncnn-segnet", "o2o-shared", 64),
        ("dncnn-segnet", "m2o-nl-c", 71),
        ("dncnn-segnet", "stride+bilinear", 71),
        ("dncnn-segnet", "max+carafe", 92),
        ("index-unet", "hin", 81),
        ("index-unet", "m2o-nl-c", 88),
        ("index-unet", "hin-nl-c-mp", 95),
        ("index-unet", "a2u", 109),
    ],
)
def test_default_overlap_covers_the_receptive_field(name: str, operator: str, reach: int) -> None:
    model = create_model(name, resampling=operator, width=2).eval()
    noisy = torch.rand(8, 1, 240, 240)
    phases = torch.arange(8)  # within a region that the three stages pool
    noisy[phases, 0, 120 + phases, 120 + phases] = torch.nan  # spreads to all that depends on this pixel
    reached = [
        int((output[0].isnan().nonzero() - 120 - phase).abs().max())
        for phase, output in enumerate(model(noisy))
    ]
    assert max(reached) == model.reach == reach <= DenoisingPredictor(model).overlap / 2


def test_tiles_share_what_the_network_sees() -> None:
    assert DenoisingPredictor(load_model("blind-gray")).overlap == 128
    assert DenoisingPredictor(load_model("camera")).overlap == 168
    assert DenoisingPredictor(create_model("dncnn", width=2, depth=20)).overlap == 40
    assert DenoisingPredictor(nn.Identity()).overlap == 168


def test_opponent_colours_are_orthonormal() -> None:
    torch.testing.assert_close(OPPONENT @ OPPONENT.T, torch.eye(3))
    gray = torch.full((3,), 0.4)
    torch.testing.assert_close(OPPONENT @ gray, torch.tensor([0.4 * 3**0.5, 0, 0]))


@pytest.mark.parametrize("channels", [1, 3])
def test_strength(channels: int, gray_net: nn.Module) -> None:
    image = noisy_scene(16, 24, channels)
    clean = DenoisingPredictor(gray_net)(image)
    residual = clean - image
    for strength in (0, 0.3, 1, 1.6):
        result = DenoisingPredictor(gray_net, strength=strength)(image)
        whole = (image + strength * residual).clip(0, 1)
        inside = (clean > 0) & (clean < 1)  # elsewhere the network's result is not known from `clean`
        np.testing.assert_allclose(result[inside], whole[inside], atol=1e-6)
    assert np.array_equal(DenoisingPredictor(gray_net, strength=0)(image), image.clip(0, 1))
    assert np.array_equal(DenoisingPredictor(gray_net, strength=1)(image), clean)


@pytest.mark.parametrize("strength", [-0.1, float("nan"), float("inf")])
def test_invalid_strength(strength: float, gray_net: nn.Module) -> None:
    with pytest.raises(UserError, match=f"strength must .*, got {strength}"):
        DenoisingPredictor(gray_net, strength=strength)


def test_a_gray_network_sees_three_planes_of_the_same_noise() -> None:
    model = Passing()
    image = np.full((64, 64, 3), (0.2, 0.5, 0.7), np.float32)
    noisy = image + evaluation_noise(image.shape, 25, "a")
    result = DenoisingPredictor(model)(noisy)
    np.testing.assert_allclose(result, noisy.clip(0, 1), atol=1e-5)  # there and back
    (planes,) = model.seen
    assert planes.shape == (3, 1, 64, 64)
    torch.testing.assert_close(planes.std((1, 2, 3)), torch.full((3,), 25 / 255), rtol=0.05, atol=0)
    correlation = torch.corrcoef(planes.flatten(1))
    torch.testing.assert_close(correlation, torch.eye(3), rtol=0, atol=0.06)


def test_colour_planes_are_centred() -> None:
    model = Passing()
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1]), np.float32).reshape(3, 8).T
    DenoisingPredictor(model)(np.repeat(corners[None], 8, axis=0))
    (planes,) = model.seen
    middles = (planes.amin((1, 2, 3)) + planes.amax((1, 2, 3))) / 2
    torch.testing.assert_close(middles, torch.full((3,), 0.5))


def test_gray_is_equal_in_all_three_channels_and_stays_so() -> None:
    model = Passing(3)
    image = noisy_scene(8, 8)
    np.testing.assert_allclose(DenoisingPredictor(model)(image), image.clip(0, 1), atol=1e-6)
    (seen,) = model.seen
    assert seen.shape == (1, 3, 8, 8)
    assert torch.equal(seen[:, 0], seen[:, 2])


def test_channels_of_a_model(gray_net: nn.Module, colour_net: nn.Module) -> None:
    assert (model_channels(gray_net), model_channels(colour_net), model_channels(nn.ReLU())) == (1, 3, 1)


def test_no_gradient_is_kept(gray_net: nn.Module) -> None:
    DenoisingPredictor(gray_net)(noisy_scene(8, 8))
    assert all(parameter.grad is None for parameter in gray_net.parameters())


@pytest.mark.parametrize(
    ("tile", "overlap", "message"),
    [
        (128, 128, "larger than the overlap, got 128 and 128"),
        (130, 129, "larger than the overlap"),  # both become 136
        (0, 0, "tile must be positive, got 0"),
        (64, -8, "overlap must not be negative, got -8"),
    ],
)
def test_invalid_tiles(tile: int, overlap: int, message: str, gray_net: nn.Module) -> None:
    with pytest.raises(UserError, match=message):
        DenoisingPredictor(gray_net, tile=tile, overlap=overlap)


def test_weights_of_another_task(tmp_path, gray_net: nn.Module) -> None:
    save_pretrained(gray_net, tmp_path, {"task": "matting"})
    with pytest.raises(UserError, match="weights for matting, not for denoising"):
        load_model(tmp_path)


def test_weights_that_name_no_network(tmp_path, gray_net: nn.Module) -> None:
    save_pretrained(gray_net, tmp_path, {"model": {}})
    with pytest.raises(UserError, match=r"config\.json.*it names no denoising model"):
        load_model(tmp_path)


def test_arrays_pictures_and_tensors_give_the_same(gray_net: nn.Module) -> None:
    predictor = DenoisingPredictor(gray_net)
    image = np.random.default_rng(0).integers(0, 256, (21, 30, 3), np.uint8)
    expected = predictor(image.astype(np.float32) / np.float32(255))
    for given in (image, Image.fromarray(image), torch.from_numpy(image).permute(2, 0, 1)):
        np.testing.assert_array_equal(predictor(given), expected)
    assert predictor(image[..., 0]).shape == (21, 30, 1)
