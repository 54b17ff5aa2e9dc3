"""Bad inputs of ``indexnet-depth``: description, command, and what the error line names."""

# ruff: noqa: E501 (a table: one case a line)

import shutil
from pathlib import Path

import h5py
import numpy as np
import scipy.io
import torch
from numpy.typing import NDArray
from PIL import Image

from indexnet_depth.cli import main
from indexnet_depth.models import create_model
from indexnet_engine.images.image_file import write_image
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

SCORE = "score --depth set/depth --unit millimetre"
PREDICT = "predict photo.png --weights net --out out"

CASES: dict[str, list[Case]] = {
    "Depth and its unit": [
        Case("folder without a stated unit", "train --config good.yaml --data.train set", "set/depth/a.png"),
        Case("unknown unit", "train --config good.yaml --data.train set --data.unit furlong", "'furlong'"),
        Case("unit of zero metres", "train --config good.yaml --data.train set --data.unit 0", "'0'"),
        Case("millimetres stated as metres", "train --config good.yaml --data.train set --data.unit metre", "set/depth/a.png"),
        Case("metres stated as millimetres", "train --config good.yaml --data.train metres --data.unit mm", "metres/depth/a.npy"),
        Case("millimetres stated as sunrgbd", "train --config good.yaml --data.train set --data.unit sunrgbd", "set/depth/a.png"),
        Case("floats stated as sunrgbd", "train --config good.yaml --data.train metres --data.unit sunrgbd", "metres/depth/a.npy"),
        Case("no valid depth", "train --config good.yaml --data.train empty-depth --data.unit mm", "empty-depth/depth/b.png"),
        Case("only not-a-number", "train --config good.yaml --data.train nan --data.unit metre", "nan/depth/b.npy"),
        Case("negative depth", "train --config good.yaml --data.train negative --data.unit metre", "negative/depth/b.npy"),
        Case("depth in colours", "train --config good.yaml --data.train colour-depth --data.unit mm", "colour-depth/depth/b.png"),
        Case("depth with three axes", "train --config good.yaml --data.train deep --data.unit metre", "deep/depth/b.npy"),
        Case("pickle with code as depth", "train --config good.yaml --data.train pickled --data.unit metre", "pickled/depth/b.npy"),
        Case("depth of another size", "train --config good.yaml --data.train other-size --data.unit mm", "other-size/depth/b.png"),
        Case("depth turned by 90°", "train --config good.yaml --data.train turned --data.unit mm", "turned/depth/b.png"),
        Case("damaged depth", "train --config good.yaml --data.train damaged --data.unit mm", "damaged/depth/b.png"),
        Case("damaged photograph", "train --config good.yaml --data.train bad-rgb --data.unit mm", "bad-rgb/rgb/b.png"),
        Case("photograph without depth", "train --config good.yaml --data.train no-depth --data.unit mm", "no depth map for b"),
        Case("no depth/ folder", "train --config good.yaml --data.train rgb-only --data.unit mm", "rgb-only"),
        Case("two depth maps of one name", "train --config good.yaml --data.train twins --data.unit mm", "twins/depth/a.tif"),
        Case("generated rooms without photographs", "train --config good.yaml --data.train generated --data.photographs nowhere", "nowhere"),
        Case("no generated rooms", "train --config good.yaml --data.train generated --data.rooms 0", "data.rooms"),
    ],
    "HDF5 and .mat": [
        Case("truncated HDF5", "train --config good.yaml --data.train h5/truncated", "h5/truncated/b.h5"),
        Case("text named .h5", "train --config good.yaml --data.train h5/text", "h5/text/b.h5"),
        Case("empty file", "train --config good.yaml --data.train h5/nothing", "h5/nothing/b.h5"),
        Case("no depth in it", "train --config good.yaml --data.train h5/no-depth", "'depth'"),
        Case("no rgb in it", "train --config good.yaml --data.train h5/no-rgb", "'rgb'"),
        Case("rgb (H, W, 3)", "train --config good.yaml --data.train h5/transposed", "(48, 56, 3), it is transposed"),
        Case("rgb of floats", "train --config good.yaml --data.train h5/float-rgb", "h5/float-rgb/b.h5"),
        Case("depth (W, H)", "train --config good.yaml --data.train h5/turned", "h5/turned/b.h5"),
        Case("depth in millimetres", "train --config good.yaml --data.train h5/millimetres", "look like millimetres"),
        Case("depth of integers", "train --config good.yaml --data.train h5/integers", "h5/integers/b.h5"),
        Case("all of the depth invalid", "train --config good.yaml --data.train h5/invalid", "h5/invalid/b.h5"),
        Case("damaged training file, good test files", "train --config good.yaml --data.train h5/bad-train", "h5/bad-train/train/b.h5"),
        Case("train/ without val/", "train --config good.yaml --data.train h5/half", "h5/half"),
        Case("labelled file without its split", "train --config good.yaml --data.train no-split", "no-split/splits.mat"),
        Case("split of another file", "train --config good.yaml --data.train other-split", "other-split/splits.mat"),
        Case("truncated labelled file", "train --config good.yaml --data.train cut-mat/nyu_depth_v2_labeled.mat", "cut-mat"),
        Case(".mat of another layout", "train --config good.yaml --data.train no-split/other.mat", "no-split/other.mat"),
        Case("SUN RGB-D frame without a photograph", "train --config good.yaml --data.train sun-bare", "kv1/a"),
        Case("SUN RGB-D of another split", "train --config good.yaml --data.train sun-other", "allsplit.mat"),
        Case("damaged depth of SUN RGB-D", "train --config good.yaml --data.train sun-damaged", "sun-damaged/kv1/a/depth_bfx/a.png"),
    ],
    "Training": [
        *TRAINING_DATA,
        *CONFIGURATION,
        *ENCODER,
        *RESUMING,
        Case("folder of an unknown layout", "train --config good.yaml --data.train notes", "notes"),
        Case("file that is not a data set", "train --config good.yaml --data.train photo.png", "photo.png"),
        Case("missing held-out frames", "train --config good.yaml --data.test nowhere", "nowhere"),
        Case("held-out frames without a unit", "train --config good.yaml --data.test set", "set/depth/a.png"),
        Case("size that 32 does not divide", "train --config good.yaml --data.size 100", "100"),
        Case("shrinking scale", "train --config good.yaml --augment.max_scale 0.5", "0.5"),
        Case("rotation by half a turn", "train --config good.yaml --augment.max_angle 180", "180"),
        Case("probability of 2", "train --config good.yaml --augment.flip 2", "2"),
        Case("encoder weights of another network", "train --config good.yaml --encoder stranger.pth", "stranger.pth"),
        Case("unknown network", "train --config good.yaml --model.name fastdepth-q", "fastdepth-q"),
        Case("index networks for strided convolutions", "train --config good.yaml --model.name fastdepth-nnconv5 --model.resampling hin", "fastdepth-nnconv5"),
        Case("unknown configuration", "train --config smal", "smal"),
        Case("pretrained weights of another width", "train --config good.yaml --model.resampling hin --model.width 0.2 --pretrained net", "net"),
    ],
    "Weights": [
        *weights_cases("evaluate --weights"),
        Case("size that is text", "evaluate --weights nets/text-size", "nets/text-size"),
    ],
    "Evaluation, scores, check-data, info": [
        Case("missing data", "evaluate --weights net --data nowhere", "nowhere"),
        Case("data without a unit", "evaluate --weights net --data set", "set/depth/a.png"),
        Case("frame of another size", "evaluate --weights net --data other-size --unit mm", "other-size/depth/b.png"),
        Case("JSON into a folder", "evaluate --weights net --data set --unit mm --json notes", "notes"),
        Case("threshold of zero", "evaluate --weights net --data set --unit mm --edge_threshold 0", "0"),
        Case("average over rows", "evaluate --weights net --data set --unit mm --average rows", "rows"),
        Case("score without a unit", "score --depth set/depth --pred set/depth", "--unit"),
        Case("prediction of another size", f"{SCORE} --pred other-size/depth", "other-size/depth/b.png"),
        Case("prediction in another unit", f"{SCORE} --pred metres/depth", "metres/depth/a.npy"),
        Case("prediction without a ground truth", "score --depth no-depth/depth --unit mm --pred set/depth", "no-depth/depth"),
        Case("ground truth without a prediction", f"{SCORE} --pred no-depth/depth", "no-depth/depth"),
        Case("missing predictions", f"{SCORE} --pred nowhere", "nowhere"),
        Case("photographs as predictions", f"{SCORE} --pred set/rgb", "set/rgb/a.png"),
        Case("data with errors", "check-data damaged --unit mm", "depth/b.png"),
        Case("data to be checked without a unit", "check-data set", "set/depth/a.png"),
        Case("folder to be checked is missing", "check-data nowhere", "nowhere"),
        Case("index maps of max pooling", "info --model.width 0.1 --image photo.png --out maps", "photo.png"),
        Case("index maps of a damaged photograph", "info --weights net --image truncated.png --out maps", "truncated.png"),
    ],
    "Prediction": [
        *image_cases("predict {} --weights net --out out"),
        Case("truncated photograph among good ones", "predict photo.png truncated.png --weights net --out out", "truncated.png"),
        Case("two photographs of one name", "predict set/rgb bad-rgb/rgb/a.png --weights net --out out", "a.png"),
        Case("depth would replace its photograph", "predict photo.png --weights net --out .", "photo.png"),
        Case("output folder is a file", "predict photo.png --weights net --out text.png", "text.png"),
        Case("three intrinsics", f"{PREDICT} --intrinsics [500,500,320]", "3"),
        Case("focal length of zero", f"{PREDICT} --intrinsics [0,500,320,240]", "0 500 320 240"),
        Case("focal length without a unit", f"{PREDICT} --focal 26", "26"),
        Case("range in the wrong order", f"{PREDICT} --range [5,1]", "5 1"),
        Case("text as a video", "predict text.mp4 --weights net --out out", "text.mp4"),
        Case("missing video", "predict nowhere.mp4 --weights net --out out", "nowhere.mp4"),
        Case("camera without a number", "predict camera:front --weights net --out out", "camera:front"),
        Case("video and photograph", "predict text.mp4 photo.png --weights net --out out", "text.mp4"),
        Case("unknown device", f"{PREDICT} --device abacus", "abacus"),
    ],
    "Export": export_cases("predict photo.png"),
}  # fmt: skip


