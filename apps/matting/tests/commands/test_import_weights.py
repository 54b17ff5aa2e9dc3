from pathlib import Path

import pytest
import torch
from torch import Tensor

from indexnet_engine.errors import UserError
from indexnet_engine.weights.pretrained import from_pretrained, load_config
from indexnet_matting.commands.import_weights import ImportConfig, import_weights
from indexnet_matting.models import create_model
from indexnet_matting.models.released_checkpoints import _source


def released(resampling: str, **arguments: int) -> dict[str, Tensor]:
    """One of our networks under released names (holistic or none: tensors correspond one to one)."""
    model = create_model("b11", resampling=resampling, **arguments)
    tensors = {}
    for name, tensor in model.state_dict().items():
        (there,) = _source(name, resampling).names
        tensors[f"module.{there}"] = tensor
    return tensors


@pytest.mark.parametrize("resampling", ["max", "hin-nl"])
def test_a_checkpoint_becomes_a_folder_of_weights(
    resampling: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "net.pth.tar"
    tensors = released(resampling)
    torch.save({"state_dict": tensors, "epoch": 30}, file)
    import_weights(ImportConfig(file, tmp_path / "net"))
    config = load_config(tmp_path / "net")
    assert config["task"] == "matting"
    assert config["imported_from"] == "net.pth.tar"
    assert config["model"]["resampling"] == resampling
    assert f"resampling {resampling}" in capsys.readouterr().err
    model = from_pretrained(tmp_path / "net", lambda found: create_model(**found), task="matting")
    assert torch.equal(model.get_parameter("prediction.1.weight"), tensors["module.pred.1.weight"])
    with torch.inference_mode():
        assert model(torch.rand(1, 4, 32, 32)).shape == (1, 1, 32, 32)


def test_bad_files_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for content, complaint in [
        (None, "no such file"),
        (b"", "damaged|not a file of weights"),
        (b"not a checkpoint at all", "not a file of weights"),
    ]:
        file = tmp_path / "some.pth"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(UserError, match=rf"some\.pth: ({complaint})"):
            import_weights(ImportConfig(file, out))
    whole = tmp_path / "whole.pth"
    torch.save(released("max"), whole)
    cut = tmp_path / "cut.pth"
    cut.write_bytes(whole.read_bytes()[:100_000])
    with pytest.raises(UserError, match=r"cut\.pth: damaged"):
        import_weights(ImportConfig(cut, out))
    assert not out.exists()


def test_existing_weights_are_not_replaced(tmp_path: Path) -> None:
    torch.save(released("max"), tmp_path / "net.pth")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"out/config\.json exists; choose another --out"):
        import_weights(ImportConfig(tmp_path / "net.pth", tmp_path / "out"))
    assert (tmp_path / "out" / "config.json").read_text() == "{}"
