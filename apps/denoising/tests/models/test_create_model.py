"""Table 5: the cost of every row; properties of all networks."""

from decimal import Decimal

import pytest
import torch

from indexnet_core import OPERATORS, Complexity, SpecError, measure_complexity
from indexnet_denoising.models import MODELS, create_model
from indexnet_denoising.predictor import load_model
from indexnet_engine.weights.pretrained import load_config, save_pretrained

# Operator, printed increase over max pooling and unpooling, printed GFLOPs.
TABLE_5 = [
    ("hin", "7.17K", "18.16"),
    ("hin-nl", "0.69M", "19.30"),
    ("hin-nl-c", "2.76M", "22.75"),
    ("o2o-modelwise", "16", "18.14"),
    ("o2o-modelwise-nl", "56", "18.14"),
    ("o2o-modelwise-nl-c", "152", "18.14"),
    ("o2o-shared", "48", "18.14"),
    ("o2o-shared-nl", "168", "18.14"),
    ("o2o-shared-nl-c", "456", "18.14"),
    ("o2o-unshared", "7.17K", "18.16"),
    ("o2o-unshared-nl", "25.1K", "18.19"),
    ("o2o-unshared-nl-c", "68.1K", "18.32"),
    ("m2o", "1.38M", "20.44"),
    ("m2o-nl", "3.45M", "23.88"),
    ("m2o-nl-c", "11.7M", "37.67"),
]

TINY = [
    {"model": "dncnn", "width": 4, "depth": 4},
    {"model": "dncnn", "width": 4, "depth": 3, "norm": False, "bias": True},
    {"model": "dncnn-segnet", "width": 4},
    {"model": "dncnn-segnet", "width": 4, "resampling": "m2o-nl-c", "channels": 3, "expansion": 1},
    {"model": "index-unet", "width": 4, "resampling": "hin", "channels": 3, "blocks": 2},
    {"model": "index-unet", "width": 4, "resampling": "m2o-nl"},
]


def cost(model: str, **arguments: object) -> Complexity:
    """Measure at 224x224 without allocating a single weight."""
    with torch.device("meta"):
        return measure_complexity(create_model(model, **arguments), torch.zeros(1, 1, 224, 224))


def same_digits(value: int, printed: str) -> bool:
    """Compare at the precision that is printed: 7168 is 7.17K."""
    unit = {"K": 3, "M": 6}.get(printed[-1], 0)
    digits = Decimal(printed.rstrip("KM"))
    return Decimal(value).scaleb(-unit).quantize(digits) == digits


def test_dncnn_row() -> None:
    row = cost("dncnn")
    assert row.parameters == 556_096
    assert same_digits(row.parameters, "0.56M")
    assert f"{row.gflops:.2f}" == "25.89"


def test_dncnn_segnet_row() -> None:
    row = cost("dncnn-segnet")
    assert row.parameters == 7_087_873
    assert same_digits(row.parameters, "7.09M")
    assert f"{row.gflops:.2f}" == "18.14"


@pytest.mark.parametrize(("operator", "increase", "gflops"), TABLE_5)
def test_index_network_rows(operator: str, increase: str, gflops: str) -> None:
    row = cost("dncnn-segnet", resampling=operator)
    assert same_digits(row.parameters - 7_087_873, increase)
    assert f"{row.gflops:.2f}" == gflops


@pytest.mark.parametrize("operator", OPERATORS)
def test_every_operator_builds_runs_and_learns(operator: str) -> None:
    model = create_model("dncnn-segnet", resampling=operator, width=4)
    noisy = torch.rand(2, 1, 24, 16)
    clean = model(noisy)
    assert clean.shape == noisy.shape
    clean.square().mean().backward()
    silent = [name for name, parameter in model.named_parameters() if parameter.grad is None]
    assert silent == []


@pytest.mark.parametrize("arguments", TINY, ids=lambda arguments: str(list(arguments.values())))
def test_config_builds_the_same_network_again(arguments: dict[str, object], tmp_path) -> None:
    model = create_model(**arguments).train()
    noisy = torch.rand(2, int(arguments.get("channels", 1)), 16, 16)
    model(noisy)  # moves the running means
    model.eval()
    assert model.config == arguments
    save_pretrained(model, tmp_path, {"task": "denoising"})
    assert load_config(tmp_path)["model"] == arguments
    again = load_model(tmp_path)
    assert again.config == arguments
    assert not again.training
    torch.testing.assert_close(again(noisy), model(noisy), rtol=0, atol=0)


@pytest.mark.parametrize("arguments", TINY, ids=lambda arguments: str(list(arguments.values())))
def test_strict_state_dict_round_trip(arguments: dict[str, object]) -> None:
    first, second = create_model(**arguments).eval(), create_model(**arguments).eval()
    noisy = torch.rand(1, int(arguments.get("channels", 1)), 16, 16)
    assert not torch.equal(first(noisy), second(noisy))
    second.load_state_dict(first.state_dict(), strict=True)
    assert torch.equal(first(noisy), second(noisy))


def test_unknown_names_are_reported() -> None:
    with pytest.raises(
        SpecError, match=r"unknown denoising model 'unet'; choose one of dncnn, dncnn-segnet, "
    ):
        create_model("unet")
    with pytest.raises(SpecError, match="dncnn has no option kernel; it has channels, width, "):
        create_model("dncnn", kernel=5)
    with pytest.raises(SpecError, match=r"'hin-lin'; did you mean 'hin-nl'\?"):
        create_model("dncnn-segnet", resampling="hin-lin")
    with pytest.raises(SpecError, match="init"):
        create_model("dncnn", width=4, init="xavier")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("name", "value"), [("width", 0), ("width", -4), ("channels", 0), ("width", "wide")])
def test_options_that_build_no_network(model: str, name: str, value: object) -> None:
    with pytest.raises(SpecError, match=f"{name} must be a whole number of at least 1, got {value!r}"):
        create_model(model, **{name: value})
