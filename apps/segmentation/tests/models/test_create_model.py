"""Table 6: every row builds, and has the printed cost."""

import copy
from decimal import Decimal
from pathlib import Path

import pytest
import torch

from indexnet_core import OPERATORS, Complexity, ShapeError, SpecError, measure_complexity, parse_operator
from indexnet_engine.weights.pretrained import from_pretrained, load_config, save_pretrained
from indexnet_segmentation.models import create_model

# Operator, printed increase over SegNet, printed GFLOPs.
TABLE_6 = [
    ("hin", "23.55K", "24.79"),
    ("hin-nl", "4.90M", "26.40"),
    ("hin-nl-c", "19.55M", "31.28"),
    ("o2o-modelwise", "16", "24.76"),
    ("o2o-modelwise-nl", "56", "24.76"),
    ("o2o-modelwise-nl-c", "152", "24.77"),
    ("o2o-shared", "80", "24.76"),
    ("o2o-shared-nl", "280", "24.76"),
    ("o2o-shared-nl-c", "760", "24.77"),
    ("o2o-unshared", "0.02M", "24.79"),
    ("o2o-unshared-nl", "0.08M", "24.82"),
    ("o2o-unshared-nl-c", "0.22M", "24.96"),
    ("m2o", "9.76M", "28.02"),
    ("m2o-nl", "24.44M", "32.90"),
    ("m2o-nl-c", "83.02M", "52.42"),
]

WITHOUT_STRIDES = [name for name in OPERATORS if not parse_operator(name).strided]


def cost(**arguments: object) -> Complexity:
    """Measure without allocating a single weight."""
    with torch.device("meta"):
        return measure_complexity(create_model("segnet", **arguments), torch.zeros(1, 3, 224, 224))


def same_digits(value: int, printed: str) -> bool:
    """Compare at the precision that is printed: 23552 is 23.55K."""
    unit = {"K": 3, "M": 6}.get(printed[-1], 0)
    digits = Decimal(printed.rstrip("KM"))
    return Decimal(value).scaleb(-unit).quantize(digits) == digits


def test_the_baseline_of_table_6() -> None:
    row = cost(resampling="max")
    assert row.parameters == 24_964_645
    assert f"{row.gflops:.3f}" == "24.763"
    assert same_digits(row.parameters, "24.96M")
    assert f"{row.gflops:.2f}" == "24.76"


@pytest.mark.parametrize(("operator", "increase", "gflops"), TABLE_6)
def test_index_networks_of_table_6(operator: str, increase: str, gflops: str) -> None:
    row = cost(resampling=operator)
    assert same_digits(row.parameters - 24_964_645, increase)
    assert f"{row.gflops:.2f}" == gflops


@pytest.mark.parametrize("operator", WITHOUT_STRIDES)
def test_every_operator_runs_and_learns(operator: str) -> None:
    model = create_model("segnet", resampling=operator, classes=5, width=4)
    scores = model(torch.rand(2, 3, 64, 32))
    assert scores.shape == (2, 5, 64, 32)
    scores.square().sum().backward()
    assert [key for key, parameter in model.named_parameters() if parameter.grad is None] == []


@pytest.mark.parametrize("classes", [2, 11, 40])
def test_any_number_of_classes(classes: int) -> None:
    model = create_model("segnet", classes=classes, width=2).eval()
    assert model(torch.rand(1, 3, 32, 32)).shape == (1, classes, 32, 32)
    assert cost(classes=classes).parameters == 24_964_645 + (classes - 37) * (64 * 9 + 1)


def test_it_is_built_again_from_its_folder(tmp_path: Path) -> None:
    arguments = {"resampling": "hin-nl", "classes": 5, "width": 4}
    model = create_model("segnet", **arguments).train()
    x = torch.rand(2, 3, 32, 64)
    # Moves the running means.
    model(x)
    model.eval()
    save_pretrained(model, tmp_path, {"task": "segmentation"})
    assert load_config(tmp_path)["model"] == {"model": "segnet", **arguments}
    again = from_pretrained(tmp_path, lambda config: create_model(**config), task="segmentation")
    assert again.config == model.config
    assert torch.equal(again(x), model(x))
    assert torch.equal(copy.deepcopy(model)(x), model(x))


def test_one_image_at_a_time_when_evaluating() -> None:
    """An image's scores do not depend on the batch that it is in."""
    model = create_model("segnet", resampling="m2o-nl", classes=3, width=4).double().eval()
    x = torch.rand(2, 3, 32, 64, dtype=torch.double)
    torch.testing.assert_close(model(x)[1:], model(x[1:]), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("size", [(1, 1), (45, 70), (33, 32)])
@pytest.mark.parametrize("resampling", ["max", "o2o-shared-nl", "hin-nl"])
def test_padding_takes_any_size(size: tuple[int, int], resampling: str) -> None:
    model = create_model("segnet", resampling=resampling, classes=3, width=4, pad=True).eval()
    with torch.inference_mode():
        assert model(torch.rand(1, 3, *size)).shape == (1, 3, *size)


def test_odd_sizes_are_refused_and_the_error_suggests_padding() -> None:
    with pytest.raises(ShapeError, match="divisible by 32, got 33x64; pass pad=True"):
        create_model("segnet", width=4)(torch.rand(1, 3, 33, 64))


def test_unknown_names_are_reported() -> None:
    with pytest.raises(
        SpecError, match=r"unknown segmentation model 'unet'; choose one of segnet, index-mob"
    ):
        create_model("unet")
    with pytest.raises(SpecError, match="segnet has no option kernel; it has resampling, "):
        create_model("segnet", kernel=5)
    with pytest.raises(SpecError, match=r"'hin-lin'; did you mean 'hin-nl'\?"):
        create_model("segnet", resampling="hin-lin")
    with pytest.raises(SpecError, match="init"):
        create_model("segnet", width=4, init="xavier")
    with pytest.raises(SpecError, match="VGG-16 has no strided convolutions for stride"):
        create_model("segnet", width=4, resampling="stride+nearest")


@pytest.mark.parametrize("value", [0, -1, 0.5, "wide", True])
def test_widths_and_classes_that_build_nothing(value: object) -> None:
    if value is not True:
        with pytest.raises(SpecError, match=f"classes must be a whole number of at least 2, got {value!r}"):
            create_model("segnet", classes=value)
    with pytest.raises(SpecError, match=f"width must be a whole number of at least 1, got {value!r}"):
        create_model("segnet", width=value)
