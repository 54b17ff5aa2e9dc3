import torch
import torch.nn.functional as F

from indexnet_matting.models.refinenet import ChainedResidualPooling, RefineNetMatting


def test_chained_residual_pooling_sums_every_link() -> None:
    pool = ChainedResidualPooling(3, links=2).double().eval()
    x = torch.randn(1, 3, 9, 8, dtype=torch.double)
    first = pool.links[0](F.max_pool2d(x, 5, 1, 2))
    second = pool.links[1](F.max_pool2d(first, 5, 1, 2))
    torch.testing.assert_close(pool(x), x + first + second)


def test_against_the_network_written_out() -> None:
    model = RefineNetMatting(width=0.1).double().eval()
    x = torch.randn(1, 4, 65, 97, dtype=torch.double)
    features = []
    y = x
    for layer in model.encoder.layers:
        y = layer(y)
        features.append(y)

    def reduced(*layers: int) -> torch.Tensor:
        return sum(model.reduce[str(layer)](features[layer]) for layer in layers)  # type: ignore

    def up(y: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        return F.interpolate(y, size, mode="bilinear", align_corners=True)

    y = model.pools[0](F.relu6(reduced(7, 6)))
    assert y.shape[2:] == (3, 4)
    y = model.pools[1](F.relu6(reduced(5, 4) + up(model.adapt[0](y), (5, 7))))
    y = model.pools[2](F.relu6(reduced(3) + up(model.adapt[1](y), (9, 13))))
    y = model.pools[3](F.relu6(reduced(2) + up(model.adapt[2](y), (17, 25))))
    torch.testing.assert_close(model(x), up(model.prediction(y), (65, 97)))
