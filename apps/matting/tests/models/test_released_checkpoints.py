"""Released checkpoints against their networks written out: four separate columns, plain functions."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from indexnet_core import count_parameters
from indexnet_engine.errors import UserError
from indexnet_engine.weights.pretrained import from_pretrained, save_pretrained
from indexnet_matting.models import create_model
from indexnet_matting.models.released_checkpoints import import_released, recognise

LAYERS = [(1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1)]
STAGES = {0: 32, 2: 24, 3: 32, 4: 64, 6: 160}
DECODER = {6: (320, 96), 5: (192, 64), 4: (128, 32), 3: (64, 24), 2: (48, 16), 1: (32, 32), 0: (64, 32)}
VARIANTS = {"linear": "", "nonlinear": "-nl", "nonlinear+context": "-nl-c"}
# Name there and here, and the parameters of the network. 5,953,515 is the official "nonlinear+context" M2O.
CONFIGURATIONS = {
    "max-unpool": ("max", 3_753_259),
    "hin linear": ("hin", 3_758_251),
    "hin nonlinear": ("hin-nl", 4_015_563),
    "hin nonlinear+context": ("hin-nl-c", 4_791_243),
    "o2o-unshared linear": ("o2o-unshared", 3_758_251),
    "o2o-unshared nonlinear": ("o2o-unshared-nl", 3_761_995),
    "o2o-unshared nonlinear+context": ("o2o-unshared-nl-c", 3_776_971),
    "m2o linear": ("m2o", 4_270_379),
    "m2o nonlinear": ("m2o-nl", 4_402_155),
    "m2o nonlinear+context": ("m2o-nl-c", 5_953_515),
}
Shapes = list[tuple[str, list[int]]]


def norm(prefix: str, width: int) -> Shapes:
    values = ("weight", "bias", "running_mean", "running_var")
    return [(f"{prefix}.{value}", [width]) for value in values] + [(f"{prefix}.num_batches_tracked", [])]


def layer(prefix: str, place: int, shape: list[int]) -> Shapes:
    return [
        (f"{prefix}.{place}.weight", shape),
        *norm(f"{prefix}.{place + 1}", shape[0]),
    ]


def index_shapes(stage: int, wide: int, family: str, variant: str) -> Shapes:
    """The stored form of an index network: a block for HIN, four columns otherwise."""
    size = 4 if variant == "nonlinear+context" else 2
    if family == "hin":
        prefix, hidden, out = f"index{stage}.indexnet", 2 * wide, 4
        if variant == "linear":
            return [(f"{prefix}.weight", [4, wide, 2, 2])]
        return layer(prefix, 0, [hidden, wide, size, size]) + [(f"{prefix}.3.weight", [out, hidden, 1, 1])]
    found: Shapes = []
    seen = 1 if family == "o2o-unshared" else wide
    for column in (1, 2, 3, 4):
        prefix = f"index{stage}.indexnet{column}"
        if variant == "linear":
            found.append((f"{prefix}.0.weight", [wide, seen, 2, 2]))
        else:
            found += layer(prefix, 0, [wide, seen, size, size])
            found.append((f"{prefix}.3.weight", [wide, seen, 1, 1]))
    return found


def released_shapes(configuration: str) -> Shapes:
    """Names and shapes of the tensors in a released checkpoint."""
    found = layer("layer0", 0, [32, 4, 3, 3])
    wide = 32
    for number, (expansion, out, blocks) in enumerate(LAYERS, 1):
        for block in range(blocks):
            prefix, hidden, place = f"layer{number}.{block}.conv", wide * expansion, 0
            if expansion > 1:
                found += layer(prefix, 0, [hidden, wide, 1, 1])
                place = 3
            found += layer(prefix, place, [hidden, 1, 3, 3])
            found += layer(prefix, place + 3, [out, hidden, 1, 1])
            wide = out
    found += layer("dconv_pp.aspp1.atrous_conv", 0, [256, 320, 1, 1])
    for branch in (2, 3, 4):
        found += layer(f"dconv_pp.aspp{branch}.atrous_conv", 0, [320, 1, 3, 3])
        found += layer(f"dconv_pp.aspp{branch}.atrous_conv", 3, [256, 320, 1, 1])
    found += layer("dconv_pp.global_avg_pool", 1, [256, 320, 1, 1])
    found += layer("dconv_pp.bottleneck_conv", 0, [160, 1280, 1, 1])
    for number, (wide, out) in DECODER.items():
        found += layer(f"decoder_layer{number}.dconv", 0, [out, wide, 5, 5])
    found += layer("pred.0", 0, [1, 32, 5, 5])
    found.append(("pred.1.weight", [1, 1, 5, 5]))
    if configuration != "max-unpool":
        family, variant = configuration.split()
        for stage, wide in STAGES.items():
            found += index_shapes(stage, wide, family, variant)
    return found


def random_checkpoint(configuration: str) -> dict[str, Tensor]:
    """Tensors that a trained network could have, so that errors do not cancel out."""
    generator = torch.Generator().manual_seed(1)
    tensors = {}
    for name, shape in released_shapes(configuration):
        noise = torch.randn(shape, generator=generator)
        if name.endswith("num_batches_tracked"):
            tensors[name] = torch.tensor(90_000)
        elif len(shape) == 4:
            tensors[name] = noise * (2 / (shape[1] * shape[2] * shape[3])) ** 0.5
        elif name.endswith("running_var"):
            tensors[name] = 0.5 + noise.abs()
        elif name.endswith("weight"):
            tensors[name] = 1 + 0.2 * noise
        else:
            tensors[name] = 0.3 * noise
    return tensors


class Literal:
    """The released network in functions of its tensors, column by column."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self.tensors = {name: tensor.double() for name, tensor in tensors.items()}

    def norm(self, x: Tensor, prefix: str) -> Tensor:
        mean, var, weight, bias = (
            self.tensors[f"{prefix}.{name}"] for name in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, var, weight, bias)

    def conv(self, x: Tensor, prefix: str, place: int, act: bool = True, **options: int) -> Tensor:
        y = F.conv2d(x, self.tensors[f"{prefix}.{place}.weight"], **options)
        y = self.norm(y, f"{prefix}.{place + 1}")
        return F.relu6(y) if act else y

    def block(self, x: Tensor, prefix: str) -> Tensor:
        place = 3 if f"{prefix}.6.weight" in self.tensors else 0
        y = F.pad(x, (1, 1, 1, 1))
        if place:
            y = self.conv(y, prefix, 0)
        y = self.conv(y, prefix, place, groups=y.shape[1])
        y = self.conv(y, prefix, place + 3, act=False)
        return x + y if x.shape == y.shape else y

    def predict(self, x: Tensor, prefix: str) -> Tensor:
        """One column, or the whole block of a holistic network."""
        first = self.tensors.get(f"{prefix}.0.weight", self.tensors.get(f"{prefix}.weight"))
        assert first is not None
        groups = x.shape[1] if first.shape[1] == 1 else 1
        y = F.conv2d(x, first, stride=2, padding=1 if first.shape[-1] == 4 else 0, groups=groups)
        if f"{prefix}.3.weight" not in self.tensors:
            return y
        return F.conv2d(
            F.relu6(self.norm(y, f"{prefix}.1")), self.tensors[f"{prefix}.3.weight"], groups=groups
        )

    def indices(self, x: Tensor, stage: int) -> tuple[Tensor, Tensor] | None:
        """Encoder and decoder map, each position written where it belongs; None with max pooling."""
        name = f"index{stage}.indexnet"
        if any(key.startswith(f"{name}1.") for key in self.tensors):
            columns = [self.predict(x, f"{name}{column}") for column in (1, 2, 3, 4)]
        elif any(key.startswith(f"{name}.") for key in self.tensors):
            columns = list(self.predict(x, name).split(1, dim=1))
        else:
            return None
        y = torch.stack(columns).sigmoid()
        z = y.softmax(0)
        maps = []
        for values in (z, y):
            whole = x.new_zeros(x.shape[0], values.shape[2], *x.shape[2:])
            for position, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
                whole[:, :, row::2, column::2] = values[position]
            maps.append(whole)
        return maps[0], maps[1]

    def context(self, x: Tensor) -> Tensor:
        branches = [self.conv(x, "dconv_pp.aspp1.atrous_conv", 0)]
        for branch, dilation in ((2, 2), (3, 4), (4, 8)):
            prefix = f"dconv_pp.aspp{branch}.atrous_conv"
            y = self.conv(x, prefix, 0, padding=dilation, dilation=dilation, groups=x.shape[1])
            branches.append(self.conv(y, prefix, 3))
        mean = self.conv(F.adaptive_avg_pool2d(x, 1), "dconv_pp.global_avg_pool", 1)
        branches.append(F.interpolate(mean, size=x.shape[2:], mode="nearest"))
        return self.conv(torch.cat(branches, 1), "dconv_pp.bottleneck_conv", 0)

    def __call__(self, x: Tensor) -> Tensor:
        skips, guides = {}, {}
        for number in range(8):
            if number == 0:
                x = self.conv(x, "layer0", 0, padding=1)
            else:
                for block in range(LAYERS[number - 1][2]):
                    x = self.block(x, f"layer{number}.{block}.conv")
            skips[number] = x
            if number in STAGES:
                maps = self.indices(x, number)
                if maps is None:
                    x, guides[number] = F.max_pool2d(x, 2, return_indices=True)
                else:
                    skips[number] = x * maps[0]
                    x, guides[number] = 4 * F.avg_pool2d(skips[number], 2), maps[1]
        y = self.context(x)
        for number in DECODER:
            if number in STAGES:
                guide = guides[number]
                if guide.dtype == torch.int64:
                    y = F.max_unpool2d(y, guide, 2)
                else:
                    y = guide * F.interpolate(y, scale_factor=2, mode="nearest")
            y = self.conv(torch.cat([y, skips[number]], 1), f"decoder_layer{number}.dconv", 0, padding=2)
        y = self.conv(y, "pred.0", 0, padding=2)
        return F.conv2d(y, self.tensors["pred.1.weight"], padding=2)


