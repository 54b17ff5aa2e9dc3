"""A tiny SUN RGB-D as its archives unpack."""

from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
from PIL import Image

FOLDERS = ("kv1/NYUdata/NYU0001", "kv1/NYUdata/NYU0002", "xtion/sun3ddata/lab/lab_1", "kv2/align/0007")
AUTHORS = "/n/fs/sun3d/data/SUNRGBD"


@pytest.fixture
def sunrgbd(tmp_path: Path) -> Path:
    """Four frames of four sizes; frame i has labels 0 (void), i + 1 and 37; 3 and 1 are for training."""
    root = tmp_path / "sun"
    toolbox = root / "SUNRGBDtoolbox"
    for folder in (toolbox / "Metadata", toolbox / "traintestSUNRGBD"):
        folder.mkdir(parents=True)
    meta = np.zeros(len(FOLDERS), [("rgbpath", object), ("rgbname", object)])
    with h5py.File(toolbox / "Metadata/SUNRGBD2Dseg.mat", "w") as file:
        references = file.create_dataset("SUNRGBD2Dseg/seglabel", (len(FOLDERS), 1), h5py.ref_dtype)
        for number, folder in enumerate(FOLDERS):
            image = root / "SUNRGBD" / folder / "image" / f"{number:07}.jpg"
            image.parent.mkdir(parents=True)
            height, width = 20 + number, 30
            Image.fromarray(np.full((height, width, 3), 40 * number, np.uint8)).save(image)
            label = np.zeros((height, width), np.uint8)
            label[2:10], label[10:] = number + 1, 37
            # As MATLAB stores it: columns first.
            references[number, 0] = file.create_dataset(f"#refs#/{number}", data=label.T).ref
            meta[number] = (f"{AUTHORS}/{folder}/image/{image.name}", image.name)
    scipy.io.savemat(toolbox / "Metadata/SUNRGBDMeta.mat", {"SUNRGBDMeta": meta})
    cells = {
        "alltrain": np.array([f"{AUTHORS}/{FOLDERS[3]}", f"{AUTHORS}/{FOLDERS[1]}"], object),
        "alltest": np.array([f"{AUTHORS}//{FOLDERS[0]}/", f"{AUTHORS}/{FOLDERS[2]}"], object),
    }
    scipy.io.savemat(toolbox / "traintestSUNRGBD/allsplit.mat", cells)
    return root
