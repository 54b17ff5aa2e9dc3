import pytest

from indexnet_engine.errors import UserError
from indexnet_segmentation.data.classes import CAMVID11, SUN37, pick_colours
from indexnet_segmentation.data.classes_yaml import describe_labels, read_classes, write_class_file
from indexnet_segmentation.data.label_files import KNOWN, LabelValues


def described(tmp_path, text):
    path = tmp_path / "classes.yaml"
    path.write_text(text)
    return describe_labels(path)


def test_names_only(tmp_path):
    classes, values = described(tmp_path, "classes: [road, car]\n")
    assert classes.names == ("road", "car")
    assert classes.palette == pick_colours(2)
    assert values == LabelValues(first=0, void=(255,))


def test_everything(tmp_path):
    classes, values = described(
        tmp_path, "classes:\n- {name: road, color: [1, 2, 3]}\n- car\nfirst: 1\nvoid: [0, 255]\n"
    )
    assert classes.palette == ((1, 2, 3), pick_colours(2)[1])
    assert values == LabelValues(first=1, void=(0, 255))
    assert read_classes(tmp_path / "classes.yaml") == classes
    assert described(tmp_path, "classes: [road, car]\nvoid: null\n")[1].void == ()


def test_known_labels_by_name_and_in_a_file(tmp_path):
    assert describe_labels("nyu40-from-1") == KNOWN["nyu40-from-1"]
    assert described(tmp_path, "labels: nyu40-from-1\n") == (SUN37, LabelValues(1, (0,), 3))


def test_a_file_reads_back(tmp_path):
    path, values = tmp_path / "deep" / "classes.yaml", LabelValues(0, (11,))
    write_class_file(path, CAMVID11, values)
    assert describe_labels(path) == (CAMVID11, values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected `classes:`"),
        ("- road\n- car\n", "expected `classes:`"),
        ("classes: {", "not a YAML file"),
        ("clases: [road, car]\n", "unknown key 'clases'; did you mean classes?"),
        ("classes: [road, car]\nsize: 5\n", "unknown key 'size'; expected classes, first, void, labels"),
        ("first: 1\n", "classes must be a list of names, got None"),
        ("classes: road\n", "classes must be a list of names, got 'road'"),
        ("classes: [road]\n", "expected 2 to 255 classes, got 1"),
        (f"classes: [{', '.join(f'c{n}' for n in range(256))}]\n", "got 256"),
        ("classes: [road, 7]\n", "class 1 must be a name, or a name with a color, got 7"),
        ("classes: [road, '']\n", "class 1 must be a name"),
        ("classes: [road, {name: car, colour: [0, 0, 0]}]\n", "class 1 must be a name"),
        ("classes: [road, road]\n", "two classes have the name 'road'"),
        ("classes: [road, {name: car, color: [0, 0, 256]}]\n", "the color of 'car' must be three numbers"),
        ("classes: [road, {name: car, color: red}]\n", "the color of 'car' must be three numbers"),
        ("classes: [road, car]\nfirst: -1\n", "first must be a whole number from 0 to 65535, got -1"),
        ("classes: [road, car]\nfirst: 65535\n", "beyond 65535"),
        ("classes: [road, car]\nvoid: none\n", "void must be a whole number from 0 to 65535, got 'none'"),
        ("classes: [road, car]\nvoid: 0\n", "void 0 is the number of the class 'road'"),
        ("classes: [road, car]\nfirst: 5\nvoid: [0, 6]\n", "void 6 is the number of the class 'car'"),
        ("labels: nyu40\n", "labels 'nyu40' are not known; expected one of builtin, camvid"),
        ("labels: [camvid]\n", "are not known"),
        ("labels: camvid\nvoid: 0\n", "leave out void"),
    ],
)
def test_invalid_files(tmp_path, text, message):
    with pytest.raises(UserError) as error:
        described(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path / 'classes.yaml'}: ")
    assert message in str(error.value)


def test_inputs_that_are_neither_a_file_nor_a_name(tmp_path):
    with pytest.raises(UserError, match="nyu41: no such file, and no known labels"):
        describe_labels("nyu41")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"binary\.yaml: not a YAML file"):
        describe_labels(tmp_path / "binary.yaml")
