import multiprocessing
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from torch import Tensor, nn

from indexnet_engine.errors import UserError
from indexnet_engine.randomness import SampleKey


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_in_the_data_is_one_line(toy: ModuleType, tmp_path: Path, workers: int) -> None:
    """Also from a loading process, to whose errors PyTorch adds a traceback."""

    class Broken(toy.ToyData):  # type: ignore[name-defined]
        def __getitem__(self, key: SampleKey, /) -> Any:
            try:
                raise UserError("first")
            except UserError as error:
                raise UserError("b.png: damaged (UserError: 7)") from error

    task = toy.ToyTask()
    task.train_data = Broken()
    with pytest.raises(UserError) as caught:
        toy.train(tmp_path, task=task, workers=workers)
    assert str(caught.value) == "b.png: damaged (UserError: 7)"
    assert multiprocessing.active_children() == []


def test_no_loading_process_outlives_an_error(toy: ModuleType, tmp_path: Path) -> None:
    class Broken(toy.ToyTask):  # type: ignore[name-defined]
        def loss(self, model: nn.Module, batch: Any) -> dict[str, Tensor]:
            assert multiprocessing.active_children()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:  # its traceback keeps the variables of the loop alive
        toy.train(tmp_path, task=Broken(), workers=2)
    assert caught.tb is not None
    assert multiprocessing.active_children() == []