GOOD = {
    "model": {"width": 0.1},
    "data": {"train": "h5/good", "size": 32},
    "loop": {"steps": 2, "batch_size": 2, "accelerator": "cpu"},
    "out": "runs",
}
"""A configuration whose training takes less than a second."""


def make_inputs() -> None:
    """Fill the working folder with the files that the commands of `CASES` name."""
    write_image(Path("photo.png"), np.random.default_rng(0).random((48, 56, 3)))
    make_bad_images(Path("photo.png"))
    Path("text.mp4").write_text("not a video\n")
    make_folders()
    make_hdf5()
    make_labelled()
    make_sun_rgbd()
    model = create_model("fastdepth-p-nnconv5", resampling="hin", width=0.1)
    make_networks(model, {"task": "depth", "size": 32}, width=0.2)
    make_changed_network("text-size", size="large")
    make_bad_exports()
    torch.save({"fc.weight": torch.zeros(3, 3)}, "stranger.pth")
    make_configurations(GOOD)
    make_runs(main)


def rgb(seed: int) -> NDArray[np.uint8]:
    """A photograph (48, 56, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (48, 56, 3), dtype=np.uint8)


def metres(seed: int) -> NDArray[np.float32]:
    """Its depth (48, 56), 1 to 4 m."""
    return np.random.default_rng(seed).uniform(1, 4, (48, 56)).astype(np.float32)


def counts(depth: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The same in millimetres."""
    return np.rint(1000 * depth).astype(np.uint16)


