from pathlib import Path

import pytest

from indexnet_engine.errors import UserError
from indexnet_engine.weights.packaged import PackagedNetworks

NETWORKS = PackagedNetworks(Path("package/weights"), {"small": "ab", "camera": "cd"}, default="camera")


def test_by_name_and_by_default() -> None:
    assert NETWORKS.find("small") == NETWORKS.find(Path("small")) == Path("package/weights/small")
    assert NETWORKS.find() == Path("package/weights/camera")


def test_a_folder_of_weights_comes_first_but_not_one_of_photographs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("camera", "small", "run"):
        (tmp_path / name).mkdir()
    (tmp_path / "small" / "config.json").touch()
    assert NETWORKS.find("small") == Path("small")
    assert NETWORKS.find("camera") == Path("package/weights/camera")
    assert NETWORKS.find("run") == Path("run")
    (tmp_path / "camera" / "config.json").touch()
    assert NETWORKS.find() == Path("package/weights/camera")


def test_neither_folder_nor_name() -> None:
    with pytest.raises(
        UserError, match=r"x: no such folder, and no network of the package \(camera, small\)"
    ):
        NETWORKS.find("x")


def test_the_default_is_one_of_them() -> None:
    with pytest.raises(ValueError, match="no network 'large' among small"):
        PackagedNetworks(Path("weights"), {"small": "ab"}, default="large")


def test_a_package_without_networks() -> None:
    none = PackagedNetworks(Path("package/weights"), {}, default="camera")
    assert none.find("run") == Path("run")
    with pytest.raises(UserError, match="missing --weights: the folder of a run; no network comes with"):
        none.find()
