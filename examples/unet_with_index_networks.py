"""A new U-Net whose pooling and upsampling are index networks, or any other operator, in 40 lines.

    python examples/unet_with_index_networks.py

It learns to find thin lines in noise, with three operators. Printed are what they cost and the error on new
pictures.
"""

import torch
from torch import Tensor, nn

from indexnet_core import ResamplingStages, initialize, measure_complexity


class UNet(nn.Module):
    """A U-Net of any depth, with the resampling ``operator``."""

    def __init__(
        self, operator: str, inputs: int, outputs: int, widths: tuple[int, ...] = (8, 16, 32)
    ) -> None:
        super().__init__()
        # The upsampled feature of a stage must be as wide as the one that was downsampled, since depthwise
        # index maps have that number of channels. (Holistic maps and interpolation fit any width.)
        *stages, bottom = widths
        self.resampling = ResamplingStages(operator, stages, pad=True)
        self.encoder = nn.ModuleList(_block(a, b) for a, b in zip((inputs, *stages), stages))
        self.bottom = nn.Sequential(_block(stages[-1], bottom), _block(bottom, stages[-1]))
        self.decoder = nn.ModuleList(_block(2 * b, a) for a, b in zip((stages[0], *stages), stages))
        self.head = nn.Conv2d(stages[0], outputs, 1)
        for part in (self.encoder, self.bottom, self.decoder, self.head):
            initialize(part)

    def forward(self, x: Tensor) -> Tensor:
        """(B, inputs, H, W) -> (B, outputs, H, W)."""
        guidances = []
        for stage, block in enumerate(self.encoder):
            x, guidance = self.resampling[stage].down(block(x), skip=True)
            guidances.append(guidance)
        x = self.bottom(x)
        for stage in reversed(range(len(guidances))):
            x = self.resampling[stage].up(x, guidances[stage])
            x = self.decoder[stage](torch.cat([x, guidances[stage].skip], 1))
        return self.head(x)


def _block(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()
    )


def noisy_lines(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Draw sixteen pictures of thin lines, with noise and without, each (16, 1, 32, 32)."""
    clean = torch.zeros(16, 1, 32, 32)
    for picture in clean:
        row, column = torch.randint(32, (2,), generator=generator).tolist()
        picture[0, row] = picture[0, :, column] = 1
    return clean + 0.5 * torch.randn(clean.shape, generator=generator), clean


def main() -> None:
    """Train the U-Net with each operator on the same pictures, and measure it on new ones."""
    held_out = noisy_lines(torch.Generator().manual_seed(1))
    for operator in ("max", "max+bilinear", "o2o-shared-nl"):
        torch.manual_seed(0)
        network, generator = UNet(operator, 1, 1), torch.Generator().manual_seed(0)
        optimizer = torch.optim.Adam(network.parameters(), 0.01)
        for _ in range(50):
            noisy, clean = noisy_lines(generator)
            loss = (network(noisy) - clean).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        noisy, clean = held_out
        with torch.inference_mode():
            error = (network.eval()(noisy) - clean).square().mean()
        cost = measure_complexity(network, noisy)
        print(f"{operator:<14} {cost.parameters} parameters, {cost.gflops:.4f} GFLOPs, error {error:.4f}")


if __name__ == "__main__":
    main()
