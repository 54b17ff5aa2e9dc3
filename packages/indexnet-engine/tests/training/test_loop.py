import math
import re
import signal
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey, seed_everything
from indexnet_engine.runs.checkpoint import Checkpoint, load_checkpoint
from indexnet_engine.runs.metrics_csv import read_rows
from indexnet_engine.runs.run_folder import Run
from indexnet_engine.training import devices
from indexnet_engine.training.devices import Autocast
from indexnet_engine.training.loop import fit
from indexnet_engine.training.optim import OptimConfig, learning_rate_factor
from indexnet_engine.training.sampler import StepSampler
from indexnet_engine.weights.pretrained import from_pretrained, load_config


def assert_same(a: Any, b: Any) -> None:
    """Compare nested containers, tensors bit for bit."""
    if isinstance(a, Tensor):
        assert torch.equal(a, b)
    elif isinstance(a, dict):
        assert a.keys() == b.keys()
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, list | tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b):
            assert_same(one, other)
    else:
        assert a == b


def state(run: Run) -> dict[str, Any]:
    """The last checkpoint without the configuration, in which stop_after differs on purpose."""
    checkpoint: Checkpoint = load_checkpoint(run.last_checkpoint)
    return {name: value for name, value in checkpoint.items() if name != "config"}


def weights(run: Run) -> dict[str, Tensor]:
    return load_checkpoint(run.last_checkpoint)["model"]


def losses(run: Run) -> list[float]:
    rows = read_rows(run.folder / "metrics.csv")
    return [float(row["train/loss"]) for row in rows if row["train/loss"]]