def make_folders() -> None:
    """Good folders in millimetres and in metres, and copies that are each wrong in one way."""
    for seed, name in enumerate(("a", "b")):
        for folder in ("set", "metres"):
            write_image(Path(folder, "rgb", f"{name}.png"), rgb(seed))
            Path(folder, "depth").mkdir(exist_ok=True)
        Image.fromarray(counts(metres(seed))).save(f"set/depth/{name}.png")
        np.save(f"metres/depth/{name}.npy", metres(seed))
    for name in (
        "empty-depth", "colour-depth", "other-size", "turned", "damaged", "bad-rgb", "no-depth", "twins"
    ):  # fmt: skip
        shutil.copytree("set", name)
    for name in ("nan", "negative", "deep", "pickled"):
        shutil.copytree("metres", name)
    shutil.copytree("set/rgb", "rgb-only/rgb")
    Image.fromarray(counts(0 * metres(1))).save("empty-depth/depth/b.png")
    Image.fromarray(rgb(1)).save("colour-depth/depth/b.png")
    Image.fromarray(counts(metres(1))[:40]).save("other-size/depth/b.png")
    Image.fromarray(counts(metres(1).T.copy())).save("turned/depth/b.png")
    depth = Path("damaged/depth/b.png")
    depth.write_bytes(depth.read_bytes()[:200])
    shutil.copy("truncated.png", "bad-rgb/rgb/b.png")
    Path("no-depth/depth/b.png").unlink()
    Image.fromarray(counts(metres(1))).save("twins/depth/a.tif")
    np.save("nan/depth/b.npy", metres(1) * np.nan)
    np.save("negative/depth/b.npy", -metres(1))
    np.save("deep/depth/b.npy", np.stack([metres(1)] * 3, -1))
    np.save("pickled/depth/b.npy", np.array([{"depth": 1}]), allow_pickle=True)


