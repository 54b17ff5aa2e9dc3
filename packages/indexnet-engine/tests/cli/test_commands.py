"""The command line as users see it: arguments, exit status, stdout and stderr."""

import pickle
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
import yaml

from indexnet_engine.cli.commands import Command, load_run_config, main, parse_config, to_dict
from indexnet_engine.cli.origin import given_keys
from indexnet_engine.errors import OptionError, UserError, check_number


@dataclass
class Optim:
    """Optimiser."""

    lr: float = 1e-3
    """Learning rate."""
    name: Literal["adam", "sgd"] = "adam"
    """Which one."""
    milestones: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.lr <= 0:
            raise ValueError(f"lr must be positive, got {self.lr}")
        for milestone in self.milestones:
            check_number("optim.milestones", milestone)


@dataclass
class Train:
    """Training."""

    data: Path = Path("builtin")
    """A folder, 100% photographs."""
    sigma: list[float] = field(default_factory=lambda: [25.0])
    """Noise levels."""
    noise: float | list[float] = 25.0
    """One level, or a range."""
    names: list[str] = field(default_factory=list)
    kinds: list[Literal["a", "b"]] = field(default_factory=list)
    crop: tuple[int, int] = (40, 40)
    out: Path | None = None
    steps: int | None = None
    width: int = 64
    devices: int | str = "auto"
    resume: bool = False
    frozen: bool | None = None
    precision: Literal["32", "bf16"] = "32"
    title: str = "x"
    optim: Optim = field(default_factory=Optim)


@dataclass
class Predict:
    """Prediction."""

    input: Path
    """A file or folder."""
    output: Path = Path("out")
    sigma: list[float] = field(default_factory=list)
    fast: bool = False


@dataclass
class Score:
    label: str
    files: list[Path] = field(default_factory=list)


class AppError(Exception):
    """An error of an application that the user can correct."""


