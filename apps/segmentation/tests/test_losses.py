import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_segmentation.losses import BALANCES, median_frequency_weights, softmax_loss


def batch(void: float = 0.3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(2, 5, 7, 6, generator=generator)
    label = torch.randint(0, 5, (2, 7, 6), generator=generator)
    label[torch.rand(2, 7, 6, generator=generator) < void] = 255
    return scores.requires_grad_(), label


def test_it_is_the_mean_negative_log_probability_of_the_known_pixels() -> None:
    scores, label = batch()
    log_probability = scores.log_softmax(1)
    values = [
        -log_probability[b, label[b, i, j], i, j]
        for b in range(2)
        for i in range(7)
        for j in range(6)
        if label[b, i, j] != 255
    ]
    torch.testing.assert_close(softmax_loss(scores, label), torch.stack(values).mean())


def test_weights_are_those_of_pytorch() -> None:
    scores, label = batch()
    weights = torch.tensor([0.5, 1, 2, 0, 3])
    expected = F.cross_entropy(scores, label, weights, ignore_index=255)
    torch.testing.assert_close(softmax_loss(scores, label, weights), expected)


@pytest.mark.parametrize("weights", [None, torch.ones(5)])
def test_pixels_without_a_class_have_no_gradient(weights: torch.Tensor | None) -> None:
    scores, label = batch()
    softmax_loss(scores, label, weights).backward()
    touched = scores.grad.abs().sum(1) > 0
    assert torch.equal(touched, label != 255)


@pytest.mark.parametrize("weights", [None, torch.ones(5), torch.zeros(5)])
def test_a_batch_without_any_class_gives_no_nan(weights: torch.Tensor | None) -> None:
    scores, label = batch()
    loss = softmax_loss(scores, torch.full_like(label, 255), weights)
    loss.backward()
    assert loss == 0
    assert not scores.grad.any()


def test_half_precision_is_computed_in_float32() -> None:
    scores, label = batch()
    loss = softmax_loss(scores.detach().bfloat16(), label)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, softmax_loss(scores.detach().bfloat16().float(), label))


def test_shapes_that_do_not_fit() -> None:
    scores, label = batch()
    for wrong in (label[:1], label[:, :5], label[None]):
        with pytest.raises(ValueError, match="do not fit"):
            softmax_loss(scores, wrong)


def test_median_frequencies_by_hand() -> None:
    pixels = np.array([[90, 10, 0, 0], [50, 0, 50, 0], [0, 0, 100, 0]])
    # Frequencies: 140/200, 10/100, 150/200; their median is 0.7.
    np.testing.assert_allclose(
        median_frequency_weights(pixels), [0.7 / 0.7, 0.7 / 0.1, 0.7 / 0.75, 0], rtol=1e-6
    )


def test_balances_by_name() -> None:
    pixels = np.array([[90, 10], [50, 50]])
    assert BALANCES["none"](pixels) is None
    full, root = (BALANCES[name](pixels) for name in ("median-frequency", "root-median-frequency"))
    np.testing.assert_allclose(root, np.sqrt(full))  # type: ignore[arg-type]


def test_no_class_at_all() -> None:
    with pytest.raises(UserError, match="no pixel of the training labels has a class"):
        median_frequency_weights(np.zeros((3, 4), np.int64))


@pytest.mark.data
def test_the_weights_that_segnet_published_for_camvid(shared) -> None:
    """They were computed with void as a twelfth class and apparently on slightly different labels. They agree
    up to a common factor, within 13 %, except for the sign symbols (9.64).
    """
    files = sorted(shared("data/segmentation/camvid/trainannot").glob("*.png"))
    labels = [np.asarray(Image.open(file)) for file in files]
    pixels = np.stack([np.bincount(label.ravel(), minlength=12)[:11] for label in labels])
    published = [0.2595, 0.1826, 4.5640, 0.1417, 0.9051, 0.3826, 9.6446, 1.8418, 0.6823, 6.2478, 7.3614]
    ratio = np.delete(median_frequency_weights(pixels) / published, 6)
    np.testing.assert_allclose(ratio / np.median(ratio), 1, atol=0.13)
