"""Bad inputs of ``indexnet-segmentation``: description, command, and what the error line names."""

# ruff: noqa: E501 (a table: one case a line)

import json
import shutil
from pathlib import Path

import h5py
import numpy as np
import scipy.io
from numpy.typing import NDArray
from PIL import Image

from indexnet_engine.images.image_file import write_image
from indexnet_segmentation.cli import main
from indexnet_segmentation.models import create_model
from tests.bad_inputs.cases import (
    CONFIGURATION,
    ENCODER,
    RESUMING,
    TRAINING_DATA,
    Case,
    Program,
    export_cases,
    image_cases,
    weights_cases,
)
from tests.bad_inputs.files import (
    make_bad_exports,
    make_bad_images,
    make_changed_network,
    make_configurations,
    make_networks,
    make_runs,
)

CASES: dict[str, list[Case]] = {
    "Labels": [
        Case("number beyond the classes", "train --config good.yaml --data.train bad/number", "bad/number/label/b.png"),
        Case("other void number", "train --config good.yaml --data.train bad/void", "bad/void/label/a.png"),
        Case("void number that is a class", "train --config good.yaml --data.train bad/void-class", "void 2"),
        Case("label of another size", "train --config good.yaml --data.train bad/size", "bad/size/label/b.png"),
        Case("label turned by 90°", "train --config good.yaml --data.train bad/turned", "bad/turned/label/a.png"),
        Case("label in colours", "train --config good.yaml --data.train bad/colours", "bad/colours/label/b.png"),
        Case("label with transparency", "train --config good.yaml --data.train bad/glass", "bad/glass/label/b.png"),
        Case("label as JPEG", "train --config good.yaml --data.train bad/jpeg", "bad/jpeg/label/b.jpg"),
        Case("truncated label", "train --config good.yaml --data.train bad/truncated", "bad/truncated/label/b.png"),
        Case("label in 16 bits that wrap around in 8", "train --config good.yaml --data.train bad/deep", "256"),
        Case("all labels void", "train --config good.yaml --data.train bad/all-void", "bad/all-void"),
        Case("a single class everywhere", "train --config good.yaml --data.train bad/one-class", "'lawn'"),
        Case("held-out label with a number that is no class", "train --config good.yaml --data.test bad/number", "bad/number/label/b.png"),
        Case("NYU-40 from 1 read as from 0", "train --config good.yaml --data.train nyu --data.test nyu --data.labels nyu40-from-0", "40"),
        Case("NYU-40 from 0 read as from 1", "check-data nyu-from-0 --labels nyu40-from-1", "nyu-from-0"),
        Case("bad labels in a folder to be checked", "check-data bad/number", "label/b.png"),
    ],
    "Data": [
        Case("folder of an unknown layout", "train --config good.yaml --data.train notes", "notes"),
        Case("image without a label", "train --config good.yaml --data.train bad/no-label", "no label for b"),
        Case("no folder of labels", "train --config good.yaml --data.train bad/no-labels", "bad/no-labels"),
        Case("two images of one name", "train --config good.yaml --data.train bad/twins", "a.bmp"),
        Case("damaged image", "train --config good.yaml --data.train bad/image", "bad/image/image/b.png"),
        Case("no classes.yaml", "train --config good.yaml --data.train bad/no-classes", "classes.yaml"),
        Case("classes.yaml that is not YAML", "check-data bad/broken-yaml", "bad/broken-yaml/classes.yaml"),
        Case("misspelt key in classes.yaml", "check-data bad/misspelt", "'clases'"),
        Case("classes.yaml with one class", "check-data bad/lonely", "got 1"),
        Case("two classes of one name", "check-data bad/same-name", "'lawn'"),
        Case("colour out of range", "check-data bad/colour", "256"),
        Case("unknown name of labels", "check-data set --labels nyu41", "nyu41"),
        Case("labels for builtin scenes", "check-data builtin --labels camvid", "camvid"),
        Case("missing split", "evaluate --weights net --data parts --split val", "parts"),
        Case("CamVid with an image missing", "train --config good.yaml --data.train camvid", "no image for b"),
        Case("CamVid without the labels of a split", "evaluate --weights net --data camvid --split test", "camvid"),
        Case("SUN RGB-D without its label file", "train --config good.yaml --data.train sun", "SUNRGBD2Dseg.mat"),
        Case("SUN RGB-D with a damaged split", "train --config good.yaml --data.train sun-split", "allsplit.mat"),
        Case("SUN RGB-D with an image missing", "train --config good.yaml --data.train sun-image", "0000001.jpg"),
        Case("split val of SUN RGB-D", "evaluate --weights net --data sun-image --split val", "val"),
        Case("folder to be checked is missing", "check-data nowhere", "nowhere"),
    ],
    "Training": [
        *TRAINING_DATA,
        *CONFIGURATION,
        *ENCODER,
        *RESUMING,
        Case("held-out images with other classes", "train --config good.yaml --data.test other-classes", "other-classes"),
        Case("held-out images missing", "train --config good.yaml --data.test nowhere", "nowhere"),
        Case("no held-out data", "train --config nothing-held-out.yaml", "--data.test"),
        Case("size that 32 does not divide", "train --config good.yaml --data.size 100", "100"),
        Case("size 0", "train --config good.yaml --data.size 0", "0"),
        Case("scales in the wrong order", "train --config good.yaml --data.scales 2 0.5", "2.0, 0.5"),
        Case("three scales", "train --config good.yaml --data.scales 0.5 1 2", "0.5, 1.0, 2.0"),
        Case("scale 0", "train --config good.yaml --data.scale 0", "0"),
        Case("frozen batch norm of random weights", "train --config good.yaml --freeze_bn true", "freeze_bn"),
        Case("unknown balance", "train --config good.yaml --balance mean", "mean"),
        Case("pretrained weights of another width", "train --config good.yaml --model.width 4 --pretrained net", "net"),
    ],
    "Weights": [
        *weights_cases("predict photo.png --weights"),
        Case("missing folder", "evaluate --weights nowhere", "nowhere"),
        Case("weights without class names", "predict photo.png --weights nets/no-names", "nets/no-names"),
        Case("weights with too few class names", "predict photo.png --weights nets/few-names", "nets/few-names"),
        Case("weights for other classes", "evaluate --weights net --data other-classes", "other-classes"),
    ],
    "Prediction, scores, pictures": [
        *image_cases("predict {} --weights net"),
        Case("one bad image among good ones", "predict bad/image/image --weights net", "bad/image/image/b.png"),
        Case("two photographs that would become one label", "predict photo.png other/photo.png --weights net", "photo.png"),
        Case("label would replace its photograph", "predict photo.png --weights net --out .", "photo.png"),
        Case("output folder is a file", "predict photo.png --weights net --out text.png", "text.png"),
        Case("tile smaller than the overlap", "predict photo.png --weights net --tile 64 --overlap 96", "96"),
        Case("unknown device", "predict photo.png --weights net --device abacus", "abacus"),
        Case("nothing to segment", "predict", "--input"),
        Case("labels would replace the truth", "evaluate --weights net --data set --out set/label", "set/label/a.png"),
        Case("JSON into a folder", "evaluate --weights net --data set --json notes", "notes"),
        Case("boundary as wide as the image", "evaluate --weights net --data set --boundary 1", "1"),
        Case("prediction of another size", "score --pred bad/size/label --label set/label", "bad/size/label/b.png"),
        Case("prediction in colours", "score --pred bad/colours/label --label set/label", "bad/colours/label/b.png"),
        Case("prediction with a number that is no class", "score --pred bad/number/label --label set/label", "bad/number/label/b.png"),
        Case("prediction without a label", "score --pred set/label --label bad/no-label/label --labels set/classes.yaml", "no label for b"),
        Case("label without a prediction", "score --pred bad/no-label/label --label set/label", "no prediction for b"),
        Case("numbering of the labels not stated", "score --pred lone --label lone", "classes.yaml"),
        Case("index maps of max pooling", "info --model.resampling max --model.width 4 --image photo.png --out maps", "photo.png"),
        Case("no classes", "info --classes 0", "0"),
    ],
    "Export": export_cases("predict photo.png"),
}  # fmt: skip