@pytest.mark.parametrize(
    ("stops", "options"),
    [
        ([5], {}),  # the first step of the second epoch, between two logged ones and two evaluations
        ([2], {}),  # in the middle of the first epoch
        ([1, 4, 10], {}),
        ([5], {"accumulate": 2}),
        ([7], {"workers": 2}),
        ([7], {"clip_norm": 0.5, "channels_last": False}),
        ([5], {"precision": "bf16-mixed"}),
        ([3], {"freeze_bn_from": 0.5}),  # stopped before the statistics are frozen
        ([6, 8], {"freeze_bn_from": 0.5}),  # at that step, and after it
        ([5], {"ema": 0.8}),
        ([2, 7], {"ema": 0.9, "freeze_bn_from": 0.4, "channels_last": False}),
        pytest.param([5], {"compile": True}, marks=pytest.mark.slow),
    ],
    ids=str,
)
def test_stop_and_resume_is_bit_for_bit(
    toy: ModuleType, tmp_path: Path, stops: list[int], options: dict[str, Any]
) -> None:
    whole = toy.train(tmp_path, **options)
    parts = toy.train(tmp_path, stop_after=stops[0], **options)
    assert state(parts)["step"] == stops[0]
    for stop in [*stops[1:], None]:
        seed_everything(99)  # no state of the process may remain
        toy.train(tmp_path, resume=parts.folder, stop_after=stop, **options)
    assert_same(state(parts), state(whole))
    for name in ("metrics.csv", "model.safetensors", "config.json"):
        assert (parts.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


def test_the_toy_needs_all_that_is_saved(toy: ModuleType, tmp_path: Path) -> None:
    """Resuming without the generators' state, or without the optimizer's, must change the result."""
    whole = toy.train(tmp_path)
    for name in ("rng", "optimizer"):
        part = toy.train(tmp_path, stop_after=5)
        checkpoint = load_checkpoint(part.last_checkpoint)
        if name == "rng":
            checkpoint["processes"][0]["rng"]["torch"] = torch.Generator().manual_seed(1).get_state()
        else:
            checkpoint["optimizer"]["state"] = {}
        torch.save(checkpoint, part.last_checkpoint)
        toy.train(tmp_path, resume=part.folder)
        assert not torch.equal(weights(part)["0.weight"], weights(whole)["0.weight"]), name


def test_scaler_state_is_part_of_the_checkpoint(
    toy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Float16 needs a GPU to be useful, but its bookkeeping runs on the CPU."""
    monkeypatch.setattr(devices, "_precision", lambda name, device: Autocast(name, device))
    whole = toy.train(tmp_path, precision="16-mixed")
    scaler = state(whole)["scaler"]
    assert scaler["scale"] >= 1
    assert scaler["_growth_tracker"] > 0
    part = toy.train(tmp_path, precision="16-mixed", stop_after=6)
    toy.train(tmp_path, resume=part.folder, precision="16-mixed")
    assert_same(state(part), state(whole))


def test_data_are_a_function_of_seed_epoch_and_index(toy: ModuleType, tmp_path: Path) -> None:
    task = toy.ToyTask()
    toy.train(tmp_path, task=task)
    batches = StepSampler(22, 4, seed=0, stop_step=11)
    assert task.data.seen == [key for batch in batches for key in batch]
    assert task.data.seen[-1].epoch == 2
    assert all(isinstance(key, SampleKey) for key in task.data.seen)


def test_workers_change_nothing(toy: ModuleType, tmp_path: Path) -> None:
    runs = [toy.train(tmp_path, workers=workers) for workers in (0, 1, 2)]
    for run in runs[1:]:
        assert_same(state(run), state(runs[0]))


def test_evaluating_and_logging_change_nothing(toy: ModuleType, tmp_path: Path) -> None:
    often = toy.train(tmp_path, evaluate_every_steps=1, log_every=1, checkpoint_every=1)
    rarely = toy.train(tmp_path, evaluate_every=0, evaluate_every_steps=None, log_every=100)
    assert_same(weights(often), weights(rarely))


def test_accumulating_gives_the_gradient_of_the_whole_batch(toy: ModuleType, tmp_path: Path) -> None:
    """Without batch norm and dropout, which depend on how a batch is divided."""
    one, four = (
        toy.train(tmp_path, task=toy.ToyTask(batch_norm=False, dropout=0.0), accumulate=pieces)
        for pieces in (1, 4)
    )
    for name, tensor in weights(one).items():
        torch.testing.assert_close(weights(four)[name], tensor, rtol=1e-4, atol=1e-5)
    assert float(read_rows(four.folder / "metrics.csv")[0]["train/loss"]) == pytest.approx(
        float(read_rows(one.folder / "metrics.csv")[0]["train/loss"]), rel=1e-5
    )


def masked_toy(toy: ModuleType, least: float) -> Any:
    """A toy whose loss is a mean over the pixels brighter than ``least``."""

    class Masked(toy.ToyTask):
        def loss(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
            x, y = batch
            error = (model(x) - y).square() * (x > least)
            return {"loss": error.sum() / self.weight(batch).clamp(min=1)}

        def weight(self, batch: Any) -> Tensor:
            return (batch[0] > least).sum()

    return Masked(batch_norm=False, dropout=0.0)


@pytest.mark.parametrize("pieces", [2, 4])
def test_accumulating_gives_the_mean_over_the_pixels_of_the_whole_batch(
    toy: ModuleType, tmp_path: Path, pieces: int
) -> None:
    """Of each image of 16 pixels one is valid in the mean, and none in a third of them."""
    whole, parts = (
        toy.train(tmp_path, task=masked_toy(toy, least=1.5), accumulate=number, log_every=1)
        for number in (1, pieces)
    )
    for name, tensor in weights(whole).items():
        torch.testing.assert_close(weights(parts)[name], tensor, rtol=1e-4, atol=1e-5)
    assert losses(parts) == pytest.approx(losses(whole), rel=1e-5)


def test_batches_without_any_valid_pixel_change_nothing(toy: ModuleType, tmp_path: Path) -> None:
    task = masked_toy(toy, least=100.0)
    before = {name: tensor.clone() for name, tensor in task.model.state_dict().items()}
    run = toy.train(tmp_path, task=task, accumulate=2, log_every=1)
    assert_same(dict(weights(run)), before)
    assert losses(run) == [0] * 11


def test_equals_a_loop_written_out(toy: ModuleType, tmp_path: Path) -> None:
    """The same training in plain PyTorch, whose dropout goes by the order of values in memory."""
    run = toy.train(tmp_path, clip_norm=0.3, channels_last=False)
    task = toy.ToyTask()
    seed_everything(0)
    optimizer = torch.optim.Adam(task.model.parameters())
    for step, keys in enumerate(StepSampler(22, 4, seed=0, stop_step=11)):
        samples = [task.data[key] for key in keys]
        x, y = (torch.stack([torch.from_numpy(sample[i]) for sample in samples]) for i in (0, 1))
        optimizer.param_groups[0]["lr"] = 0.01 * learning_rate_factor(toy.OPTIM, step, 5, 11)
        optimizer.zero_grad()
        (task.model(x) - y).square().mean().backward()
        nn.utils.clip_grad_norm_(task.model.parameters(), 0.3)
        optimizer.step()
    for name, tensor in task.model.state_dict().items():
        torch.testing.assert_close(weights(run)[name], tensor, rtol=1e-5, atol=1e-6)


def test_clipping_clips(toy: ModuleType, tmp_path: Path) -> None:
    """One step of plain gradient descent moves the weights by the rate times the clipped norm."""
    moved = {}
    for clip in (None, 0.01, 1e6):
        task = toy.ToyTask(dropout=0.0)
        before = nn.utils.parameters_to_vector(task.model.parameters()).detach().clone()
        config = OptimConfig(name="sgd", lr=1.0, momentum=0.0, schedule="constant")
        fit(task, Run.create(tmp_path, "run", {}), toy.loop_config(steps=1, clip_norm=clip), config)
        moved[clip] = nn.utils.parameters_to_vector(task.model.parameters()).detach() - before
    assert float(moved[0.01].norm()) == pytest.approx(0.01, rel=1e-3)
    assert float(moved[None].norm()) > 0.1
    torch.testing.assert_close(moved[1e6], moved[None])
    torch.testing.assert_close(moved[0.01] / 0.01, moved[None] / moved[None].norm(), rtol=1e-3, atol=1e-4)


def test_bfloat16_trains_in_float32_weights(toy: ModuleType, tmp_path: Path) -> None:
    exact, rounded = (toy.train(tmp_path, precision=precision) for precision in ("32", "bf16-mixed"))
    assert all(tensor.dtype != torch.bfloat16 for tensor in weights(rounded).values())
    assert not torch.equal(weights(rounded)["0.weight"], weights(exact)["0.weight"])
    losses = [
        [float(row["train/loss"]) for row in read_rows(run.folder / "metrics.csv") if row["train/loss"]]
        for run in (exact, rounded)
    ]
    assert losses[1] == pytest.approx(losses[0], rel=0.01)


def test_files_of_a_run(toy: ModuleType, tmp_path: Path) -> None:
    run = toy.train(tmp_path)
    assert sorted(path.name for path in run.folder.iterdir()) == [
        "best.ckpt",
        "config.json",
        "config.yaml",
        "environment.json",
        "last.ckpt",
        "metrics.csv",
        "model.safetensors",
        "pictures",
        "tensorboard",
    ]
    rows = read_rows(run.folder / "metrics.csv")
    assert [row["step"] for row in rows if row["train/loss"]] == ["3", "6", "9"]
    assert [row["step"] for row in rows if row["evaluate/error"]] == ["4", "8", "11"]
    assert [row["lr"] for row in rows if row["train/loss"]] == ["0.01", "0.01", "0.001"]
    assert len(list((run.folder / "pictures").iterdir())) == 3
    assert load_config(run.folder) == {"format": 1, "model": {}, "task": "toy"}


def test_best_and_last_are_kept(toy: ModuleType, tmp_path: Path) -> None:
    errors = iter([5.0, 2.0, 7.0])

    class Scripted(toy.ToyTask):  # type: ignore[name-defined]
        def evaluate(self, model: nn.Module) -> dict[str, float]:
            return {"error": next(errors)}

    run = toy.train(tmp_path, task=Scripted())
    best, last = load_checkpoint(run.best_checkpoint), load_checkpoint(run.last_checkpoint)
    assert (best["step"], best["best"], best["metrics"]) == (8, 2.0, {"error": 2.0})
    assert (last["step"], last["best"], last["metrics"]) == (11, 2.0, {"error": 7.0})
    loaded = from_pretrained(run.folder, lambda _: toy.ToyTask().model).state_dict()
    assert_same(dict(loaded), dict(best["model"]))
    assert not torch.equal(best["model"]["0.weight"], last["model"]["0.weight"])


def test_the_best_is_remembered_across_resuming(toy: ModuleType, tmp_path: Path) -> None:
    class Falling(toy.ToyTask):  # type: ignore[name-defined]
        monitor_mode = "max"

        def evaluate(self, model: nn.Module) -> dict[str, float]:
            return {"error": next(scores)}

    scores = iter([9.0, 8.0, 7.0])
    part = toy.train(tmp_path, task=Falling(), stop_after=5)
    toy.train(tmp_path, resume=part.folder, task=Falling())
    assert load_checkpoint(part.best_checkpoint)["step"] == 4


def test_returns_the_last_metrics_also_of_a_finished_run(
    toy: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = toy.train(tmp_path)
    assert re.search(r"finished: error \S+ at best, 11 steps; see .*run", capsys.readouterr().err)
    before = run.last_checkpoint.read_bytes()
    measures = fit(toy.ToyTask(), Run.resume(run.folder), toy.loop_config(), toy.OPTIM)
    assert "nothing left to do: error" in capsys.readouterr().err
    assert measures == load_checkpoint(run.last_checkpoint)["metrics"]
    assert run.last_checkpoint.read_bytes() == before


def test_parameter_groups_and_collate(toy: ModuleType, tmp_path: Path) -> None:
    class Special(toy.ToyTask):  # type: ignore[name-defined]
        def parameter_groups(self) -> list[dict[str, Any]]:
            first, *rest = self.model
            others = [parameter for module in rest for parameter in module.parameters()]
            return [{"params": first.parameters(), "lr_scale": 0.0}, {"params": others}]

        def collate(self, samples: list[Any]) -> tuple[Tensor, Tensor]:
            x = torch.stack([torch.from_numpy(sample[0]) for sample in samples])
            return x, torch.zeros_like(x)

    task = Special()
    before = {name: tensor.clone() for name, tensor in task.model.state_dict().items()}
    fit(task, Run.create(tmp_path, "run", {}), toy.loop_config(steps=40), toy.OPTIM)
    assert torch.equal(task.model.state_dict()["0.weight"], before["0.weight"])
    assert not torch.equal(task.model.state_dict()["4.weight"], before["4.weight"])


def test_not_finite_loss(toy: ModuleType, tmp_path: Path) -> None:
    class Broken(toy.ToyTask):  # type: ignore[name-defined]
        count = 0

        def loss(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
            self.count += 1
            factor = math.nan if self.count == 8 else 1.0
            return {"loss": factor * super().loss(model, batch)["loss"]}

    with pytest.raises(UserError, match=r"the loss is not finite at step 8; lower optim\.lr") as caught:
        toy.train(tmp_path, task=Broken(), checkpoint_every=5, log_every=100, evaluate_every_steps=100)
    assert "\n" not in str(caught.value)
    assert load_checkpoint(tmp_path / "run" / "last.ckpt")["step"] == 5


def test_a_device_without_enough_memory(toy: ModuleType, tmp_path: Path) -> None:
    class Full(toy.ToyTask):  # type: ignore[name-defined]
        def loss(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
            raise torch.OutOfMemoryError("CUDA out of memory.\nTried to allocate 20.00 GiB")

    with pytest.raises(UserError, match=r"batches of \d+; .*--loop\.accumulate, now 1") as caught:
        toy.train(tmp_path, task=Full())
    assert "\n" not in str(caught.value)


def test_weights_that_overflow_are_never_saved(toy: ModuleType, tmp_path: Path) -> None:
    """The square root of zero is finite, its gradient is not."""

    class Rooted(toy.ToyTask):  # type: ignore[name-defined]
        def loss(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
            return {"loss": (model(batch[0]) * 0).square().sum().sqrt()}

    with pytest.raises(UserError, match="the weights are not finite after step 1"):
        toy.train(tmp_path, task=Rooted(), checkpoint_every=1)
    assert not (tmp_path / "run" / "last.ckpt").exists()


def test_statistics_that_overflow_are_never_saved(toy: ModuleType, tmp_path: Path) -> None:
    """Batch norm's running variance may become infinite while the loss and the weights are finite."""
    task = toy.ToyTask()
    task.model.register_buffer("running_var", torch.tensor([1.0, float("inf")]))
    with pytest.raises(UserError, match="the weights are not finite after step"):
        toy.train(tmp_path, task=task, checkpoint_every=1)
    assert not (tmp_path / "run" / "last.ckpt").exists()


def test_too_little_data(toy: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="22 samples, fewer than one batch of 32"):
        toy.train(tmp_path, batch_size=32)


def test_damaged_checkpoint(toy: ModuleType, tmp_path: Path) -> None:
    run = toy.train(tmp_path, stop_after=2)
    run.last_checkpoint.write_bytes(run.last_checkpoint.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"last\.ckpt: not a checkpoint that can be read"):
        toy.train(tmp_path, resume=run.folder)


def test_changed_batch_size(toy: ModuleType, tmp_path: Path) -> None:
    run = toy.train(tmp_path, stop_after=2)
    with pytest.raises(UserError, match="the run has batch_size 4, now it is 2"):
        toy.train(tmp_path, resume=run.folder, batch_size=2)


def test_a_resumed_training_can_be_longer(toy: ModuleType, tmp_path: Path) -> None:
    run = toy.train(tmp_path, steps=5)
    toy.train(tmp_path, resume=run.folder)
    assert state(run)["step"] == 11


def test_a_run_killed_before_its_first_checkpoint_starts_again(toy: ModuleType, tmp_path: Path) -> None:
    whole = toy.train(tmp_path)
    early = Run.create(tmp_path, "run", {})
    with early.logging(0):
        early.log(3, {"train/loss": 1.0})
    toy.train(tmp_path, resume=early.folder)
    assert_same(state(early), state(whole))
    assert (early.folder / "metrics.csv").read_bytes() == (whole.folder / "metrics.csv").read_bytes()


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)]
)
def test_signals_finish_the_step_and_save(
    toy: ModuleType,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    number: signal.Signals,
    error: type[BaseException],
) -> None:
    class Interrupted(toy.ToyTask):  # type: ignore[name-defined]
        count = 0

        def loss(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
            self.count += 1
            if self.count == 5:
                signal.raise_signal(number)
            return super().loss(model, batch)

    whole, before = toy.train(tmp_path), signal.getsignal(number)
    with pytest.raises(error) as caught:
        toy.train(tmp_path, task=Interrupted(), workers=1)
    if isinstance(caught.value, SystemExit):
        assert caught.value.code == 143
    assert signal.getsignal(number) is before
    folder = tmp_path / "run-2"
    assert f"stopped after step 5 of 11; continue with --resume {folder}" in capfd.readouterr().err
    assert load_checkpoint(folder / "last.ckpt")["step"] == 5
    assert_same(state(toy.train(tmp_path, resume=folder)), state(whole))


def test_a_second_interrupt_stops_at_once(toy: ModuleType, tmp_path: Path) -> None:
    class Impatient(toy.ToyTask):  # type: ignore[name-defined]
        def loss(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            raise AssertionError("not reached")

    with pytest.raises(KeyboardInterrupt):
        toy.train(tmp_path, task=Impatient())
    assert not (tmp_path / "run" / "last.ckpt").exists()


@pytest.mark.parametrize(
    "options", [{"batch_size": 100}, {"accumulate": 3}, {"accelerator": "abacus"}, {"devices": 3}]
)
def test_a_run_that_cannot_start_leaves_no_files(
    toy: ModuleType, tmp_path: Path, options: dict[str, object]
) -> None:
    with pytest.raises(UserError):
        toy.train(tmp_path, **options)
    assert not list(tmp_path.iterdir())


def test_a_run_that_cannot_be_resumed_stays_as_it_is(toy: ModuleType, tmp_path: Path) -> None:
    run = toy.train(tmp_path, steps=2)
    before = {file: file.read_bytes() for file in run.folder.rglob("*") if file.is_file()}
    with pytest.raises(UserError, match="the run has batch_size 4, now it is 2"):
        toy.train(tmp_path, resume=run.folder, batch_size=2)
    assert {file: file.read_bytes() for file in run.folder.rglob("*") if file.is_file()} == before


def test_notes_are_printed_when_training_starts(
    toy: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    task = toy.ToyTask()
    task.notes = ["a hint"]
    with pytest.raises(UserError):
        toy.train(tmp_path, task=task, batch_size=32)
    assert "a hint" not in capsys.readouterr().err
    run = toy.train(tmp_path, task=task)
    assert capsys.readouterr().err.count("a hint") == 1
    toy.train(tmp_path, resume=run.folder, task=task)
    assert "a hint" not in capsys.readouterr().err


def test_compiling_needs_a_compiler(toy: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with pytest.raises(UserError, match=r"--loop.compile needs a C\+\+ compiler on the CPU"):
        toy.train(tmp_path, compile=True, accelerator="cpu")
