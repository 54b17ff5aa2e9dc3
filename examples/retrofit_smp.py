"""Index networks in a U-Net of segmentation-models-pytorch, and a few training steps."""

import segmentation_models_pytorch as smp
import torch
from torch import nn

from indexnet_core import retrofit

model = smp.Unet("resnet18", encoder_weights=None, classes=2)
images = torch.rand(2, 3, 64, 64)
labels = (images.mean(1) > 0.5).long()

# Holistic index maps fit a decoder of any width; depthwise ones (o2o-..., m2o-...) need the encoder's own, or
# a channel_rule. The model is not changed. The result has its weights, under the same names.
network, report = retrofit(model, "hin-nl", example=images)
print(report)

optimizer = torch.optim.Adam(network.parameters(), 1e-3)
for step in range(5):
    loss = nn.functional.cross_entropy(network(images), labels)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    print(f"step {step}: loss {loss.item():.3f}")

# Pretrained weights of the model still load; only those of the index networks are missing.
print(network.load_state_dict(model.state_dict(), strict=False).missing_keys[:2])