@pytest.mark.data
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_names_and_shapes_are_the_released_ones(configuration: str, shared) -> None:
    listed = json.loads(shared("paper/released_checkpoint_keys.json").read_text())["configurations"]
    assert set(listed) == set(CONFIGURATIONS)
    assert dict(listed[configuration]) == dict(released_shapes(configuration))


@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_imported_network_computes_what_the_released_one_does(configuration: str, tmp_path: Path) -> None:
    tensors = random_checkpoint(configuration)
    wrapped = {"state_dict": {f"module.{name}": tensor for name, tensor in tensors.items()}}
    model = import_released(wrapped, "net.pth")
    operator, parameters = CONFIGURATIONS[configuration]
    assert model.config["model"] == "b11"
    assert model.config["resampling"] == operator
    assert count_parameters(model) == parameters
    assert not model.training

    save_pretrained(model, tmp_path, {"task": "matting"})
    again = from_pretrained(tmp_path, lambda config: create_model(**config), task="matting")
    assert all(torch.equal(again.state_dict()[name], value) for name, value in model.state_dict().items())

    x = torch.randn(1, 4, 64, 32, dtype=torch.double)
    expected = Literal(tensors)(x)
    assert expected.std() > 0.01  # a picture, not a constant
    torch.testing.assert_close(again.double()(x), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("column", [1, 2, 3, 4])
def test_a_column_is_found_at_its_own_place(column: int) -> None:
    """Change one column: only its quarter of the index map changes."""
    tensors = random_checkpoint("o2o-unshared nonlinear+context")
    before = import_released(tensors, "a")
    name = f"index0.indexnet{column}.3.weight"
    after = import_released({**tensors, name: tensors[name] + 1}, "b")
    feature = torch.rand(1, 32, 8, 8)
    maps = [model.resampling[0].network(feature).decoder for model in (before, after)]  # type: ignore
    changed = (maps[0] != maps[1]).any(1).nonzero()[:, 1:] % 2
    assert changed.unique(dim=0).tolist() == [list(divmod(column - 1, 2))]


def test_every_tensor_is_used() -> None:
    for configuration in CONFIGURATIONS:
        names = [name for name, _ in released_shapes(configuration)]
        assert len(names) == len(set(names))
    tensors = random_checkpoint("m2o linear")
    model = import_released(tensors, "net")
    total = sum(tensor.numel() for name, tensor in tensors.items() if "num_batches" not in name)
    assert total == sum(t.numel() for name, t in model.state_dict().items() if "num_batches" not in name)


def test_hidden_width_is_recognised() -> None:
    def of(configuration: str) -> dict[str, str | int]:
        return recognise({n: torch.empty(s) for n, s in released_shapes(configuration)}, "net")

    assert of("m2o nonlinear") == {"model": "b11", "resampling": "m2o-nl", "expansion": 1}
    assert of("hin nonlinear+context") == {"model": "b11", "resampling": "hin-nl-c", "expansion": 2}
    assert of("o2o-unshared linear") == {"model": "b11", "resampling": "o2o-unshared"}


@pytest.fixture(scope="module")
def linear() -> dict[str, Tensor]:
    return random_checkpoint("hin linear")


def test_missing_and_unknown_tensors_are_named(linear: dict[str, Tensor]) -> None:
    lacking = {n: t for n, t in linear.items() if n not in ("layer3.1.conv.4.bias", "index4.indexnet.weight")}
    with pytest.raises(UserError, match=r"^net: missing tensors: .*layer3\.1\.conv\.4\.bias") as caught:
        import_released(lacking, "net")
    assert "index4.indexnet.weight" in str(caught.value)
    more = {**linear, "index7.indexnet.weight": torch.ones(1), "fc.bias": torch.ones(1)}
    with pytest.raises(UserError, match=r"^net: unknown tensors: fc\.bias, index7\.indexnet\.weight$"):
        import_released(more, "net")


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        (
            "pred.0.0.weight",
            torch.ones(1, 24, 5, 5),
            r"pred\.0\.0\.weight has the shape \(1, 24, 5, 5\), exp",
        ),
        ("layer0.1.bias", torch.tensor(1.0), r"layer0\.1\.bias has the shape \(\), expected \(32,\)"),
        ("layer0.0.weight", torch.tensor(1.0), r"layer0\.0\.weight has the shape \(\), expected \(32, 4"),
        ("layer0.1.bias", torch.full((32,), torch.nan), r"layer0\.1\.bias holds values that are not finite"),
        (
            "index0.indexnet.weight",
            torch.ones(4, 32, 3, 3),
            r"index0\.indexnet\.weight has the shape \(4, 32, 3, 3\), which",
        ),
        (
            "index0.indexnet.weight",
            torch.ones(4, 32, 4, 4),
            r"index0\.indexnet\.weight has the shape \(4, 32, 4, 4\), which",
        ),
        ("layer0.1.bias", [1.0], r"not a state dict: layer0\.1\.bias is not a tensor"),
    ],
)
def test_tensors_that_do_not_fit(linear: dict[str, Tensor], name: str, value: Tensor, complaint: str) -> None:
    with pytest.raises(UserError, match=f"^net: {complaint}"):
        import_released({**linear, name: value}, "net")


def test_columns_of_another_shape_are_named() -> None:
    tensors = random_checkpoint("m2o linear")
    tensors["index2.indexnet3.0.weight"] = torch.ones(24, 24, 4, 4)
    with pytest.raises(UserError, match=r"index2\.indexnet3\.0\.weight .*expected \(24, 24, 2, 2\)"):
        import_released(tensors, "net")


def test_other_networks_are_not_taken_for_released_ones() -> None:
    with pytest.raises(UserError, match="net: not a released matting checkpoint; it has no layer0"):
        import_released({"conv1.weight": torch.ones(3)}, "net")
    with pytest.raises(UserError, match="net: no state dict in it"):
        import_released({}, "net")
    others = {**random_checkpoint("max-unpool"), "index0.net.0.weight": torch.ones(1)}
    with pytest.raises(UserError, match="an index network that was not released: index0"):
        import_released(others, "net")
