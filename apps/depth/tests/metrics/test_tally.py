import numpy as np
import pytest

from indexnet_depth.metrics import METRICS, average, tally
from indexnet_engine.errors import UserError


def test_over_images_each_map_counts_once(cases) -> None:
    rows = [tally(*case).measures() for case in cases]
    found = average([tally(*case) for case in cases], "images")
    assert list(found) == list(METRICS)
    for name in METRICS:
        values = np.array([row[name] for row in rows])
        assert found[name] == pytest.approx(np.nanmean(values), rel=1e-9)


def test_over_pixels_all_maps_are_one(cases) -> None:
    """Laid out one below the other with invalid rows between, the maps are one map."""
    width = max(depth.shape[1] for _, depth in cases)
    pieces = []
    for pred, depth in cases:
        room = ((0, 1), (0, width - depth.shape[1]))
        pieces.append((np.pad(pred, room, constant_values=1), np.pad(depth, room)))
    whole = tally(*(np.concatenate(maps) for maps in zip(*pieces)))
    found = average([tally(*case) for case in cases], "pixels")
    assert found == pytest.approx(whole.measures(), rel=1e-9)
    assert found["rmse"] != pytest.approx(average([tally(*case) for case in cases])["rmse"], rel=1e-3)


def test_maps_without_edges_are_left_out_of_their_mean() -> None:
    flat, depth = np.full((9, 9), 2.0), np.full((9, 9), 2.0)
    depth[:, 4:] = 4.0
    found = average([tally(flat, flat), tally(depth, depth)])
    assert found["edge_f1"] == 1
    assert np.isnan(average([tally(flat, flat)])["edge_f1"])
    with pytest.raises(UserError, match="no depth maps"):
        average([])


@pytest.mark.data
def test_fastdepths_published_prediction(shared) -> None:
    """The sample in FastDepth's repository: photograph, depth, and its network's prediction."""
    folder = shared("data/depth/nyu_fastdepth_sample")
    pred, depth = np.load(folder / "pred.npy")[0, 0], np.load(folder / "depth.npy")
    found = tally(pred, depth).measures()
    d, g = pred.astype(np.float64).ravel(), depth.astype(np.float64).ravel()
    assert (g > 0).all()
    assert found["rmse"] == pytest.approx(np.sqrt(((d - g) ** 2).mean()), rel=1e-9)
    assert found["delta1"] == pytest.approx((np.maximum(d / g, g / d) < 1.25).mean(), rel=1e-9)
    assert found["rmse"] < 0.7
    assert found["delta1"] > 0.7
