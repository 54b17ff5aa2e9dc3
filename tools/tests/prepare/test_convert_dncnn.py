import subprocess
import sys
from pathlib import Path

import pytest

from indexnet_engine.errors import UserError
from tools.prepare.convert_dncnn import main, read_layers

ROOT = Path(__file__).parents[3]


def test_a_wrong_file_is_one_line_and_status_2(tmp_path: Path) -> None:
    bad = tmp_path / "net.pth"
    bad.write_bytes(b"no network")
    command = [sys.executable, "-m", "tools.prepare.convert_dncnn", str(bad), str(tmp_path / "model")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: {bad}: ")
    assert done.stderr.count("\n") == 1


def test_eps_is_for_networks_with_batch_norm(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--eps 0\.0001: .*net\.mat has no batch norm"):
        read_layers(tmp_path / "net.mat", 1e-4)
    with pytest.raises(UserError, match=r"--eps must not be negative, got -1"):
        main([str(tmp_path / "net.pth"), str(tmp_path / "model"), "--eps", "-1"])
