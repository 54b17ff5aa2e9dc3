"""A trained network as ONNX, run without PyTorch on images of several sizes."""

import numpy as np
import onnxruntime
import torch

from indexnet_core import export_onnx
from indexnet_denoising.predictor import load_model

model = load_model("blind-gray")
export_onnx(model, torch.zeros(1, 1, 64, 64), "denoiser.onnx")

session = onnxruntime.InferenceSession("denoiser.onnx")
for batch, height, width in ((1, 64, 96), (3, 160, 40)):  # any multiples of model.stride
    noisy = np.random.default_rng(0).random((batch, 1, height, width), dtype=np.float32)
    (clean,) = session.run(["prediction"], {"image": noisy})
    difference = np.abs(clean - model(torch.from_numpy(noisy)).detach().numpy()).max()
    print(f"{batch} x {height} x {width}: largest difference from PyTorch {difference:.1e}")
