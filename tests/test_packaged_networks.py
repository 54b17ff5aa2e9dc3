"""The trained networks inside the wheels: their sizes, their SHA-256, their cards."""

import hashlib

import pytest

import indexnet_denoising.packaged
import indexnet_depth.packaged
import indexnet_matting.packaged
import indexnet_segmentation.packaged

PACKAGES = {
    "denoising": indexnet_denoising.packaged.PACKAGED,
    "matting": indexnet_matting.packaged.PACKAGED,
    "segmentation": indexnet_segmentation.packaged.PACKAGED,
    "depth": indexnet_depth.packaged.PACKAGED,
}
MEBIBYTES = {"denoising": 8, "matting": 16, "segmentation": 16, "depth": 16}
NETWORKS = [(task, name) for task, packaged in PACKAGES.items() for name in packaged.sha256]


@pytest.mark.parametrize(("task", "name"), NETWORKS)
def test_they_are_small_and_their_cards_say_the_same(task: str, name: str) -> None:
    folder, digest = PACKAGES[task].find(name), PACKAGES[task].sha256[name]
    content = (folder / "model.safetensors").read_bytes()
    assert len(content) <= MEBIBYTES[task] * 2**20
    assert hashlib.sha256(content).hexdigest() == digest
    card = (folder / "README.md").read_text(encoding="utf-8")
    for word in (f"SHA-256 `{digest}`", "terms", f"indexnet-{task} evaluate"):
        assert word in card


@pytest.mark.parametrize("task", PACKAGES)
def test_no_network_lacks_a_name(task: str) -> None:
    packaged = PACKAGES[task]
    assert {file.parent.name for file in packaged.folder.glob("*/model.safetensors")} == set(packaged.sha256)
