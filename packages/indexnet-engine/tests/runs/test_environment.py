import json
import subprocess
import sys
from pathlib import Path

import torch

from indexnet_engine.runs.environment import describe_environment, git_state


def test_names_versions_and_command() -> None:
    environment = json.loads(json.dumps(describe_environment()))
    assert environment["torch"]["version"] == torch.__version__
    assert environment["python"] == sys.version
    assert environment["command"] == sys.argv
    assert environment["packages"]["lightning-fabric"]


def test_git_state(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", str(tmp_path), *identity, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    git("init", "--quiet")
    (tmp_path / "file").write_text("a")
    git("add", "file")
    git("commit", "--quiet", "--message", "first")
    assert git_state(tmp_path / "file") == {"commit": git("rev-parse", "HEAD"), "changed": False}
    (tmp_path / "file").write_text("b")
    assert git_state(tmp_path / "file") == {"commit": git("rev-parse", "HEAD"), "changed": True}
    (tmp_path / "installed").write_text("inside a repository that does not track it")
    assert git_state(tmp_path / "installed") is None


def test_no_repository(tmp_path: Path) -> None:
    assert git_state(tmp_path / "nowhere" / "file") is None
