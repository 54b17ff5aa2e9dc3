"""Networks with an output for every pixel: input sizes and padding."""

from typing import Any

from torch import Tensor, nn

from indexnet_core import check_divisible, crop_to, pad_to_multiple

__all__ = ["DenseNetwork"]


class DenseNetwork(nn.Module):
    """Base class that pads the input and crops the output; subclasses implement `estimate`.

    Args:
        stride: height and width of the input must be divisible by it; tiles of an image begin at its
            multiples.
        pad: whether other sizes are padded by reflection and cropped back; they are an error otherwise.
        any_size: whether the network accepts every size; then ``pad`` has no effect.
        reach: the distance in pixels of the furthest input pixel on which an output pixel depends; None if it
            is not known, or all depend on all.

    Attributes:
        config: name and arguments from which the application's ``create_model`` builds the network again.

    Shape: input (B, C, H, W) -> (B, C', H, W)

    Raises:
        ShapeError: if the sides are not divisible by the stride and ``pad`` is not set.
    """

    config: dict[str, Any]

    def __init__(
        self, stride: int, *, pad: bool = False, any_size: bool = False, reach: int | None = None
    ) -> None:
        super().__init__()
        self.stride = stride
        self.pad = pad
        self.any_size = any_size
        self.reach = reach

    def forward(self, x: Tensor) -> Tensor:
        """Run the network at the size of the input."""
        if self.any_size:
            return self.estimate(x)
        size = (x.shape[-2], x.shape[-1])
        if self.pad:
            x = pad_to_multiple(x, self.stride)
        else:
            check_divisible(*size, self.stride)
        return crop_to(self.estimate(x), size)

    def estimate(self, x: Tensor) -> Tensor:
        """Run the network on an input whose sides are divisible by the stride."""
        raise NotImplementedError
