import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import tools.compare.depth_baselines as tool
from indexnet_depth.data.frame import Frame
from indexnet_depth.models import create_model
from indexnet_engine.errors import UserError
from indexnet_engine.images.image_file import write_image
from indexnet_engine.weights.pretrained import save_pretrained


def view(depth: NDArray[np.floating]) -> Frame:
    return Frame(np.zeros((*depth.shape, 3), np.float32), depth.astype(np.float32))


def sloping(near: float, far: float, rows: int = 16) -> NDArray[np.float64]:
    """A floor: depth changes from row to row alone."""
    return np.repeat(np.linspace(far, near, rows)[:, None], 12, 1)


def figures(views: list[Frame]) -> dict[str, dict[str, float]]:
    return {name: tool.measure(views, list(found)) for name, found in tool.baselines(views)}


def test_rows_are_exact_where_depth_follows_them_up_to_scale() -> None:
    found = figures([view(sloping(1, 4)), view(sloping(2, 8)), view(sloping(0.5, 2))])
    for name in ("rows", "rows of other frames"):
        assert found[name]["rmse"] == pytest.approx(0, abs=1e-5)
        assert found[name]["delta1"] == 1
    assert found["constant"]["rmse"] > 0.5


def test_a_constant_is_measured_with_the_frames_own_median() -> None:
    depth = np.array([[1.0, 2.0, 6.0]])
    found = figures([view(depth), view(10 * depth)])["constant"]
    assert found["rmse"] == pytest.approx(np.sqrt(17 / 3) * 5.5)
    assert found["abs_rel"] == pytest.approx((1 + 0 + 4 / 6) / 3)
    assert found["delta1"] == pytest.approx(1 / 3)


def test_rows_of_other_frames_do_not_know_the_frame() -> None:
    found = figures([view(sloping(1, 4)), view(sloping(4, 1))])
    assert found["rows of other frames"]["rmse"] > found["rows"]["rmse"]


def test_the_table_has_networks_and_baselines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(2):
        rng = np.random.default_rng(seed)
        write_image(tmp_path / f"real/rgb/{seed}.png", rng.random((50, 60, 3), np.float32))
        (tmp_path / "real/depth").mkdir(exist_ok=True)
        np.save(tmp_path / f"real/depth/{seed}.npy", rng.uniform(1, 4, (50, 60)).astype(np.float32))
    model = create_model("fastdepth-p-nnconv5", width=0.1)
    save_pretrained(model, tmp_path / "net", {"task": "depth", "size": 32})
    words = ["--unit", "metre", "--weights", str(tmp_path / "net"), "--json", str(tmp_path / "found.json")]
    monkeypatch.setattr(sys, "argv", ["tool", str(tmp_path / "real"), *words])
    tool.main()
    printed = capsys.readouterr().out
    assert "2 frames" in printed
    assert "32 pixels" in printed
    for name in (str(tmp_path / "net"), "constant", "rows", "rows of other frames"):
        assert f"| {name} |" in printed
    assert (tmp_path / "found.json").is_file()


def test_networks_of_different_views_are_refused() -> None:
    class Small:
        size = 32

    class Large:
        size = 64

    with pytest.raises(UserError, match="not comparable"):
        tool._common_size({"a": Small(), "b": Large()}, 224)  # type: ignore[dict-item]
