"""Training losses of Section 5.1: alpha and composition, over unknown pixels only."""

from collections.abc import Mapping

from torch import Tensor

__all__ = ["EPSILON", "alpha_loss", "composition_loss", "matting_loss"]

EPSILON = 1e-12
"""ε in √(d² + ε), which keeps the gradient finite at d = 0."""


def matting_loss(prediction: Tensor, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return half the alpha loss plus half the composition loss.

    Both are means over the images, whatever the number of unknown pixels in each, so that equal pieces of a
    batch weigh the same.

    Args:
        prediction: alpha (B, 1, H, W), not clipped.
        batch: ``image``, ``foreground`` and ``background`` (B, 3, H, W) in [0, 1], ``alpha`` (B, 1, H, W) in
            [0, 1], ``trimap`` (B, 1, H, W) with 0, 1, and anything between for unknown.

    Returns:
        ``loss``, to be minimised, and its parts ``alpha`` and ``composition``.

    Raises:
        ValueError: shapes do not fit (they would be broadcast otherwise).
    """
    trimap = batch["trimap"]
    unknown = (trimap > 0) & (trimap < 1)
    alpha = alpha_loss(prediction, batch["alpha"], unknown)
    composition = composition_loss(
        prediction, batch["image"], batch["foreground"], batch["background"], unknown
    )
    return {"loss": (alpha + composition) / 2, "alpha": alpha, "composition": composition}


def alpha_loss(prediction: Tensor, alpha: Tensor, unknown: Tensor) -> Tensor:
    """Return the mean over each image's unknown pixels of √((α̂ − α)² + ε), then over the images.

    Args:
        prediction: alpha (B, 1, H, W), not clipped.
        alpha: the truth (B, 1, H, W).
        unknown: bool (B, 1, H, W); an image without unknown pixels adds nothing.
    """
    _check_shapes(prediction, alpha, unknown)
    return _over_unknown(prediction.float() - alpha.float(), unknown)


def composition_loss(
    prediction: Tensor, image: Tensor, foreground: Tensor, background: Tensor, unknown: Tensor
) -> Tensor:
    """Like `alpha_loss`, for the composite with the prediction: α̂F + (1 − α̂)B against I, channels summed.

    Args:
        prediction: alpha (B, 1, H, W), not clipped.
        image: I (B, 3, H, W) in [0, 1].
        foreground: F (B, 3, H, W) in [0, 1].
        background: B (B, 3, H, W) in [0, 1].
        unknown: bool (B, 1, H, W).
    """
    _check_shapes(prediction, unknown)
    _check_shapes(image, foreground, background)
    if image.shape[:1] + image.shape[2:] != prediction.shape[:1] + prediction.shape[2:]:
        raise ValueError(f"prediction {tuple(prediction.shape)} and image {tuple(image.shape)} do not fit")
    weight = prediction.float()
    composed = weight * foreground.float() + (1 - weight) * background.float()
    return _over_unknown(composed - image.float(), unknown)


def _over_unknown(difference: Tensor, unknown: Tensor) -> Tensor:
    """Average over each image's own unknown pixels, then over the images.

    In float32 also under mixed precision: half precision would round ε to zero, and the gradient at d = 0
    would be infinite.

    Shape:
        difference (B, C, H, W), unknown (B, 1, H, W) -> scalar
    """
    errors = (difference.square() + EPSILON).sqrt() * unknown
    counts = unknown.flatten(1).sum(1).clamp(min=1)
    return (errors.flatten(1).sum(1) / counts).mean()


def _check_shapes(*tensors: Tensor) -> None:
    shapes = [tuple(tensor.shape) for tensor in tensors]
    if len(set(shapes)) > 1:
        raise ValueError(f"tensors of different shapes: {', '.join(map(str, shapes))}")