class Program:
    """A program with four commands that records its configurations."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys
        self.asked: object = None
        self.failure: BaseException | None = None
        self.commands = {
            "train": Command(self.work, Train, "Train a network."),
            "predict": Command(self.work, Predict, "Clean images.", positional=("input", "output")),
            "score": Command(self.work, Score, "Compare results.", positional=("label", "files")),
        }

    def work(self, config: object) -> None:
        self.asked = config
        print("working")
        if self.failure is not None:
            raise self.failure

    def __call__(self, *argv: str) -> tuple[int, str, str]:
        self.asked = None
        self.capsys.readouterr()
        status = main("indexnet-test", self.commands, argv, version="1.2.3", errors=(AppError,))
        return status, *self.capsys.readouterr()

    def ask(self, *argv: str) -> object:
        """Run a command that must succeed; return its configuration."""
        assert self(*argv) == (0, "working\n", "")
        return self.asked

    def refuse(self, *argv: str) -> str:
        """Run a command that must fail before it starts; return its error line."""
        status, out, err = self(*argv)
        assert (status, out, self.asked) == (2, "", None)
        assert re.fullmatch(r"error: .+\n", err), err
        return err.removeprefix("error: ").rstrip("\n")


@pytest.fixture
def program(capsys) -> Program:
    return Program(capsys)


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file into a fresh working folder."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, text: str | bytes) -> None:
        Path(name).write_bytes(text if isinstance(text, bytes) else text.encode())

    return write_file


# --- commands and help ----------------------------------------------------------------------------------


def test_no_command_prints_the_help_and_fails(program):
    status, out, err = program()
    assert (status, out) == (2, "")
    assert "usage: indexnet-test COMMAND" in err
    assert "train    Train a network." in err


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_of_the_program(program, flag):
    status, out, err = program(flag)
    assert (status, err) == (0, "")
    assert all(f"  {name}" in out and command.help in out for name, command in program.commands.items())


def test_version(program):
    assert program("--version") == (0, "indexnet-test 1.2.3\n", "")


def test_unknown_command(program):
    assert program.refuse("trian") == "unknown command 'trian'; did you mean train?"
    assert program.refuse("xyz") == "unknown command 'xyz'; choose from train, predict, score"
    assert "unknown command '--sigma'" in program.refuse("--sigma", "25")


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("name", ["train", "predict", "score"])
def test_help_of_every_command(program, name, flag):
    status, out, err = program(name, flag)
    assert (status, err, program.asked) == (0, "", None)
    assert out.startswith(f"usage: indexnet-test {name} ")
    assert program.commands[name].help in out
    for noise in ("<class", "Literal[", "ITEM", "==SUPPRESS==", "factory"):
        assert noise not in out


def test_help_describes_each_option(program):
    out = " ".join(program("train", "--help")[1].split())
    assert "--data PATH A folder, 100% photographs. [default: builtin]" in out
    assert "--sigma FLOAT [FLOAT ...] Noise levels. [default: 25.0]" in out
    assert "--steps INT Steps. --width INT" in out
    assert "--optim.name {adam,sgd} Which one. [default: adam]" in out
    assert "Optimiser: --optim FILE" in out
    out = " ".join(program("predict", "--help")[1].split())
    assert "usage: indexnet-test predict INPUT [OUTPUT] [OPTIONS]" in out
    assert "INPUT, --input PATH A file or folder. [required]" in out
    assert "Score:" in program("score", "--help")[1]  # without docstring, its name


# --- values ---------------------------------------------------------------------------------------------


def test_defaults(program):
    assert program.ask("train") == Train()


@pytest.mark.parametrize(
    ("words", "sigma"),
    [
        (["--sigma", "25"], [25]),
        (["--sigma=25"], [25]),
        (["--sigma", "15", "25", "50"], [15, 25, 50]),
        (["--sigma", "[15,25,50]"], [15, 25, 50]),
        (["--sigma=[15, 25, 50]"], [15, 25, 50]),
        (["--sigma", "[]"], []),
        (["--sigma", "1e1", "-2.5", "-.5"], [10, -2.5, -0.5]),
        (["--sigma", "15", "--width", "8", "--sigma", "50"], [50]),
    ],
)
def test_lists(program, words, sigma):
    asked = program.ask("train", *words)
    assert asked.sigma == sigma
    assert all(type(value) is float for value in asked.sigma)


def test_lists_of_texts_and_choices_and_tuples(program):
    asked = program.ask("train", "--names", "7", "null", "a,b: c", "--kinds", "b", "a", "--crop", "8", "9")
    assert asked == Train(names=["7", "null", "a,b: c"], kinds=["b", "a"], crop=(8, 9))
    assert program.ask("train", "--names", "one", "--crop", "[8,9]") == Train(names=["one"], crop=(8, 9))


def test_a_number_or_a_list(program):
    assert program.ask("train", "--noise", "15").noise == 15.0
    assert program.ask("train", "--noise", "0", "55").noise == [0, 55]
    assert program.ask("train", "--noise", "[0, 55]").noise == [0, 55]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--steps", "7"], Train(steps=7)),
        (["--steps", "null"], Train(steps=None)),
        (["--out", "runs/x"], Train(out=Path("runs/x"))),
        (["--data", "1e3"], Train(data=Path("1e3"))),
        (["--data", "[a] b: #c.png"], Train(data=Path("[a] b: #c.png"))),
        (["--data=-odd"], Train(data=Path("-odd"))),
        (["--devices", "2"], Train(devices=2)),
        (["--devices", "auto"], Train(devices="auto")),
        (["--precision", "32", "--title", "7"], Train(precision="32", title="7")),
        (["--resume"], Train(resume=True)),
        (["--resume", "--width", "8"], Train(resume=True, width=8)),
        (["--resume", "false"], Train(resume=False)),
        (["--resume=true"], Train(resume=True)),
        (["--frozen"], Train(frozen=True)),
        (["--frozen", "--width", "8"], Train(frozen=True, width=8)),
        (["--frozen", "false"], Train(frozen=False)),
        (["--frozen", "null"], Train(frozen=None)),
        (["--optim.lr", "1e-4", "--optim.name", "sgd"], Train(optim=Optim(lr=1e-4, name="sgd"))),
        (["--optim.milestones", "10", "20"], Train(optim=Optim(milestones=[10, 20]))),
    ],
)
def test_single_values(program, words, expected):
    assert program.ask("train", *words) == expected


def test_positional_fields(program):
    assert program.ask("predict", "a.png") == Predict(Path("a.png"))
    assert program.ask("predict", "a.png", "b") == Predict(Path("a.png"), Path("b"))
    assert program.ask("predict", "--input", "a.png") == Predict(Path("a.png"))
    assert program.ask("predict", "--fast", "a.png", "--sigma", "5") == Predict(
        Path("a.png"), fast=True, sigma=[5]
    )
    assert program.ask("predict", "--sigma", "5", "6", "--", "-a.png") == Predict(
        Path("-a.png"), sigma=[5, 6]
    )
    assert program.ask("score", "mine", "a", "b", "c") == Score("mine", [Path("a"), Path("b"), Path("c")])
    assert program.ask("score", "12") == Score("12")


# --- files ----------------------------------------------------------------------------------------------


def test_options_win_over_the_file_wherever_they_stand(program, write):
    write("c.yaml", "width: 8\nsigma: [15]\noptim:\n  lr: 1e-2\n  name: sgd\n")
    expected = Train(width=8, sigma=[15], optim=Optim(lr=0.5, name="sgd"))
    assert program.ask("train", "--config", "c.yaml", "--optim.lr", "0.5") == expected
    assert program.ask("train", "--optim.lr", "0.5", "--config=c.yaml") == expected


def test_later_files_win_over_earlier_ones(program, write):
    write("a.yaml", "width: 8\nsteps: 3\n")
    write("b.yaml", "width: 16\n")
    assert program.ask("train", "--config", "a.yaml", "--config", "b.yaml") == Train(width=16, steps=3)


def test_a_group_from_a_file_of_its_own(program, write):
    write("optim.yaml", "lr: 0.25\n")
    assert program.ask("train", "--optim", "optim.yaml").optim == Optim(lr=0.25)


def test_positional_fields_may_come_from_the_file(program, write):
    write("c.yaml", "input: a.png\noutput: there\n")
    assert program.ask("predict", "--config", "c.yaml") == Predict(Path("a.png"), Path("there"))
    assert program.ask("predict", "--config", "c.yaml", "b.png") == Predict(Path("b.png"), Path("there"))


@pytest.mark.parametrize(
    "words",
    [
        ["train"],
        ["train", "--noise", "0", "55", "--names", "7", "null", "--crop", "3", "4", "--out", "x: y"],
        ["train", "--optim.lr", "1e-7", "--optim.milestones", "1", "2.5", "--resume", "--devices", "2"],
        ["predict", "a.png", "--sigma", "5"],
    ],
)
def test_the_output_of_print_config_is_a_configuration(program, write, words):
    asked = program.ask(*words)
    status, out, err = program(*words, "--print_config")
    assert (status, err, program.asked) == (0, "", None)
    write("printed.yaml", out)
    assert program.ask(words[0], "--config", "printed.yaml") == asked


def test_the_configuration_of_a_run_is_read(tmp_path):
    config = Train(data=Path("photos"), noise=[0, 55], crop=(3, 4), optim=Optim(lr=1e-7, milestones=[1]))
    plain = to_dict(config)
    assert plain["data"] == "photos"
    assert plain["crop"] == [3, 4]
    assert plain["optim"] == {"lr": 1e-7, "name": "adam", "milestones": [1]}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(plain))
    assert load_run_config(Train, tmp_path) == config


def test_a_folder_without_a_run(tmp_path):
    with pytest.raises(UserError, match=r"not the folder of a run \(no config\.yaml there\)"):
        load_run_config(Train, tmp_path)
    (tmp_path / "config.yaml").write_text("nokey: 1\n")
    with pytest.raises(UserError, match=r"config\.yaml: unknown option nokey"):
        load_run_config(Train, tmp_path)


def test_only_dataclasses_become_dictionaries():
    with pytest.raises(TypeError, match="instance of a dataclass"):
        to_dict(Train)


# --- errors ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["train", "--widht", "3"], "unknown option --widht; did you mean --width?"),
        (["train", "--zzzzz"], "unknown option --zzzzz (see --help)"),
        (["train", "-x"], "unknown option -x (see --help)"),
        (["train", "--optim.lrr=1"], "unknown option --optim.lrr; did you mean --optim.lr?"),
        (["train", "--wid", "3"], "unknown option --wid; did you mean --width?"),
        (["train", "--width", "big"], "--width: expected a whole number, got big"),
        (["train", "--width", "1.5"], "--width: expected a whole number, got 1.5"),
        (["train", "--width", "null"], "--width: expected a whole number, got null"),
        (["train", "--width"], "--width: expected a whole number, got nothing"),
        (["train", "--width="], "--width: expected a whole number, got nothing"),
        (["train", "--width", "--resume"], "--width: expected a whole number, got nothing"),
        (["train", "--data", ""], "--data: expected a path, got nothing"),
        (["train", "--steps", "x"], "--steps: expected a whole number or null, got x"),
        (["train", "--resume=maybe"], "--resume: expected true or false, got maybe"),
        (["train", "--sigma", "a"], "--sigma: expected a list of numbers, got a"),
        (["train", "--sigma", "1", "b"], "--sigma: expected a list of numbers, got b"),
        (["train", "--noise", "x"], "--noise: expected a number or a list of numbers, got x"),
        (["train", "--crop", "1"], "--crop: expected 2 whole numbers, got [1]"),
        (["train", "--kinds", "c"], "--kinds: expected a list of values, each one of a, b, got c"),
        (["train", "--optim.name", "adamw"], "--optim.name: expected one of adam, sgd, got adamw"),
        (["train", "--optim.milestones", "-1"], "--optim.milestones must not be negative, got -1.0"),
        (["train", "--optim.lr", "-1"], "lr must be positive, got -1.0"),
        (
            ["train", "--optim", "nope.yaml"],
            "--optim: no such file: nope.yaml; options of this group have a dot, as in --optim.lr",
        ),
        (["train", "word"], "unexpected argument 'word'; options begin with two dashes (see --help)"),
        (["predict"], "missing --input"),
        (["predict", "a", "b", "c"], "unexpected argument 'c'; options begin with two dashes (see --help)"),
        (["train", "--config", "nope.yaml"], "--config: file does not exist: nope.yaml"),
        (["train", "--config", "."], "--config: path is not a file: ."),
        (["train", "--config"], "--config: expected a file, got nothing"),
        (["train", "--print_config=zz"], 'Invalid option "zz" for --print_config'),
    ],
)
def test_bad_command_lines(program, write, words, line):
    assert program.refuse(*words) == line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("nokey: 1\n", "c.yaml: unknown option nokey"),
        ("optim:\n  nokey: 1\n", "c.yaml: unknown option optim.nokey"),
        ("width: big\n", "c.yaml: width: expected a whole number, got big"),
        ("width: null\n", "c.yaml: width: expected a whole number, got null"),
        ("optim: null\n", "c.yaml: optim: expected a group of options, got null"),
        ("optim:\n  lr: null\n", "c.yaml: optim.lr: expected a number, got null"),
        ("optim:\n  lr: fast\n", "c.yaml: optim.lr: expected a number, got fast"),
        ("optim:\n  name: x\n", "c.yaml: optim.name: expected one of adam, sgd, got x"),
        ("optim:\n  milestones: [-1]\n", "c.yaml: optim.milestones must not be negative, got -1.0"),
        ("precision: 32\n", "c.yaml: precision: expected one of 32, bf16, got 32; put it in quotes"),
        ("precision: 64\n", "c.yaml: precision: expected one of 32, bf16, got 64"),
        ("title: 7\n", "c.yaml: title: expected text, got 7; put it in quotes"),
        ("sigma: 3\n", "c.yaml: sigma: expected a list of numbers, got 3"),
        ("", "c.yaml: expected lines of the form `option: value`"),
        ("- 1\n", "c.yaml: expected lines of the form `option: value`"),
        ("just words", "c.yaml: expected lines of the form `option: value`"),
    ],
)
def test_bad_configuration_files(program, write, text, line):
    write("c.yaml", text)
    assert program.refuse("train", "--config", "c.yaml") == line


@pytest.mark.parametrize(
    "text",
    ["a: [1\nb: }", "\ta: 1", "a: b: c", b"\xff\xfe\x00\x80", b"\x00\x01", "a: !!python/name:os.system"],
)
def test_files_that_are_not_yaml(program, write, text):
    write("c.yaml", text)
    assert program.refuse("train", "--config", "c.yaml").startswith("c.yaml: ")


# --- running commands -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [UserError, AppError])
def test_user_errors_become_one_line(program, kind):
    program.failure = kind("photo.png: damaged image\n (cut off)")
    assert program("train") == (2, "working\n", "error: photo.png: damaged image (cut off)\n")


def test_other_exceptions_are_bugs_and_keep_their_traceback(program):
    program.failure = ValueError("a bug")
    with pytest.raises(ValueError, match="a bug"):
        program("train")


def test_interrupt(program):
    program.failure = KeyboardInterrupt()
    assert program("train") == (130, "working\n", "interrupted\n")


def test_a_program_may_exit_with_another_status(program):
    program.failure = SystemExit(3)
    with pytest.raises(SystemExit, match="3"):
        program("train")


@pytest.mark.parametrize(("code", "status"), [(None, 0), (0, 0), (3, 3)])
def test_the_status_of_the_parser_is_kept(program, monkeypatch, code, status):
    def leave(*_args, **_options):
        raise SystemExit(code)

    monkeypatch.setattr("indexnet_engine.cli.commands.parse_config", leave)
    assert program("train") == (status, "", "")


SCRIPT = """
import sys
from dataclasses import dataclass
from indexnet_engine.cli.commands import Command, main

