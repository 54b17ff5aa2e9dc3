import torch
import torch.nn.functional as F

from indexnet_engine.models.aspp import ASPP


def test_branches_in_their_order() -> None:
    aspp = ASPP(6, 4, 3).double().eval()
    x = torch.randn(2, 6, 9, 7, dtype=torch.double)
    branches = [aspp.point(x)]
    for branch, dilation in zip(aspp.atrous, (2, 4, 8)):
        weight = branch.depthwise.conv.weight
        y = F.conv2d(x, weight, padding=dilation, dilation=dilation, groups=6)
        branches.append(branch.project(F.relu6(branch.depthwise.norm(y))))
    mean = aspp.mean(F.adaptive_avg_pool2d(x, 1))
    branches.append(F.interpolate(mean, size=(9, 7), mode="nearest"))
    torch.testing.assert_close(aspp(x), aspp.project(torch.cat(branches, 1)))


def test_parameters() -> None:
    with torch.device("meta"):
        aspp = ASPP(320, 256, 160)
    assert (
        sum(parameter.numel() for parameter in aspp.parameters()) == 3_753_259 - 3_176_939 + 320 * 160 + 320
    )


def test_dropout_only_in_training() -> None:
    aspp = ASPP(4, 8, 64, dilations=(1, 2))
    x = torch.randn(4, 4, 8, 8)
    trained = aspp(x)
    assert 0.4 < (trained == 0).float().mean() < 0.9
    aspp.eval()
    assert torch.equal(aspp(x), aspp(x))
