import pytest
import torch
from torch import Tensor, nn

from indexnet_core import INDEX_NETWORKS, Normalization, create_resampling
from indexnet_core.resampling import IndexedResampling
from indexnet_denoising.models import create_model as create_denoiser
from indexnet_depth.models import create_model as create_depth
from indexnet_matting.models import create_model as create_matting
from indexnet_segmentation.models import create_model as create_segmentation
from tools.bench.literal import LiteralIndexedResampling, cut_columns, literal_copy, make_literal

TIGHT = {"rtol": 1e-10, "atol": 1e-10}


def stage(operator: str, channels: int = 4, **options: object) -> IndexedResampling:
    resampling = create_resampling(operator, channels, **options)  # type: ignore[arg-type]
    assert isinstance(resampling, IndexedResampling)
    resampling = resampling.double()
    for layer in resampling.modules():
        if isinstance(layer, nn.BatchNorm2d):  # fresh ones would hide columns that are mixed up
            for tensor in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
                nn.init.uniform_(tensor, 0.5, 1.5)
    return resampling


def run(resampling: nn.Module, x: Tensor, y: Tensor) -> list[Tensor]:
    """Pooled, skip, upsampled; then the gradients of x, y and all parameters."""
    inputs = [x.clone().requires_grad_(), y.clone().requires_grad_(), *resampling.parameters()]
    pooled, guidance = resampling.down(inputs[0], skip=True)  # type: ignore[operator]
    results = [pooled, guidance.skip, resampling.up(inputs[1], guidance)]  # type: ignore[operator]
    weights = [torch.linspace(-1, 2, result.numel(), dtype=x.dtype).view_as(result) for result in results]
    loss = sum((result * weight).sum() for result, weight in zip(results, weights))
    return [*results, *torch.autograd.grad(loss, inputs)]  # type: ignore[arg-type]


def assert_equal(ours: IndexedResampling, literal: LiteralIndexedResampling, k: int = 2) -> None:
    width = ours.up_channels or 4
    x, y = torch.randn(2, 4, 2 * k, 3 * k).double(), torch.randn(2, width, 2, 3).double()
    found, expected = run(ours, x, y), run(literal, x, y)
    torch.testing.assert_close(found[:5], expected[:5], **TIGHT)
    names = [name for name, _ in ours.network.named_parameters()]
    gradients = dict(zip([name for name, _ in literal.named_parameters()], expected[5:], strict=True))
    for name, gradient in zip(names, found[5:], strict=True):
        for place, part in enumerate(cut_columns(ours.network, name, gradient)):
            there = f"network.columns.{place}.{name.removeprefix('block.')}"
            torch.testing.assert_close(part, gradients.pop(there), **TIGHT)
    assert not gradients


@pytest.mark.parametrize("mode", ["train", "eval"])
@pytest.mark.parametrize("operator", INDEX_NETWORKS)
def test_computes_what_ours_computes(operator: str, mode: str) -> None:
    ours = stage(operator).train(mode == "train")
    literal = literal_copy(ours)
    assert literal.training == literal.network.training == (mode == "train")
    assert_equal(ours, literal)
    # The statistics of four columns are those of one.
    columns = literal.network.state_dict()
    for name in ours.network.state_dict():
        for place, part in enumerate(cut_columns(ours.network, name)):
            there = columns[f"columns.{place}.{name.removeprefix('block.')}"]
            torch.testing.assert_close(there, part, **TIGHT)


@pytest.mark.parametrize("normalization", ["sigmoid", "softmax", "softmax+sigmoid"])
def test_all_of_table_4(normalization: Normalization) -> None:
    for operator in ("hin", "o2o-unshared-nl"):
        ours = stage(operator, normalization=normalization)
        assert_equal(ours, literal_copy(ours))


@pytest.mark.parametrize("options", [{"expansion": 1}, {"k": 3}, {"up_channels": 2, "channel_rule": "mean"}])
def test_options_are_taken_over(options: dict[str, object]) -> None:
    ours = stage("m2o-nl-c", **options)
    assert_equal(ours, literal_copy(ours), k=ours.k)


def test_odd_sizes_are_padded_where_ours_are() -> None:
    ours = stage("hin-nl", pad=True)
    x = torch.randn(1, 4, 5, 7).double()
    for resampling in (ours, literal_copy(ours)):
        pooled, guidance = resampling.down(x)
        assert pooled.shape == (1, 4, 3, 4)
        assert resampling.up(pooled, guidance).shape == x.shape


def test_weights_are_copies() -> None:
    ours = stage("m2o-nl")
    literal = literal_copy(ours)
    before = [parameter.clone() for parameter in ours.parameters()]
    with torch.no_grad():
        for parameter in literal.parameters():
            parameter.zero_()
    assert all(torch.equal(*pair) for pair in zip(before, ours.parameters()))


@pytest.mark.parametrize(
    ("model", "channels"),
    [
        (create_matting("b11", resampling="m2o-nl-c", width=0.1), 4),
        (create_denoiser("dncnn-segnet", resampling="o2o-modelwise-nl", width=4), 1),
        (create_segmentation("segnet", resampling="o2o-shared-nl-c", classes=3, width=4), 3),
        (create_depth("fastdepth-p-nnconv5", resampling="o2o-unshared-nl", width=0.1), 3),
        (create_depth("fastdepth-p-nnconv5", resampling="hin", width=0.1), 3),
    ],
    ids=["matting", "denoising", "segmentation", "depth", "depth holistic"],
)
def test_whole_networks(model: nn.Module, channels: int) -> None:
    model = model.double().eval()
    literal = make_literal(model)
    assert not [module for module in literal.modules() if isinstance(module, IndexedResampling)]
    assert [module for module in model.modules() if isinstance(module, IndexedResampling)]
    x = torch.rand(1, channels, 32, 64).double()
    with torch.no_grad():
        torch.testing.assert_close(literal(x), model(x), **TIGHT)
    assert sum(p.numel() for p in literal.parameters()) == sum(p.numel() for p in model.parameters())


def test_a_modelwise_network_stays_one() -> None:
    literal = make_literal(create_matting("b11", resampling="o2o-modelwise", width=0.1))
    assert (
        len({id(module) for module in literal.modules() if isinstance(module, LiteralIndexedResampling)}) == 1
    )


def test_a_network_without_index_networks_stays_as_it_is() -> None:
    model = create_matting("b11", width=0.1)
    literal = make_literal(model)
    assert [type(module) for module in literal.modules()] == [type(module) for module in model.modules()]
