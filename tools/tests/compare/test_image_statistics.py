import torch
from torch import nn

from tools.compare.image_statistics import with_image_statistics


def test_it_is_a_training_step_on_the_image_alone() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.Sequential(nn.BatchNorm2d(3), nn.ReLU()), nn.BatchNorm2d(3))
    for norm in (model[1][0], model[2]):
        nn.init.normal_(norm.weight)
        nn.init.normal_(norm.bias)
    x = torch.randn(2, 2, 8, 9)
    changed = with_image_statistics(model)
    model.train()
    expected = torch.cat([model(image[None]) for image in x])
    torch.testing.assert_close(changed(x), expected)
    assert isinstance(model[2], nn.BatchNorm2d), "the model itself is unchanged"


def test_a_single_pixel_keeps_the_running_statistics() -> None:
    norm = nn.BatchNorm2d(2).eval()
    norm.running_mean.copy_(torch.tensor([1.0, 2.0]))
    x = torch.ones(1, 2, 1, 1)
    torch.testing.assert_close(with_image_statistics(nn.Sequential(norm))(x), norm(x))
