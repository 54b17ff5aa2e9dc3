from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from indexnet_core import pad_to_multiple
from indexnet_engine.errors import UserError
from indexnet_engine.inference.memory import bytes_per_pixel
from indexnet_engine.weights.pretrained import save_pretrained
from indexnet_matting.models import create_model
from indexnet_matting.predictor import MattingPredictor, load_model, to_input

RNG = np.random.default_rng(0)


def pair(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """A random image and trimap."""
    image = RNG.random((height, width, 3), dtype=np.float32)
    return image, RNG.choice(np.uint8([0, 128, 255]), (height, width))


class Listening(nn.Module):
    """Returns a plane of its input, plus a half, and records the input."""

    stride = 32

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x.clone())
        return x[:, :1] + 0.5


def listener() -> Listening:
    """A new predictor whose memory has been measured."""
    model = Listening().eval()
    bytes_per_pixel(model, channels=4)
    model.seen.clear()
    return model


def test_input_is_normalised_colour_and_the_trimap() -> None:
    image, trimap = pair(5, 6)
    x = to_input(image, trimap)
    assert x.shape == (1, 4, 5, 6)
    mean, std = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    np.testing.assert_allclose(x[0, :3].permute(1, 2, 0), (image - mean) / std, atol=1e-5)
    np.testing.assert_array_equal(x[0, 3], trimap / np.float32(255))


@pytest.mark.parametrize("size", [(64, 64), (1, 1), (33, 70), (7, 100)])
def test_any_size(net: nn.Module, size: tuple[int, int]) -> None:
    image, trimap = pair(*size)
    alpha = MattingPredictor(net)(image, trimap)
    assert alpha.shape == size
    assert alpha.dtype == np.float32
    assert alpha.min() >= 0
    assert alpha.max() <= 1


def test_unknown_pixels_take_the_output_and_known_pixels_the_trimap(net: nn.Module) -> None:
    image, trimap = pair(45, 70)
    alpha = MattingPredictor(net)(image, trimap)
    with torch.no_grad():
        whole = net(pad_to_multiple(to_input(image, trimap), 32))[0, 0, :45, :70].clamp(0, 1).numpy()
    unknown = trimap == 128
    np.testing.assert_allclose(alpha[unknown], whole[unknown], atol=1e-5)
    np.testing.assert_array_equal(alpha[~unknown], (trimap == 255)[~unknown])
    assert whole[unknown].std() > 1e-3


def test_padding_is_by_reflection_on_the_right_and_below() -> None:
    listening, (image, trimap) = listener(), pair(40, 60)
    MattingPredictor(listening)(image, trimap)
    (seen,) = listening.seen
    assert seen.shape == (1, 4, 64, 64)
    np.testing.assert_array_equal(seen[..., :40, :60], to_input(image, trimap))
    np.testing.assert_array_equal(seen[..., 40:, :60], seen[..., 15:39, :60].flip(2))
    np.testing.assert_array_equal(seen[..., 60:], seen[..., 55:59].flip(3))


def test_resizing_as_the_released_evaluation_does() -> None:
    listening, (image, trimap) = listener(), pair(40, 60)
    alpha = MattingPredictor(listening, resize=True)(image, trimap)
    (seen,) = listening.seen
    x = to_input(image, trimap)
    torch.testing.assert_close(seen[:, :3], F.interpolate(x[:, :3], (64, 64), mode="bicubic"))
    assert set(seen[0, 3].unique().tolist()) == {0, float(np.float32(128 / 255)), 1}
    back = F.interpolate(seen[:, :1] + 0.5, (40, 60), mode="bicubic")[0, 0].clamp(0, 1).numpy()
    unknown = trimap == 128
    np.testing.assert_allclose(alpha[unknown], back[unknown], atol=1e-6)
    assert not np.allclose(alpha, MattingPredictor(listening)(image, trimap), atol=0.01)


def test_the_kernel_of_resizing_is_that_of_opencv() -> None:
    cv2 = pytest.importorskip("cv2")
    image, trimap = pair(40, 60)
    listening = listener()
    MattingPredictor(listening, resize=True)(image, trimap)
    theirs = cv2.resize(
        to_input(image, trimap)[0].permute(1, 2, 0).numpy(), (64, 64), interpolation=cv2.INTER_CUBIC
    )
    np.testing.assert_allclose(listening.seen[0][0, :3].permute(1, 2, 0), theirs[..., :3], atol=1e-4)
    nearest = cv2.resize(trimap, (64, 64), interpolation=cv2.INTER_NEAREST)
    np.testing.assert_allclose(listening.seen[0][0, 3], nearest / 255, atol=1e-6)


def test_tiles_of_a_network_that_looks_no_further_than_a_pixel_are_the_whole() -> None:
    image, trimap = pair(150, 200)
    whole = MattingPredictor(listener())(image, trimap)
    listening = listener()
    tiles = MattingPredictor(listening, tile=96, overlap=32)(image, trimap)
    np.testing.assert_allclose(tiles, whole, atol=1e-6)
    assert len(listening.seen) > 4
    assert max(x.shape[-1] for x in listening.seen) == 96


