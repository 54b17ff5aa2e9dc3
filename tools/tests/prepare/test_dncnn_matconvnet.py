import re

import h5py
import numpy as np
import pytest
import torch
from scipy.signal import correlate

from indexnet_denoising.data.open_data import load_images
from indexnet_denoising.evaluation import evaluate_images
from indexnet_denoising.models import create_model
from indexnet_denoising.predictor import DenoisingPredictor
from indexnet_engine.errors import UserError
from indexnet_engine.reports.metric_tables import mean_of
from indexnet_engine.weights.pretrained import from_pretrained
from tools.prepare.convert_dncnn import main
from tools.prepare.dncnn_layers import build, denoise
from tools.prepare.dncnn_matconvnet import read_matconvnet

NETS = "data/weights/dncnn_cszn"


def write_network(path, weights, biases, kinds):
    """Store a network as MATLAB does: (rows, columns, in, out), column by column, a trailing 1 dropped."""
    with h5py.File(path, "w") as file:
        references = []
        for index, kind in enumerate(kinds):
            layer = file.create_group(f"#refs#/{index}")
            layer["type"] = np.array([[ord(letter)] for letter in kind], dtype=np.uint16)
            if kind == "conv":
                weight = weights.pop(0).transpose(2, 3, 1, 0)  # (out, in, rows, columns) before
                weight = weight[..., 0] if weight.shape[-1] == 1 else weight
                parts = [weight.T, biases.pop(0)[None]]
                stored = [
                    file.create_dataset(f"#refs#/{index}{n}", data=part) for n, part in enumerate(parts)
                ]
                layer.create_dataset("weights", data=[[part.ref] for part in stored], dtype=h5py.ref_dtype)
            references.append([layer.ref])
        file.create_dataset("net/layers", data=references, dtype=h5py.ref_dtype)


@pytest.fixture
def small(tmp_path):
    """A network of three convolutions with random weights, and its file."""
    rng = np.random.default_rng(0)
    weights = [
        rng.normal(0, 0.2, shape).astype(np.float32) for shape in [(4, 1, 3, 3), (4, 4, 3, 3), (1, 4, 3, 3)]
    ]
    biases = [rng.normal(0, 0.2, len(weight)).astype(np.float32) for weight in weights]
    write_network(tmp_path / "net.mat", [*weights], [*biases], ["conv", "relu", "conv", "relu", "conv"])
    return tmp_path / "net.mat", weights, biases


def test_reads_weights_in_the_order_of_pytorch(small):
    path, weights, biases = small
    layers = read_matconvnet(path)
    assert len(layers) == 3
    for layer, weight, bias in zip(layers, weights, biases):
        np.testing.assert_array_equal(layer.weight, weight)
        np.testing.assert_array_equal(layer.bias, bias)


def test_evaluation_agrees_with_scipy(small):
    path, weights, biases = small
    noisy = np.random.default_rng(1).random((1, 9, 12))
    x = noisy
    for index, (weight, bias) in enumerate(zip(weights, biases)):
        padded = np.pad(x, [(0, 0), (1, 1), (1, 1)])
        x = np.stack([correlate(padded, w, mode="valid")[0] + b for w, b in zip(weight, bias)])
        x = np.maximum(x, 0) if index < 2 else x
    estimate = denoise(read_matconvnet(path), torch.from_numpy(noisy[None]).float())
    np.testing.assert_allclose(estimate[0], noisy - x, atol=1e-5)


def test_the_model_folder_gives_the_same_estimate(small, tmp_path):
    path, _, _ = small
    main([str(path), str(tmp_path / "model")])
    model = from_pretrained(tmp_path / "model", lambda config: create_model(**config))
    noisy = torch.rand(2, 1, 16, 24)
    with torch.inference_mode():
        torch.testing.assert_close(model(noisy), denoise(read_matconvnet(path), noisy))


def test_bad_files_are_named(small, tmp_path):
    path, _, _ = small
    damaged, other = tmp_path / "damaged.mat", tmp_path / "other.mat"
    damaged.write_bytes(path.read_bytes()[:1000])
    with h5py.File(other, "w") as file:
        file["x"] = 1
    for bad in (damaged, other, tmp_path / "nothing.mat"):
        with pytest.raises(UserError, match=re.escape(f"{bad}: not a MatConvNet network")):
            main([str(bad), str(tmp_path / "model")])
    assert not (tmp_path / "model").exists()


def test_another_chain_is_refused(tmp_path):
    kernel, bias = np.zeros((1, 1, 3, 3), np.float32), np.zeros(1, np.float32)
    write_network(tmp_path / "net.mat", [kernel], [bias], ["conv", "sigmoid"])
    with pytest.raises(UserError, match=r"net\.mat: expected convolutions with a ReLU.*sigmoid"):
        read_matconvnet(tmp_path / "net.mat")


@pytest.mark.data
@pytest.mark.parametrize("sigma", [15, 25, 50])
def test_published_nets_have_17_convolutions_with_folded_norm(sigma, shared):
    layers = read_matconvnet(shared(NETS) / f"sigma={sigma}.mat")
    widths = [tuple(layer.weight.shape[:2]) for layer in layers]
    assert widths == [(64, 1)] + 15 * [(64, 64)] + [(1, 64)]
    assert all(layer.bias.any() for layer in layers)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.parametrize(
    ("data", "sigma", "published"),
    [
        ("Set12", 15, 32.86),
        ("Set12", 25, 30.44),
        ("Set12", 50, 27.18),
        ("BSD68", 25, 29.23),
    ],
)
def test_published_nets_denoise_as_well_as_published(data, sigma, published, shared):
    """DnCNN-S of Zhang et al. 2017, Tables II and III; the application's README has all six figures."""
    model = build(read_matconvnet(shared(NETS) / f"sigma={sigma}.mat"))
    measures, _ = evaluate_images(
        DenoisingPredictor(model, tile=1024), load_images(shared(f"data/denoising/{data}")), sigma
    )
    assert mean_of(measures.values())["psnr"] == pytest.approx(published, abs=0.05)
