import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
)

from indexnet_engine.errors import UserError
from indexnet_engine.training.optim import (
    OptimConfig,
    build_optimizer,
    learning_rate_factor,
    set_learning_rate,
)

STEPS_PER_EPOCH, TOTAL = 10, 60


def reference(make: Callable[[torch.optim.Optimizer], LRScheduler]) -> list[float]:
    """The learning rates of one of PyTorch's schedulers, starting from 1."""
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, rates = make(optimizer), []
    for _ in range(TOTAL):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def factors(**options: Any) -> list[float]:
    config = OptimConfig(**options)
    return [learning_rate_factor(config, step, STEPS_PER_EPOCH, TOTAL) for step in range(TOTAL)]


def test_constant() -> None:
    assert factors(schedule="constant") == reference(lambda o: ConstantLR(o, factor=1.0))


def test_multistep() -> None:
    expected = reference(lambda o: MultiStepLR(o, [20, 35, 50], gamma=0.3))
    assert factors(milestones=[2, 3.5, 5], gamma=0.3) == pytest.approx(expected, rel=1e-12)


def test_cosine() -> None:
    expected = reference(lambda o: CosineAnnealingLR(o, T_max=TOTAL))
    assert factors(schedule="cosine") == pytest.approx(expected, abs=1e-12)


def test_cosine_ends_at_zero_and_stays() -> None:
    config = OptimConfig(schedule="cosine")
    assert learning_rate_factor(config, TOTAL, STEPS_PER_EPOCH, TOTAL) == pytest.approx(0)
    assert learning_rate_factor(config, 2 * TOTAL, STEPS_PER_EPOCH, TOTAL) == pytest.approx(0)


def test_warmup() -> None:
    expected = reference(lambda o: LinearLR(o, start_factor=1 / 8, total_iters=7))
    assert factors(schedule="constant", warmup_steps=8) == pytest.approx(expected, rel=1e-12)


def test_warmup_multiplies_the_schedule() -> None:
    cosine, warm = factors(schedule="cosine"), factors(schedule="cosine", warmup_steps=4)
    assert warm[1] == pytest.approx(0.5 * cosine[1])
    assert warm[4:] == cosine[4:]


def test_warmup_is_repeated_where_batch_norm_is_frozen() -> None:
    config = OptimConfig(schedule="cosine", warmup_steps=4)
    plain, again = (
        [learning_rate_factor(config, step, STEPS_PER_EPOCH, TOTAL, start) for step in range(TOTAL)]
        for start in (None, 20)
    )
    assert again[:20] == plain[:20]
    assert again[20:24] == pytest.approx(
        [factor * plain[20 + n] for n, factor in enumerate((0.25, 0.5, 0.75, 1))]
    )
    assert again[24:] == plain[24:]


def test_groups_keep_their_scale() -> None:
    encoder, decoder = nn.Linear(2, 2), nn.Linear(2, 2)
    groups: list[dict[str, Any]] = [
        {"params": encoder.parameters(), "lr_scale": 0.01},
        {"params": decoder.parameters()},
    ]
    optimizer = build_optimizer(groups, OptimConfig(lr=0.1))
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.001, 0.1])
    set_learning_rate(optimizer, 0.02)
    assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([0.0002, 0.02])


@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_updates_like_pytorch(name: str) -> None:
    torch.manual_seed(0)
    ours, reference = nn.Linear(3, 1), nn.Linear(3, 1)
    reference.load_state_dict(ours.state_dict())
    config = OptimConfig(name=name, lr=0.05, momentum=0.8, weight_decay=0.1)  # type: ignore[arg-type]
    expected: torch.optim.Optimizer
    if name == "adam":
        expected = torch.optim.Adam(reference.parameters(), lr=0.05, weight_decay=0.1)
    else:
        expected = torch.optim.SGD(reference.parameters(), lr=0.05, momentum=0.8, weight_decay=0.1)
    optimizers = [build_optimizer([{"params": ours.parameters()}], config), expected]
    for _ in range(4):
        x = torch.randn(5, 3)
        for model, optimizer in zip((ours, reference), optimizers):
            optimizer.zero_grad()
            model(x).square().sum().backward()
            optimizer.step()
    assert torch.equal(ours.weight, reference.weight)


def test_frozen_parameters_are_left_out() -> None:
    model = nn.Sequential(nn.Linear(2, 2).requires_grad_(False), nn.Linear(2, 2))
    optimizer = build_optimizer([{"params": model.parameters()}], OptimConfig())
    assert sum(len(group["params"]) for group in optimizer.param_groups) == 2


def test_nothing_to_train() -> None:
    with pytest.raises(UserError, match="no trainable parameters"):
        build_optimizer([{"params": nn.ReLU().parameters()}], OptimConfig())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": -1.0}, r"optim\.lr must not be negative, got -1\.0"),
        ({"lr": math.nan}, r"optim\.lr must be finite, got nan"),
        ({"lr": math.inf}, r"optim\.lr must be finite, got inf"),
        ({"milestones": [2.0, -1.0]}, r"optim\.milestones must not be negative, got -1\.0"),
        ({"milestones": [math.nan]}, r"optim\.milestones must be finite, got nan"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        OptimConfig(**options)