GOOD = {
    "model": {"width": 2, "resampling": "hin"},
    "data": {"train": "good", "test": "set", "size": 32},
    "loop": {"steps": 1, "batch_size": 2, "accelerator": "cpu"},
    "out": "runs",
}
"""A configuration whose training takes less than a second."""


def make_inputs() -> None:
    """Fill the working folder with the files that the commands of `CASES` name."""
    write_image(Path("photo.png"), np.random.default_rng(0).random((48, 56, 3)))
    write_image(Path("other/photo.png"), np.random.default_rng(1).random((48, 56, 3)))
    make_bad_images(Path("photo.png"))
    make_folders()
    make_known_layouts()
    model = create_model("segnet", resampling="hin", classes=3, width=2)
    palette = [[128, 0, 0], [0, 128, 0], [128, 128, 0]]
    config = {"task": "segmentation", "scale": 1.0, "classes": ["lawn", "pond", "wall"], "palette": palette}
    make_networks(model, config, width=4)
    make_changed_network("no-names", classes=None)
    make_changed_network("few-names", classes=["lawn"])
    make_bad_exports()
    make_configurations(GOOD)
    nothing_held_out = {**GOOD, "data": {"train": "good", "size": 32}}
    Path("nothing-held-out.yaml").write_text(json.dumps(nothing_held_out))
    make_runs(main)