def test_the_memory_limit_decides_about_tiles(net: nn.Module) -> None:
    image, trimap = pair(300, 320)
    sizes = []

    def note(_model: nn.Module, args: tuple[Tensor]) -> None:
        sizes.append(tuple(args[0].shape[-2:]))

    limit = 1e-9 * 200**2 * bytes_per_pixel(net, channels=4)
    with net.register_forward_pre_hook(note):
        MattingPredictor(net, max_memory=100)(image, trimap)
        assert sizes == [(320, 320)]
        sizes.clear()
        MattingPredictor(net, max_memory=limit, overlap=64)(image, trimap)
    assert sizes == [(192, 192)] * 4  # two tiles of 192 that share 64 make 320


def test_tiles_without_unknown_pixels_are_not_computed() -> None:
    image, trimap = pair(96, 320)
    trimap[:, 64:] = 255
    listening = listener()
    alpha = MattingPredictor(listening, tile=96, overlap=32)(image, trimap)
    assert len(listening.seen) == 1
    assert (alpha[:, 64:] == 1).all()


def test_sizes_that_differ() -> None:
    image, trimap = pair(40, 60)
    with pytest.raises(UserError, match=r"the trimap: is 40x59, but the image is 40x60 \(height x width\)"):
        MattingPredictor(listener())(image, trimap[:, 1:])


def test_tiles_smaller_than_the_overlap() -> None:
    with pytest.raises(UserError, match="tile must be larger than the overlap"):
        MattingPredictor(listener(), tile=64, overlap=96)(*pair(200, 200))


def test_loading(net_folder: Path, net: nn.Module, tmp_path: Path) -> None:
    loaded = load_model(net_folder)
    assert loaded.config == net.config
    assert not loaded.training
    image, trimap = pair(32, 40)
    np.testing.assert_allclose(
        MattingPredictor(loaded)(image, trimap), MattingPredictor(net)(image, trimap), atol=1e-5
    )
    save_pretrained(net, tmp_path / "other", {"task": "denoising"})
    with pytest.raises(UserError, match="weights for denoising, not for matting"):
        load_model(tmp_path / "other")
    save_pretrained(net, tmp_path / "nameless", {"task": "matting", "model": {"width": 1}})
    with pytest.raises(UserError, match="it names no matting model"):
        load_model(tmp_path / "nameless")


def test_networks_that_take_any_size_are_not_padded() -> None:
    image, trimap = pair(45, 70)
    model = create_model("b1", width=0.1).eval()
    with torch.inference_mode():
        expected = model(to_input(image, trimap)).clamp(0, 1)[0, 0].numpy()
    unknown = trimap == 128
    np.testing.assert_allclose(MattingPredictor(model)(image, trimap)[unknown], expected[unknown], atol=1e-5)


def test_running_out_of_memory_suggests_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    model = listener()
    monkeypatch.setattr(Listening, "forward", full)
    message = r"ran out of memory with 64x64 pixels, and tiles that share 256 pixels cannot be smaller"
    with pytest.raises(UserError, match=message):
        MattingPredictor(model)(*pair(40, 60))


@pytest.mark.parametrize(
    ("image", "trimap", "message"),
    [
        (
            np.zeros((40, 60, 3), np.int64),
            None,
            r"the image: expected uint8, uint16 or floats \(H, W, 3\) in \[0, 1\], got int64",
        ),
        (np.full((40, 60, 3), 200, np.float32), None, "the image: .* from 200 to 200"),
        (np.zeros((40, 60, 2), np.float32), None, r"the image: .* float32 \(40, 60, 2\)"),
        (None, np.ones((40, 60), bool), "the trimap: expected uint8 .* got bool"),
        (None, np.full((40, 60), 1, np.uint8), "the trimap: .* from 1 to 1"),
        (None, np.zeros((40, 60, 1), np.uint8), r"the trimap: .* uint8 \(40, 60, 1\)"),
    ],
)
def test_arrays_on_other_scales_are_refused(
    image: np.ndarray | None, trimap: np.ndarray | None, message: str
) -> None:
    good = pair(40, 60)
    with pytest.raises(UserError, match=message):
        MattingPredictor(listener())(
            good[0] if image is None else image, good[1] if trimap is None else trimap
        )


def test_arrays_pictures_and_tensors_give_the_same(net: nn.Module) -> None:
    predictor = MattingPredictor(net)
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    trimap = pair(40, 60)[1]
    expected = predictor(image.astype(np.float32) / np.float32(255), trimap)
    np.testing.assert_array_equal(predictor(image, trimap), expected)
    np.testing.assert_array_equal(predictor(Image.fromarray(image), Image.fromarray(trimap)), expected)
    tensors = torch.from_numpy(image).permute(2, 0, 1), torch.from_numpy(trimap)[None]
    np.testing.assert_array_equal(predictor(*tensors), expected)
