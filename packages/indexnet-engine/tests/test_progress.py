import pytest

from indexnet_engine.progress import is_main_process, progress_bar, say, say_once


def test_the_main_process_prints_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert is_main_process()
    with progress_bar(3, "work", initial=1) as bar:
        bar.start_t -= 2  # two seconds ago
        bar.update(2)
    say("done")
    out, err = capsys.readouterr()
    assert out == ""
    assert "work" in err
    assert "3/3" in err
    assert err.endswith("done\n")


def test_other_processes_print_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "torchrun")
    assert not is_main_process()
    with progress_bar(3, "work") as bar:
        bar.update(3)
    say("done")
    assert capsys.readouterr() == ("", "")


def test_a_rank_without_torchrun_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    assert is_main_process()


def test_a_line_is_printed_once(capsys: pytest.CaptureFixture[str]) -> None:
    for line in ("a line of this test", "another line of this test", "a line of this test"):
        say_once(line)
    assert capsys.readouterr().err == "a line of this test\nanother line of this test\n"
