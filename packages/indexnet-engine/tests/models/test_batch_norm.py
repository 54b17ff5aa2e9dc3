from torch import nn

from indexnet_engine.models.batch_norm import batch_norms, freeze_batch_norm


def test_all_kinds_of_batch_norm_are_found_and_nothing_else() -> None:
    layers = [nn.BatchNorm1d(2), nn.BatchNorm2d(2), nn.SyncBatchNorm(2)]
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.Sequential(*layers), nn.GroupNorm(1, 2), nn.Dropout())
    assert batch_norms(model) == layers
    freeze_batch_norm(model)
    assert [layer.training for layer in layers] == [False] * 3
    assert model[0].training
    assert model[3].training