def make_folders() -> None:
    """Good data, and copies that are each wrong in one way."""
    for name in ("good", "set"):
        make_set(Path(name), label())
    make_set(Path("other-classes"), label(), classes="classes: [sea, sand, sky]\n")
    for part in ("train", "test"):
        make_set(Path("parts", part), label())
    Path("parts/classes.yaml").write_text(CLASSES)
    save(label(), Path("lone/a.png"))
    for name, values in (
        ("number", np.where(label() == 2, 7, label())),
        ("size", label()[:40]),
        ("colours", np.dstack([label(), label(), 2 * label()])),
        ("glass", np.dstack([label()] * 4)),
        ("truncated", label()),
        ("deep", label().astype(np.uint16) + 256),
        ("no-label", label()),
        ("twins", label()),
        ("image", label()),
        ("jpeg", label()),
    ):
        make_set(Path("bad", name), label())
        save(values, Path("bad", name, "label/b.png"))
    for name, values in (
        ("void", np.where(label() == 255, 254, label())),
        ("turned", label().T),
        ("all-void", np.full_like(label(), 255)),
        ("one-class", np.zeros_like(label())),
        ("no-labels", label()),
        ("no-classes", label()),
    ):
        make_set(Path("bad", name), values)
    damaged = Path("bad/truncated/label/b.png")
    damaged.write_bytes(damaged.read_bytes()[:60])
    Path("bad/no-label/label/b.png").unlink()
    Path("bad/jpeg/label/b.png").unlink()
    save(label(), Path("bad/jpeg/label/b.jpg"))
    shutil.copy("truncated.png", "bad/image/image/b.png")
    shutil.rmtree("bad/no-labels/label")
    Path("bad/no-classes/classes.yaml").unlink()
    save(label(), Path("bad/twins/image/a.bmp"))
    for name, text in (
        ("void-class", "classes: [lawn, pond, wall]\nvoid: 2\n"),
        ("broken-yaml", "classes: [lawn\n"),
        ("misspelt", "clases: [lawn, pond, wall]\n"),
        ("lonely", "classes: [lawn]\n"),
        ("same-name", "classes: [lawn, lawn, wall]\n"),
        ("colour", "classes: [lawn, pond, {name: wall, color: [0, 0, 256]}]\n"),
    ):
        make_set(Path("bad", name), label(), classes=text)


