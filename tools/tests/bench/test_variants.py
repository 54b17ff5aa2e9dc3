import torch
from torch import nn

from indexnet_denoising.models import create_model
from tools.bench.variants import PLAIN, Variant


def gradients(model: nn.Module, x: torch.Tensor) -> list[torch.Tensor]:
    return [*torch.autograd.grad(model(x).square().sum(), list(model.parameters()))]


def test_names() -> None:
    assert str(PLAIN) == "32 channels-first"
    everything = Variant("bf16-mixed", "channels-last", "compiled", "checkpointed")
    assert str(everything) == "bf16-mixed channels-last compiled checkpointed"


def test_checkpointed_blocks_give_the_same_gradients_and_keep_less() -> None:
    x = torch.rand(2, 1, 16, 16)
    plain = create_model("dncnn-segnet", width=4)
    expected = gradients(plain, x)
    kept: list[int] = []

    def count(tensor: torch.Tensor) -> torch.Tensor:
        kept[-1] += tensor.numel()
        return tensor

    for variant in (PLAIN, Variant(activations="checkpointed")):
        model = variant.module(plain, "cpu")
        kept.append(0)
        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            model(x)
    assert kept[1] < 0.6 * kept[0]
    for found, gradient in zip(gradients(model, x), expected, strict=True):
        torch.testing.assert_close(found, gradient, rtol=1e-3, atol=1e-4)


def test_memory_format() -> None:
    variant = Variant("bf16", "channels-last")
    x = variant.tensor(torch.rand(1, 4, 8, 8), "cpu")
    assert x.dtype == torch.bfloat16
    assert x.is_contiguous(memory_format=torch.channels_last)
    weight = variant.module(nn.Conv2d(4, 4, 3), "cpu").weight
    assert weight.is_contiguous(memory_format=torch.channels_last)
