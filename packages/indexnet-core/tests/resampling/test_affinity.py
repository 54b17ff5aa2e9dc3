"""A2U compared with its formulas, for every pair of points of a neighbourhood and every kernel value."""

import pytest
import torch

from indexnet_core import create_resampling
from indexnet_core.analysis.complexity import Complexity, measure_complexity
from indexnet_core.errors import ShapeError, SpecError
from indexnet_core.resampling import AffinityResampling, Guidance
from indexnet_core.resampling.affinity import AffinityKernels

NAMES = ["a2u", "a2u-unshared"]


def weights(conv: torch.nn.Conv2d, k: int) -> torch.Tensor:
    """The weights of the 3k × 3k convolution, from those of the convolution of regions."""
    return torch.nn.functional.pixel_shuffle(conv.weight.detach(), k)


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("sharing", ["shared", "unshared"])
def test_affinity_is_a_sum_over_pairs_of_points(sharing: str, k: int) -> None:
    channels, count = 2, 9 * k * k
    layer = AffinityKernels(channels, sharing, k).double()  # type: ignore[arg-type]
    x = torch.randn(1, channels, 2 * k, 2 * k, dtype=torch.double)
    got = layer(x)
    slices = channels if sharing == "unshared" else 1
    u, v = (weights(conv, k).view(slices, count, -1).expand(channels, -1, -1) for conv in (layer.u, layer.v))
    bordered = torch.nn.functional.pad(x, [k] * 4)
    for i in range(2):
        for j in range(2):
            points = bordered[0, :, k * i : k * i + 3 * k, k * j : k * j + 3 * k].flatten(1)  # (C, N)
            for number in range(0, count, 5):
                total = 0.0
                for channel in range(channels):
                    for m in range(9 * k * k):
                        pair = points[channel, m] * points[channel]
                        total += (u[channel, number, m] * v[channel, number] * pair).sum().item() / channels
                assert abs(got[0, number // k**2, number % k**2, i, j].item() - total) < 1e-9


@pytest.mark.parametrize("name", NAMES)
def test_down_and_up_product_by_product(name: str) -> None:
    resampling = create_resampling(name, 3, 2)
    x, y = torch.randn(1, 3, 6, 8), torch.randn(1, 2, 3, 4)
    pooled, guidance = resampling.down(x)
    logits = resampling.affinity(x)[0].exp()  # (9, 4, 3, 4)
    down, up = torch.zeros(3, 3, 4), torch.zeros(2, 6, 8)
    for i in range(3):
        for j in range(4):
            for n in range(9):
                row, column = i + n // 3 - 1, j + n % 3 - 1
                if not (0 <= row < 3 and 0 <= column < 4):
                    continue
                for p in range(4):
                    tie = logits[n, p, i, j]
                    of_region = x[0, :, 2 * row + p // 2, 2 * column + p % 2]
                    down[:, i, j] += tie / logits[:, :, i, j].sum() * of_region
                    of_points = tie / logits[:, p, i, j].sum() * y[0, :, row, column]
                    up[:, 2 * i + p // 2, 2 * j + p % 2] += of_points
    torch.testing.assert_close(pooled[0], down)
    torch.testing.assert_close(resampling.up(y, guidance)[0], up)


@pytest.mark.parametrize(("name", "slices"), [("a2u", 1), ("a2u-unshared", 6)])
def test_parameters_and_multiply_accumulates(name: str, slices: int) -> None:
    kernels = create_resampling(name, 6).affinity
    assert measure_complexity(kernels, torch.zeros(2, 6, 8, 12)) == Complexity(
        2592 * slices, 2592 * slices * 4 * 6
    )


@pytest.mark.parametrize("name", NAMES)
def test_gradients(name: str) -> None:
    resampling = create_resampling(name, 2, 1).double()

    def there_and_back(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        pooled, guidance = resampling.down(x)
        return pooled, resampling.up(y, guidance)

    x, y = (
        torch.randn(1, channels, side, side, dtype=torch.double, requires_grad=True)
        for channels, side in ((2, 4), (1, 2))
    )
    assert torch.autograd.gradcheck(there_and_back, (x, y))


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_map_stays_constant_inside(name: str) -> None:
    resampling = create_resampling(name, 4)
    pooled, guidance = resampling.down(torch.full((1, 4, 12, 12), 3.0))
    torch.testing.assert_close(pooled[..., 1:-1, 1:-1], torch.full((1, 4, 4, 4), 3.0))
    up = resampling.up(torch.full((1, 4, 6, 6), 3.0), guidance)
    torch.testing.assert_close(up[..., 2:-2, 2:-2], torch.full((1, 4, 8, 8), 3.0))


def test_the_scale_of_affinities_does_not_grow_with_the_width() -> None:
    spreads = [
        AffinityKernels(width)(torch.randn(1, 8, 16, 16).repeat(1, width // 8, 1, 1)).std()
        for width in (8, 256)
    ]
    assert 0.5 < spreads[1] / spreads[0] < 2


@pytest.mark.parametrize("name", NAMES)
def test_state_dict_is_frozen(name: str) -> None:
    assert list(create_resampling(name, 4).state_dict()) == ["affinity.u.weight", "affinity.v.weight"]


def test_what_does_not_fit() -> None:
    resampling = AffinityResampling(4)
    with pytest.raises(ShapeError, match="these affinity kernels are for 4 channels, got 6"):
        resampling.down(torch.zeros(1, 6, 4, 4))
    with pytest.raises(ShapeError, match="this guidance holds no index"):
        resampling.up(torch.zeros(1, 4, 2, 2), Guidance((4, 4)))


def test_unknown_sharing_is_an_error() -> None:
    with pytest.raises(SpecError, match=r"a2u: sharing must be one of .*, got 'some'"):
        AffinityKernels(4, "some")  # type: ignore[arg-type]