def make_known_layouts() -> None:
    """CamVid, SUN RGB-D and NYU-40 with one fault each."""
    for part in ("train", "val", "test"):
        make_set(Path("camvid-parts", part), label())
        Path("camvid-parts", part, "image").rename(make(Path("camvid")) / part)
        Path("camvid-parts", part, "label").rename(Path("camvid") / f"{part}annot")
    Path("camvid/train.txt").write_text("train/a.png trainannot/a.png\ntrain/b.png trainannot/b.png\n")
    Path("camvid/train/b.png").unlink()
    shutil.rmtree("camvid/testannot")
    for name in ("sun", "sun-split", "sun-image"):
        make_sunrgbd(Path(name))
    Path("sun/SUNRGBDtoolbox/Metadata/SUNRGBD2Dseg.mat").unlink()
    Path("sun-split/SUNRGBDtoolbox/traintestSUNRGBD/allsplit.mat").write_text("no matrix")
    Path("sun-image/SUNRGBD/kv1/b/image/0000001.jpg").unlink()
    numbers = np.arange(64 * 72).reshape(64, 72) % 41
    make_set(Path("nyu"), numbers.astype(np.uint8))
    make_set(Path("nyu-from-0"), np.where(numbers == 40, 255, numbers).astype(np.uint8))


def make_sunrgbd(root: Path) -> None:
    """Two frames as the archives of SUN RGB-D unpack, one to train on and one to test on."""
    toolbox = root / "SUNRGBDtoolbox"
    metadata, split = make(toolbox / "Metadata"), make(toolbox / "traintestSUNRGBD")
    meta = np.zeros(2, [("rgbpath", object), ("rgbname", object)])
    with h5py.File(metadata / "SUNRGBD2Dseg.mat", "w") as file:
        references = file.create_dataset("SUNRGBD2Dseg/seglabel", (2, 1), h5py.ref_dtype)
        for number, name in enumerate("ab"):
            image = root / f"SUNRGBD/kv1/{name}/image/{number:07}.jpg"
            write_image(image, np.zeros((64, 72, 3)))
            references[number, 0] = file.create_dataset(f"#refs#/{name}", data=label().T % 38).ref
            meta[number] = (f"/n/fs/sun3d/data/SUNRGBD/kv1/{name}/image/{image.name}", image.name)
    scipy.io.savemat(metadata / "SUNRGBDMeta.mat", {"SUNRGBDMeta": meta})
    frames = [np.array([f"/n/fs/sun3d/data/SUNRGBD/kv1/{name}"], object) for name in "ba"]
    scipy.io.savemat(split / "allsplit.mat", dict(zip(("alltrain", "alltest"), frames)))


CLASSES = "classes: [lawn, pond, wall]\nvoid: 255\n"


def make_set(folder: Path, values: NDArray[np.integer], classes: str = CLASSES) -> None:
    """Two images with one and the same label."""
    for seed, name in enumerate("ab"):
        write_image(folder / "image" / f"{name}.png", np.random.default_rng(seed).random((64, 72, 3)))
        save(values, folder / "label" / f"{name}.png")
    (folder / "classes.yaml").write_text(classes)


def label() -> NDArray[np.uint8]:
    """Three classes side by side, and a border without one, uint8 (64, 72)."""
    values = np.repeat(np.arange(3, dtype=np.uint8), 24)[None].repeat(64, 0)
    values[:2] = 255
    return values


def save(values: NDArray[np.integer], path: Path) -> None:
    """Write numbers unchanged."""
    make(path.parent)
    Image.fromarray(values).save(path)


def make(folder: Path) -> Path:
    """Make a folder where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return folder


PROGRAM = Program("indexnet-segmentation", main, CASES, make_inputs)
