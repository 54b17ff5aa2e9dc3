import numpy as np
import pytest
from PIL import Image

from indexnet_engine.errors import UserError
from indexnet_segmentation.data.classes import CAMVID11, IGNORE, SUN37, Classes, pick_colours
from indexnet_segmentation.data.label_files import KNOWN, LabelValues, class_numbers, read_label, write_label

THREE = Classes(("a", "b", "c"), pick_colours(3))


def save(path, numbers, dtype=np.uint8):
    Image.fromarray(np.asarray(numbers, dtype)).save(path)
    return path


def test_the_two_numberings_of_nyu40_give_the_same_classes():
    from_0, from_1 = (KNOWN[f"nyu40-from-{first}"] for first in (0, 1))
    assert from_0[0] == from_1[0] == SUN37
    zero_based = np.array([[*range(40), 255]])
    one_based = np.array([[*range(1, 41), 0]])
    expected = [[*range(37), *[IGNORE] * 4]]
    assert class_numbers(zero_based, *from_0, "a.png").tolist() == expected
    assert class_numbers(one_based, *from_1, "a.png").tolist() == expected


@pytest.mark.parametrize(
    ("labels", "number"),
    [
        ("nyu40-from-0", 40),  # what from-1 would look like
        ("nyu40-from-1", 255),  # what from-0 would look like
        ("sun37-from-0", 37),
        ("sun37-from-1", 38),
        ("camvid", 12),
        ("camvid", 255),
    ],
)
def test_a_wrong_numbering_is_refused(labels, number):
    with pytest.raises(UserError, match=rf"^x\.png: the number {number} \(2 pixels\) is no class"):
        class_numbers(np.array([[5, number, number]]), *KNOWN[labels], "x.png")


@pytest.mark.parametrize("number", [-1, -70000, 3, 254, 65535, 65536, 10**7])
def test_no_number_is_silently_taken_for_another(number):
    with pytest.raises(
        UserError, match=rf"the number {number} \(1 pixels\) is no class .*classes are 0 to 2"
    ):
        class_numbers(np.array([[0, number]], np.int32), THREE, LabelValues(), "x.png")


def test_several_void_numbers_and_none():
    values = LabelValues(first=2, void=(0, 1, 255))
    assert class_numbers(np.array([[0, 1, 2, 4, 255]]), THREE, values, "x").tolist() == [
        [255, 255, 0, 2, 255]
    ]
    with pytest.raises(UserError, match=r"the number 255 .* nothing is void"):
        class_numbers(np.array([[255]]), THREE, LabelValues(void=()), "x")


@pytest.mark.parametrize("kind", ["gray", "16 bits", "palette", "three equal channels"])
def test_kinds_of_files(tmp_path, kind):
    path, numbers = tmp_path / "a.png", np.uint8([[0, 1, 2], [255, 2, 1]])
    if kind == "palette":
        write_label(path, numbers, THREE)
        assert Image.open(path).mode == "P"
    else:
        save(
            path,
            np.dstack([numbers] * 3) if kind.startswith("three") else numbers,
            np.uint16 if "16" in kind else np.uint8,
        )
    label = read_label(path, THREE, LabelValues())
    assert label.dtype == np.int64
    assert label.tolist() == numbers.tolist()


def test_files_that_are_no_labels(tmp_path):
    numbers = np.zeros((4, 4), np.uint8)
    with pytest.raises(UserError, match=r"a\.jpg: JPEG does not keep"):
        read_label(save(tmp_path / "a.jpg", numbers), THREE, LabelValues())
    colours = np.random.default_rng(0).integers(0, 255, (4, 4, 3))
    with pytest.raises(UserError, match=r"c\.png: is a colour image"):
        read_label(save(tmp_path / "c.png", colours), THREE, LabelValues())
    with pytest.raises(UserError, match=r"nowhere\.png: no such file"):
        read_label(tmp_path / "nowhere.png", THREE, LabelValues())


def test_written_labels_show_the_colours_of_their_classes(tmp_path):
    label = np.array([[0, 3, 10], [255, 5, 5]])
    write_label(tmp_path / "deep" / "a.png", label, CAMVID11)
    picture = Image.open(tmp_path / "deep" / "a.png")
    assert np.asarray(picture).tolist() == label.tolist()
    colours = np.asarray(picture.convert("RGB"))
    assert tuple(colours[0, 1]) == CAMVID11.palette[3]
    assert tuple(colours[1, 0]) == (0, 0, 0)
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["a.png"]
    with pytest.raises(UserError, match=r"a\.tif: labels are written as \.png"):
        write_label(tmp_path / "a.tif", label, CAMVID11)
