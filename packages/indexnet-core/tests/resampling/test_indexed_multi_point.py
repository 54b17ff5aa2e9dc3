"""Multi-point index networks as a resampling."""

import pytest
import torch

from indexnet_core import create_resampling
from indexnet_core.errors import ShapeError
from indexnet_core.functional.indexed import indexed_pool
from indexnet_core.functional.multi_point import multi_point_upsample
from indexnet_core.resampling import Guidance, MultiPointResampling


@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("name", ["hin-nl-mp", "o2o-shared-mp", "m2o-nl-c-mp"])
def test_indexed_pooling_down_and_kernels_up(name: str, k: int) -> None:
    resampling = create_resampling(name, 4, k=k).eval()
    assert isinstance(resampling, MultiPointResampling)
    x, y = torch.randn(2, 4, 2 * k, 3 * k), torch.randn(2, 4, 2, 3)
    maps = resampling.network(x)
    pooled, guidance = resampling.down(x, skip=True)
    torch.testing.assert_close(pooled, indexed_pool(x, maps.encoder, k))
    torch.testing.assert_close(guidance.skip, x * maps.encoder)
    torch.testing.assert_close(resampling.up(y, guidance), multi_point_upsample(y, maps.kernels, k))


@pytest.mark.parametrize("name", ["hin-mp", "o2o-modelwise-nl-mp", "o2o-unshared-mp", "m2o-nl-mp"])
def test_gradients(name: str) -> None:
    resampling = create_resampling(name, 2).double().eval()

    def there_and_back(x: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        pooled, guidance = resampling.down(x)
        return pooled, resampling.up(y, guidance)

    inputs = [torch.randn(1, 2, *size, dtype=torch.double, requires_grad=True) for size in ((4, 4), (2, 2))]
    assert torch.autograd.gradcheck(there_and_back, inputs)


@pytest.mark.parametrize("rule", ["mean", "max", "first", "squeeze"])
def test_a_narrower_decoder_is_guided_by_the_rule(rule: str) -> None:
    resampling = create_resampling("m2o-mp", 4, 2, channel_rule=rule)  # type: ignore[arg-type]
    _, guidance = resampling.down(torch.randn(1, 4, 4, 6))
    assert guidance.index.kernels is not None
    a, b, c, d = guidance.index.kernels.unbind(1)
    wanted = {
        "mean": [(a + b) / 2, (c + d) / 2],
        "max": [torch.maximum(a, b), torch.maximum(c, d)],
        "first": [a, b],
        "squeeze": [(a + b + c + d) / 4] * 2,
    }[rule]
    y = torch.randn(1, 2, 2, 3)
    expected = multi_point_upsample(y, torch.stack(wanted, 1))
    torch.testing.assert_close(resampling.up(y, guidance), expected)


def test_what_does_not_fit() -> None:
    resampling = create_resampling("hin-mp", 4)
    with pytest.raises(ShapeError, match="this guidance holds no index"):
        resampling.up(torch.zeros(1, 4, 2, 2), Guidance((4, 4)))
    _, guidance = resampling.down(torch.zeros(1, 4, 4, 4))
    with pytest.raises(ShapeError, match="does not fit a stage that downsampled"):
        resampling.up(torch.zeros(1, 4, 3, 2), guidance)
