"""Small networks in the style of third-party code: every kind of step, in modules and in forwards."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Functional(nn.Module):
    """Two stages, all in the forward; between them a call by two that belongs to no stage."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)
        self.third, self.last = nn.Conv2d(8, 4, 3, padding=1), nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        above = self.first(x).relu()
        x = self.second(F.max_pool2d(above, 2)).relu()
        x = F.interpolate(F.avg_pool2d(x, 2), size=x.shape[2:], mode="bilinear")
        x = F.interpolate(self.third(x), scale_factor=2.0)
        return self.last(torch.cat([x, above], 1))


class Shared(nn.Module):
    """One pooling and one upsampling module for all stages."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Conv2d(3 if i == 0 else 4, 4, 3, padding=1) for i in range(5)])
        self.pool, self.upsample = nn.MaxPool2d(2), nn.Upsample(scale_factor=2)

    def forward(self, x: Tensor) -> Tensor:
        skips = []
        for layer in self.layers[:2]:
            skips.append(layer(x).relu())
            x = self.pool(skips[-1])
        x = self.layers[2](x)
        for layer in self.layers[3:]:
            x = layer(self.upsample(x) + skips.pop())
        return x


class SegNet(nn.Module):
    """Pooling with indices and unpooling, and functional calls in the inner stage."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.last = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 1, 3, padding=1)
        self.pool, self.unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        x, outer = self.pool(self.first(x))
        x, inner = F.max_pool2d(x, 2, 2, return_indices=True)
        x = F.max_unpool2d(x, inner, 2, 2)
        return self.last(self.unpool(x, outer))


class Block(nn.Module):
    """A residual block that downsamples in both branches."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 2, 1, bias=False)
        self.bn1, self.relu = nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1)
        self.shortcut = nn.Sequential(nn.AvgPool2d(2, 2), nn.Conv2d(channels, width, 1))

    def forward(self, x: Tensor) -> Tensor:
        out = self.conv2(self.relu(self.bn1(self.conv1(x))))
        out += self.shortcut(x)
        return self.relu(out)


class Strided(nn.Module):
    """Strided convolutions of several kinds; deconvolutions and pixel shuffle for upsampling."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 4, 2, 1), nn.BatchNorm2d(4), nn.ReLU(inplace=True))
        self.separable = nn.Sequential(
            nn.Conv2d(4, 4, 3, 2, 1, groups=4), nn.BatchNorm2d(4), nn.ReLU6(), nn.Conv2d(4, 6, 1), nn.PReLU()
        )
        self.block = Block(6, 8)
        self.up = nn.ModuleList(
            [
                nn.ConvTranspose2d(8, 8, 2, 2),
                nn.Sequential(nn.Conv2d(8, 24, 1), nn.PixelShuffle(2)),
                nn.ConvTranspose2d(6, 4, 4, 2, 1),
            ]
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.block(self.separable(self.stem(x)))
        for up in self.up:
            x = up(x)
        return x


class TwoEncoders(nn.Module):
    """Two poolings of the same size that are not branches of one block."""

    def __init__(self) -> None:
        super().__init__()
        self.colour, self.depth = nn.MaxPool2d(2), nn.AvgPool2d(2)
        self.up = nn.Upsample(scale_factor=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.up(self.colour(x) + self.depth(x))


class Hourglass(nn.Sequential):
    """Down and up, twice; an `nn.Sequential` calls all its children."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 4, 3, padding=1),
            nn.MaxPool2d(2),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(4, 4, 3, padding=1),
            nn.MaxPool2d(2),
            nn.Upsample(scale_factor=2),
        )


class Pyramid(nn.Module):
    """Two branches that upsample the same map, one of them narrower."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.pool = nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(2)
        self.narrow = nn.Conv2d(4, 2, 1)
        self.left, self.right = nn.Upsample(scale_factor=2), nn.Upsample(scale_factor=2, mode="bilinear")

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = self.pool(self.first(x))
        return {"left": self.left(x), "right": self.right(self.narrow(x))}


class Moody(Functional):
    """Upsamples differently in training."""

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        pooled = F.max_pool2d(self.first(x), 2)
        return F.interpolate(pooled, size=x.shape[2] // 2)