@dataclass
class Config:
    lines: int = 100000

def write(config):
    for index in range(config.lines):
        print(index)

sys.exit(main("p", {"write": Command(write, Config, "Write lines.")}))
"""


def test_a_real_process(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script, "write", "--lines", "2"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "0\n1\n", "")
    with subprocess.Popen(
        [sys.executable, script, "write"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()  # as `head -n 1` does
        assert process.stderr.read() == b""
        assert process.wait() == 141


def test_which_options_were_given(write):
    write("a.yaml", "optim:\n  lr: 0.001\nwidth: 3\n")
    write("optim.yaml", "name: adam\n")
    words = ["--config=a.yaml", "--optim=optim.yaml", "--steps=null", "a"]
    config = parse_config(Train, words, positional=["data"])
    assert given_keys(config) == {"data", "steps", "width", "optim.lr", "optim.name"}
    assert given_keys(parse_config(Train, [])) == frozenset()
    assert given_keys(Train(width=3)) == frozenset()


def test_parse_config_alone():
    assert parse_config(Predict, ["a", "--fast"], positional=["input"]) == Predict(Path("a"), fast=True)


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    """A folder of configurations that come with a program."""
    folder = tmp_path / "configs"
    folder.mkdir()
    for name, width in (("small", 8), ("large", 512)):
        (folder / f"{name}.yaml").write_text(f"width: {width}\n")
    return folder


def test_a_configuration_by_name(configs, tmp_path, monkeypatch):
    assert parse_config(Train, ["--config", "small"], configs=configs).width == 8
    assert parse_config(Train, ["--config=large", "--width", "3"], configs=configs).width == 3
    with pytest.raises(UserError, match="--config: no file 'tiny', and none of large, small"):
        parse_config(Train, ["--config", "tiny"], configs=configs)
    with pytest.raises(UserError, match=r"--config: .*: small\.yaml"):
        parse_config(Train, ["--config", "small.yaml"], configs=configs)
    monkeypatch.chdir(tmp_path)
    Path("large").mkdir()  # a folder of runs, say
    assert parse_config(Train, ["--config", "large"], configs=configs).width == 512
    Path("small").write_text("width: 5\n")  # a file of that name goes first
    assert parse_config(Train, ["--config", "small"], configs=configs).width == 5


def test_help_lists_the_configurations(configs, capsys):
    command = Command(lambda config: None, Train, "train", configs=configs)
    assert main("prog", {"train": command}, ["train", "--help"]) == 0
    assert "Or one of the names large, small." in " ".join(capsys.readouterr().out.split())


def test_a_command_names_options_without_knowing_where_they_were_given(
    program: Program, tmp_path: Path
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("width: 3\noptim:\n  name: sgd\n")
    words = ("train", "--config", str(file), "--steps", "4")
    for option, place in (
        ("steps", "--steps"),
        ("width", f"{file}: width"),
        ("optim.name", f"{file}: optim.name"),
        ("milestones", "--optim.milestones"),  # a default, and the end of a name
        ("noon", "noon"),
    ):
        program.failure = OptionError(option, "is odd")
        assert program(*words) == (2, "working\n", f"error: {place} is odd\n")


def test_an_option_in_python() -> None:
    error = OptionError("loop.steps", "must be positive, got 0")
    assert str(error) == "loop.steps must be positive, got 0"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
