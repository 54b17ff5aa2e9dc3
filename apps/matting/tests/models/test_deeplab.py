import torch
import torch.nn.functional as F
from torch import nn

from indexnet_matting.models.deeplab import DeepLabMatting


def test_against_the_network_written_out() -> None:
    model = DeepLabMatting(width=0.1).double().eval()
    x = torch.randn(1, 4, 65, 97, dtype=torch.double)
    features = [x]
    for layer in model.encoder.layers:
        features.append(layer(features[-1]))
    high, low = model.context(features[8]), model.low(features[3])
    assert high.shape[2:] == (5, 7)
    assert low.shape[2:] == (17, 25)
    high = F.interpolate(high, (17, 25), mode="bilinear", align_corners=True)
    alpha = model.prediction(model.decoder(torch.cat([high, low], 1)))
    expected = F.interpolate(alpha, (65, 97), mode="bilinear", align_corners=True)
    torch.testing.assert_close(model(x), expected)


def test_widths() -> None:
    with torch.device("meta"):
        model = DeepLabMatting()
    convolutions = [c for c in [*model.low, *model.decoder.modules(), *model.prediction.modules()]
                    if isinstance(c, nn.Conv2d)]  # fmt: skip
    assert [(c.in_channels, c.out_channels, c.kernel_size[0]) for c in convolutions] == [
        (24, 48, 1), (304, 256, 5), (256, 256, 5), (256, 1, 1), (1, 1, 1)
    ]  # fmt: skip
    assert [branch.depthwise.conv.dilation[0] for branch in model.context.atrous] == [6, 12, 18]  # type: ignore