def make_hdf5() -> None:
    """Folders of two frames, of which the second is wrong in one way."""
    planes, depth = rgb(1).transpose(2, 0, 1), metres(1)
    wrong: dict[str, dict[str, NDArray[np.generic]]] = {
        "good": {"rgb": planes, "depth": depth},
        "no-depth": {"rgb": planes},
        "no-rgb": {"depth": depth},
        "transposed": {"rgb": rgb(1), "depth": depth},
        "float-rgb": {"rgb": planes / 255, "depth": depth},
        "turned": {"rgb": planes, "depth": depth.T},
        "millimetres": {"rgb": planes, "depth": 1000 * depth},
        "integers": {"rgb": planes, "depth": counts(depth)},
        "invalid": {"rgb": planes, "depth": depth * np.float32(np.inf)},
    }
    for name, arrays in wrong.items():
        write_frame(Path("h5", name, "a.h5"), rgb=rgb(0).transpose(2, 0, 1), depth=metres(0))
        write_frame(Path("h5", name, "b.h5"), **arrays)
    for name, content in (
        ("truncated", Path("h5/good/b.h5").read_bytes()[:5000]),
        ("text", b"no"),
        ("nothing", b""),
    ):
        shutil.copytree("h5/good", f"h5/{name}")
        Path(f"h5/{name}/b.h5").write_bytes(content)
    shutil.copytree("h5/good", "h5/half/train")
    shutil.copytree("h5/truncated", "h5/bad-train/train")
    shutil.copytree("h5/good", "h5/bad-train/val")


def write_frame(path: Path, **arrays: NDArray[np.generic]) -> None:
    """Write arrays as HDF5."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for key, values in arrays.items():
            file[key] = values


def make_labelled() -> None:
    """The labelled file of NYUv2 without its split, with that of another file, and truncated."""
    name = "nyu_depth_v2_labeled.mat"
    images = np.stack([rgb(seed).transpose(2, 1, 0) for seed in range(2)])
    depths = np.stack([metres(seed).T for seed in range(2)])
    for folder in ("no-split", "other-split", "cut-mat"):
        write_frame(Path(folder, name), images=images, depths=depths)
    scipy.io.savemat("no-split/other.mat", {"images": images})
    scipy.io.savemat("other-split/splits.mat", {"trainNdxs": [[1], [700]], "testNdxs": [[2]]})
    scipy.io.savemat("cut-mat/splits.mat", {"trainNdxs": [[1]], "testNdxs": [[2]]})
    Path("cut-mat", name).write_bytes(Path("no-split", name).read_bytes()[:20_000])


def make_sun_rgbd() -> None:
    """SUN RGB-D: a frame without its photograph, another split, damaged depth."""
    for folder in ("sun-bare", "sun-other", "sun-damaged"):
        for part in ("image", "depth_bfx"):
            Path(folder, "kv1/a", part).mkdir(parents=True)
        write_image(Path(folder, "kv1/a/image/a.png"), rgb(0))
        Image.fromarray(counts(metres(0)) << 3).save(f"{folder}/kv1/a/depth_bfx/a.png")
    shutil.rmtree("sun-bare/kv1/a/image")
    cells = np.array([["/n/fs/sun3d/data/SUNRGBD/kv2/b"]], object)
    scipy.io.savemat("sun-other/allsplit.mat", {"alltrain": cells, "alltest": cells})
    depth = Path("sun-damaged/kv1/a/depth_bfx/a.png")
    depth.write_bytes(depth.read_bytes()[:300])


PROGRAM = Program("indexnet-depth", main, CASES, make_inputs)
