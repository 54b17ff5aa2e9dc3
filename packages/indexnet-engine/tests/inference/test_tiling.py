"""Tiled prediction against the whole image."""

import pytest
import torch
from torch import Tensor, nn

from indexnet_core import pad_to_multiple
from indexnet_engine.errors import UserError
from indexnet_engine.inference.tiles import square_tiles, tiles_within
from indexnet_engine.inference.tiling import (
    ImageSource,
    assembled,
    predict_parts,
    predict_tiled,
    source_of,
    tiling_difference,
)


class PoolingNet(nn.Module):
    """Two poolings and unpoolings; an output pixel depends on pixels at most 24 away."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.second = nn.Conv2d(6, 6, 3, padding=1)
        self.third = nn.Conv2d(6, 6, 3, padding=1)
        self.last = nn.Conv2d(6, 2, 3, padding=1)
        self.pool = nn.MaxPool2d(2, return_indices=True)
        self.unpool = nn.MaxUnpool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        x, outer = self.pool(self.first(x).relu())
        x, inner = self.pool(self.second(x).relu())
        x = self.unpool(self.third(x), inner)
        return self.last(self.unpool(x, outer))


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def net() -> PoolingNet:
    return PoolingNet().eval()


def whole(net: nn.Module, image: Tensor, multiple: int) -> Tensor:
    with torch.no_grad():
        return net(pad_to_multiple(image, multiple))[..., : image.shape[-2], : image.shape[-1]]


def test_the_reach_of_the_net_is_what_the_other_tests_assume(net):
    image = torch.rand(1, 3, 128, 128, requires_grad=True)
    net(image)[0, 0, 64:68, 64:68].sum().backward()
    rows = image.grad.abs().sum((0, 1, 3)).nonzero()
    assert 64 - rows.min() <= 24
    assert rows.max() - 67 <= 24


@pytest.mark.parametrize(
    "size",
    [(200, 200), (192, 128), (131, 257), (96, 96), (97, 300), (64, 64), (5, 7), (1, 1), (1, 250), (250, 1)],
)
def test_equals_the_whole_image_when_the_margin_covers_the_reach(net, size):
    image = torch.rand(1, 3, *size)
    tiled = predict_tiled(net, image, tile=96, overlap=64, multiple=4)
    assert tiled.shape == (1, 2, *size)
    torch.testing.assert_close(tiled, whole(net, image, 4), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("tile", "overlap"), [(100, 56), (94, 57), (64, 60), (256, 56)])
def test_tile_and_overlap_need_not_be_multiples(net, tile, overlap):
    image = torch.rand(2, 3, 150, 170)
    tiled = predict_tiled(net, image, tile=tile, overlap=overlap, multiple=4)
    torch.testing.assert_close(tiled, whole(net, image, 4), atol=1e-4, rtol=0)


def test_every_tile_is_a_multiple_within_bounds_with_an_aligned_origin():
    seen = []

    def record(x: Tensor) -> Tensor:
        seen.append((x.shape[-2], x.shape[-1], int(x[0, 0, 0, 0]), int(x[0, 1, 0, 0])))
        return x

    image = torch.stack(torch.meshgrid(torch.arange(203.0), torch.arange(333.0), indexing="ij"))[None]
    assert predict_tiled(record, image, tile=96, overlap=32, multiple=16).equal(image)
    assert len(seen) > 1
    for height, width, top, left in seen:
        assert height <= 96
        assert width <= 96
        assert height % 16 == width % 16 == top % 16 == left % 16 == 0


@pytest.mark.parametrize("overlap", [0, 1, 2, 7, 16, 33, 50, 63])
def test_weights_add_up_to_one_for_any_overlap(overlap):
    image = torch.rand(1, 1, 150, 201)
    torch.testing.assert_close(predict_tiled(lambda x: x, image, tile=64, overlap=overlap), image)


def test_no_seam_when_every_tile_has_another_offset():
    count = iter(range(100))
    image = torch.zeros(1, 1, 300, 300)
    tiled = predict_tiled(lambda x: x + next(count) % 2, image, tile=128, overlap=64)
    steps = max(tiled.diff(dim=-1).abs().max(), tiled.diff(dim=-2).abs().max())
    assert tiled.max() - tiled.min() > 0.99  # the offsets do show
    assert steps <= 1 / 8 + 1e-6  # but one fades into the other over 8 pixels, an eighth of the overlap


def test_a_globally_pooled_net_is_told_about_and_a_local_one_is_not(net):
    image = torch.rand(1, 3, 160, 160) * torch.linspace(0, 1, 160)
    assert tiling_difference(net, image, tile=96, overlap=64, multiple=4) < 1e-4
    pooled = lambda x: net(x) + x.mean((1, 2, 3), keepdim=True)  # noqa: E731
    difference = tiling_difference(pooled, image, tile=96, overlap=64, multiple=4)
    assert 0.05 < difference < 0.5


def test_an_insufficient_margin_shows_in_the_difference(net):
    assert tiling_difference(net, torch.rand(1, 3, 160, 160), tile=32, overlap=8, multiple=4) > 1e-3


def test_result_is_float32_without_gradient(net):
    for size in (40, 100):
        image = torch.rand(1, 3, size, size)
        result = predict_tiled(lambda x: net(x).half(), image, tile=64, overlap=32, multiple=4)
        assert result.dtype == torch.float32
        assert not result.requires_grad


def test_progress_goes_to_stderr_only_when_asked(capsys):
    predict_tiled(lambda x: x, torch.rand(1, 1, 100, 100), tile=64, overlap=16)
    assert capsys.readouterr() == ("", "")
    predict_tiled(lambda x: x, torch.rand(1, 1, 100, 100), tile=64, overlap=16, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert "tile" in err


def test_padding_reflects_or_replicates():
    row = torch.tensor([[[[1.0, 2.0, 3.0]]]])
    assert pad_to_multiple(row, 4)[0, 0].tolist() == [[1, 2, 3, 2]] * 4
    assert pad_to_multiple(row[..., :2], 8)[0, 0, 0].tolist() == [1, 2, 2, 2, 2, 2, 2, 2]
    assert pad_to_multiple(row, 1) is row


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tile": 64, "overlap": 64}, "tile must be larger than the overlap, got 64 and 64"),
        ({"tile": 33, "overlap": 32, "multiple": 64}, "got 64 and 64 pixels .rounded up to multiples of 64"),
        ({"tile": 0}, "must be positive, got 0"),
        ({"multiple": 0}, "must be positive"),
        ({"overlap": -1}, "not be negative, got -1"),
    ],
)
def test_bad_numbers(arguments, message):
    with pytest.raises(UserError, match=message):
        predict_tiled(lambda x: x, torch.rand(1, 1, 10, 10), **arguments)


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(B, C, H, W\), got \(3, 4, 4\)"):
        predict_tiled(lambda x: x, torch.rand(3, 4, 4))
    with pytest.raises(ValueError, match="keep height and width"):
        predict_tiled(lambda x: x[..., 1:], torch.rand(1, 3, 4, 4))


def test_rows_and_columns_beyond_the_image_are_reflected_as_padding_does():
    for size in ((9, 21), (1, 3), (2, 7), (33, 64), (35, 35)):
        image = torch.rand(1, 2, *size)
        seen = torch.zeros_like(pad_to_multiple(image, 8))
        tiles = square_tiles(size, 16, 0, 8)
        rectangles = iter([(rows, columns) for rows in tiles.rows for columns in tiles.columns])

        def record(x: Tensor) -> Tensor:
            rows, columns = next(rectangles)  # noqa: B023
            seen[..., slice(*rows), slice(*columns)] = x  # noqa: B023
            return x

        assert assembled(predict_parts(record, source_of(image), tiles), size).equal(image)
        assert seen.equal(pad_to_multiple(image, 8))


def test_only_tiles_are_read_and_rectangles_are_handed_on():
    image, read, done = torch.rand(1, 1, 100, 90), [], 0
    tiles = tiles_within((100, 90), 40 * 40, 8, 4)

    def part_of_it(rows: slice, columns: slice) -> Tensor:
        read.append((rows.stop - rows.start) * (columns.stop - columns.start))
        return image[..., rows, columns]

    for part in predict_parts(lambda x: 2 * x, ImageSource((100, 90), part_of_it), tiles):
        done += 1
        assert len(read) == done  # no tile is read before the last one has been handed on
        torch.testing.assert_close(part.values, 2 * image[(..., *part.place)])
    assert done == tiles.number > 4
    assert max(read) <= 40 * 40
