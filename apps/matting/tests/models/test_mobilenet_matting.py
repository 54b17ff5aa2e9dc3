import copy

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from indexnet_core import SpecError, collect_index_maps, optimize_for_inference
from indexnet_core.fused import strips
from indexnet_matting.models.mobilenet_matting import MobileNetMatting


def widths(model: nn.Module, part: str) -> list[tuple[int, int]]:
    return [
        (layer.in_channels, layer.out_channels)
        for layer in model.get_submodule(part).modules()
        if isinstance(layer, nn.Conv2d)
    ]


def on_meta(**arguments: object) -> MobileNetMatting:
    with torch.device("meta"):
        return MobileNetMatting(**arguments)  # type: ignore[arg-type]


def test_decoder_widths_are_those_of_the_facts() -> None:
    assert widths(on_meta(), "decoder") == [
        (64, 32), (32, 32), (48, 16), (64, 24), (128, 32), (192, 64), (320, 96)
    ]  # fmt: skip
    halved = [(32, 32), (16, 32), (24, 16), (32, 24), (64, 32), (96, 64), (160, 96)]
    assert widths(on_meta(fusion="skip"), "decoder") == halved
    assert widths(on_meta(fusion="none"), "decoder") == halved
    assert widths(on_meta(), "prediction") == [(32, 1), (1, 1)]
    assert widths(on_meta(context="none"), "context") == [(320, 160)]


def test_no_convolution_has_a_bias_and_all_but_the_last_a_norm() -> None:
    for arguments in ({}, {"resampling": "o2o-unshared"}, {"context": "none"}):
        model = on_meta(**arguments)
        convolutions = [layer for layer in model.modules() if isinstance(layer, nn.Conv2d)]
        assert all(layer.bias is None for layer in convolutions)
        norms = sum(isinstance(layer, nn.BatchNorm2d) for layer in model.modules())
        indices = 5 if "resampling" in arguments else 0
        assert len(convolutions) - norms == 1 + indices
        assert not any(isinstance(layer, nn.ReLU) for layer in model.modules())


def test_keys_are_frozen() -> None:
    modules = {key.rpartition(".")[0] for key in on_meta(resampling="hin").state_dict()}
    assert {name for name in modules if not name.startswith("encoder")} == {
        *(f"context.{name}.{kind}" for name in ("point", "mean", "project") for kind in ("conv", "norm")),
        *(
            f"context.atrous.{branch}.{part}.{kind}"
            for branch in range(3)
            for part in ("depthwise", "project")
            for kind in ("conv", "norm")
        ),
        *(f"decoder.{layer}.{kind}" for layer in range(7) for kind in ("conv", "norm")),
        *("prediction.0.conv", "prediction.0.norm", "prediction.1"),
        *(f"resampling.stages.{stage}.network.block.conv" for stage in range(5)),
    }


def _unfused(model: MobileNetMatting, x: Tensor, fuse: str) -> Tensor:
    """The network written out for max pooling and unpooling."""
    guides, skips = {}, []
    for layer, blocks in enumerate(model.encoder.layers[:7]):
        x = blocks(x)
        skips.append(x)
        if layer in (0, 2, 3, 4, 6):
            x, guides[layer] = F.max_pool2d(x, 2, return_indices=True)
    y = model.context(model.encoder.layers[7](x))
    for layer in (6, 5, 4, 3, 2, 1, 0):
        if layer in guides:
            y = F.max_unpool2d(y, guides[layer], 2)
        if fuse == "concat":
            y = torch.cat([y, skips[layer]], 1)
        elif fuse == "skip":
            y = y + skips[layer]
        y = model.decoder[layer](y)
    return model.prediction(y)


@pytest.mark.parametrize("fusion", ["none", "skip", "concat"])
@pytest.mark.parametrize("context", ["none", "aspp"])
def test_fusions_against_the_network_written_out(fusion: str, context: str) -> None:
    model = MobileNetMatting("max", fusion, context, width=0.25).double().eval()  # type: ignore[arg-type]
    x = torch.randn(2, 4, 64, 32, dtype=torch.double)
    torch.testing.assert_close(model(x), _unfused(model, x, fusion))


@pytest.mark.parametrize("operator", ["hin-nl", "hmi", "m2o"])
def test_skips_of_pooled_stages_are_index_weighted(operator: str) -> None:
    """With the decoder cut off from below, the skips of the stages still carry the indices."""
    model = MobileNetMatting(operator, width=0.25).double().eval()
    caught: list[Tensor] = []
    model.decoder[0].register_forward_hook(lambda module, inputs, output: caught.append(inputs[0]))
    x = torch.rand(1, 4, 32, 32, dtype=torch.double)
    model(x)
    feature = model.encoder.layers[0](x)
    _, guidance = model.resampling[0].down(feature, skip=True)
    skip = caught[0][:, feature.shape[1] :]
    torch.testing.assert_close(skip, guidance.skip)
    assert not torch.allclose(skip, feature)


