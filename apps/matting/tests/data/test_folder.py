import shutil

import pytest

from indexnet_engine.errors import UserError
from indexnet_matting.data.folder import folder_foregrounds, folder_tests


def test_foregrounds_find_their_mattes(training_folder):
    files = folder_foregrounds(training_folder)
    assert [file.name for file in files] == ["fern", "lace", "wing"]
    assert files[1].alpha == training_folder / "alpha" / "lace.png"


def test_images_find_their_mattes_and_trimaps(test_folder):
    files = folder_tests(test_folder)
    assert list(files) == ["fern", "lace", "wing"]
    assert files["wing"] == tuple(test_folder / part / "wing.png" for part in ("image", "alpha", "trimap"))


def test_composition_1k_with_one_matte_for_each_foreground(tmp_path, capsys):
    for part, names in {
        "merged": ("boy_0", "boy_1", "a_b_0"),
        "alpha_copy": ("boy", "a_b"),
        "trimaps": ("boy_0", "boy_1", "a_b"),
    }.items():
        (tmp_path / part).mkdir()
        for name in names:
            (tmp_path / part / f"{name}.png").touch()
    files = folder_tests(tmp_path)
    assert {name: (file.alpha.stem, file.trimap.stem) for name, file in files.items()} == {
        "a_b_0": ("a_b", "a_b"),
        "boy_0": ("boy", "boy_0"),
        "boy_1": ("boy", "boy_1"),
    }
    assert capsys.readouterr().err.splitlines() == [
        f"note: {tmp_path}/alpha_copy: 3 mattes taken under the foreground's name (a_b.png for a_b_0), "
        "as in Composition-1k",
        f"note: {tmp_path}/trimaps: 1 trimap taken under the foreground's name (a_b.png for a_b_0), "
        "as in Composition-1k",
    ]


def test_missing_files_are_named(test_folder, training_folder):
    (test_folder / "trimap" / "lace.png").unlink()
    with pytest.raises(UserError, match="trimap: no trimap for lace"):
        folder_tests(test_folder)
    shutil.rmtree(test_folder / "alpha")
    with pytest.raises(UserError, match="no folder of mattes; expected alpha/ or"):
        folder_tests(test_folder)
    (training_folder / "alpha" / "fern.png").unlink()
    with pytest.raises(UserError, match="alpha: no matte for fern"):
        folder_foregrounds(training_folder)
    with pytest.raises(UserError, match="nowhere: no such folder"):
        folder_foregrounds(training_folder / "nowhere")