@pytest.mark.parametrize(("operator", "networks"), [("o2o-modelwise", 1), ("o2o-shared", 5), ("max", 0)])
def test_five_stages_of_indices(operator: str, networks: int) -> None:
    model = MobileNetMatting(operator, width=0.25).eval()
    assert sum(name.startswith("resampling") for name in model.state_dict()) == networks
    shapes = [tuple(pair.decoder.shape) for pair in collect_index_maps(model, torch.rand(1, 4, 64, 32))]
    expected = [(1, 8, 64, 32), (1, 6, 32, 16), (1, 8, 16, 8), (1, 16, 8, 4), (1, 40, 4, 2)]
    assert shapes == (expected if networks else [])


@pytest.mark.parametrize("operator", ["max", "hin", "stride+bilinear"])
def test_output_stride_16(operator: str) -> None:
    fusion = "none" if operator == "stride+bilinear" else "concat"
    model = MobileNetMatting(operator, fusion, width=0.25, output_stride=16).eval()  # type: ignore[arg-type]
    assert model.stride == 16
    assert len(model.resampling) == 4
    assert [branch.depthwise.conv.dilation for branch in model.context.atrous] == [
        (6, 6),
        (12, 12),
        (18, 18),
    ]
    sizes: list[tuple[int, ...]] = []
    model.context.register_forward_hook(lambda module, inputs, output: sizes.append(tuple(output.shape)))
    assert model(torch.rand(1, 4, 48, 80)).shape == (1, 1, 48, 80)
    assert sizes == [(1, 40, 3, 5)]


def test_padding_is_reflection_on_the_right_and_below() -> None:
    model = MobileNetMatting("o2o-unshared", width=0.25).eval()
    padding = copy.deepcopy(model)
    padding.pad = True
    x = torch.rand(1, 4, 50, 60)
    padded = F.pad(x, (0, 4, 0, 14), mode="reflect")
    torch.testing.assert_close(padding(x), model(padded)[..., :50, :60])
    torch.testing.assert_close(padding(padded), model(padded))


def test_he_and_released_initialisation() -> None:
    torch.manual_seed(0)
    deviations = {}
    for init in ("he", "released"):
        model = MobileNetMatting("m2o", init=init)  # type: ignore[arg-type]
        deviations[init] = (
            model.decoder[5].conv.weight.std().item(),
            model.encoder.layers[7][0].depthwise.conv.weight.std().item(),
            model.resampling[3].network.block.conv.weight.std().item(),
        )
    # Fan-in: 192·25, 9, 64·4. Released: 25·64, 9·960, 4·64 (one column's outputs).
    assert deviations["he"] == pytest.approx([(2 / 4800) ** 0.5, (2 / 9) ** 0.5, (2 / 256) ** 0.5], rel=0.03)
    assert deviations["released"] == pytest.approx(
        [(2 / 1600) ** 0.5, (2 / 8640) ** 0.5, (2 / 256) ** 0.5], rel=0.03
    )


def test_options_that_do_not_exist() -> None:
    with pytest.raises(SpecError, match=r"fusion must be one of \('none', 'skip', 'concat'\), got 'sum'"):
        MobileNetMatting(fusion="sum")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"context must be one of \('none', 'aspp'\), got 'crp'"):
        MobileNetMatting(context="crp")  # type: ignore[arg-type]
    with pytest.raises(SpecError, match=r"output_stride must be one of \(16, 32\), got 8"):
        MobileNetMatting(width=0.1, output_stride=8)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="stride\\+nearest leaves no feature to fuse; choose fusion='none'"):
        MobileNetMatting("stride+nearest")


@pytest.mark.slow
@pytest.mark.parametrize("operator", ["max", "m2o-nl-c"])
def test_it_compiles_as_one_graph_and_exports(operator: str) -> None:
    model = MobileNetMatting(operator, width=0.1).eval()
    x = torch.rand(1, 4, 32, 64)
    torch._dynamo.reset()
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), model(x))
    exported = torch.export.export(model, (x,)).module()
    torch.testing.assert_close(exported(x), model(x))


def test_half_precision_autocast_gives_about_the_same() -> None:
    model = MobileNetMatting("hin-nl-c", width=0.25).eval()
    x = torch.rand(1, 4, 32, 32)
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        rough = model(x)
    assert (rough.float() - model(x)).abs().max() < 0.1 * model(x).abs().max() + 0.05


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("operator", ["max", "o2o-shared-nl", "m2o-nl-c", "hmi"])
def test_the_gpu_agrees(operator: str) -> None:
    model = MobileNetMatting(operator).double().eval()
    x = torch.rand(1, 4, 64, 96, dtype=torch.double)
    expected = model(x)
    torch.testing.assert_close(model.cuda()(x.cuda()).cpu(), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("resampling", ["m2o-nl-c", "o2o-shared", "max"])
@pytest.mark.parametrize(("fusion", "output_stride"), [("concat", 32), ("skip", 16), ("none", 32)])
def test_strips_equal_the_whole(
    resampling: str, fusion: str, output_stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = MobileNetMatting(resampling, fusion, width=0.125, output_stride=output_stride).eval().double()
    x = torch.rand(1, 4, 160, 64, dtype=torch.float64)
    whole = model(x)
    monkeypatch.setattr(strips, "_VALUES", 1024)
    torch.testing.assert_close(optimize_for_inference(model)(x), whole, rtol=0, atol=1e-10)
