"""The settings file: what it may say, what its errors say, and writing it back."""

import os
from pathlib import Path

import pytest

from cursus_tui.pipeline.overrides import merge
from cursus_tui.pipeline.settings import read_settings
from cursus_tui.pipeline.settings_writer import write_settings
from cursus_tui.records.errors import UserError
from cursus_tui.records.opening import LayoutFlags
from cursus_tui.records.pipeline import Isolation, Overrides
from cursus_tui.storage.secrets import is_secret

FULL = """\
# our laptop
interfaces: ../interfaces
scripts: [scripts, more]
config: config.json
hyperparameters: hp.json
root: ..
python: .venv/bin/python
stubs: [torch]

inputs:
  Load:
    DATA: data/raw   # the small extract
environment:
  Train: {EPOCHS: 3, FLAG: true, RATE: 0.10, DAY: 2024-01-31, COLUMNS: [a, b]}
arguments:
  Train: {--job_type: training}

# wiring of ours
wiring:
  Train:
    model: Tune.best
    extra: null
job_types: {Train: training}
stand_ins: {Load: load.py}
isolation: {Train: subprocess}
pythons: {Train: /usr/bin/python3}
"""


def settings_file(folder: Path, text: str) -> Path:
    file = folder / "cursus-tui.yaml"
    file.write_text(text)
    return file


def test_reads_everything_with_paths_relative_to_the_file(tmp_path: Path) -> None:
    settings = read_settings(settings_file(tmp_path, FULL))
    assert settings.layout == LayoutFlags(
        (tmp_path.parent / "interfaces",),
        (tmp_path / "scripts", tmp_path / "more"),
        tmp_path / "config.json",
        tmp_path / "hp.json",
        tmp_path.parent,
    )
    assert settings.python == tmp_path / ".venv/bin/python"
    assert settings.overrides == Overrides(
        inputs={"Load": {"DATA": tmp_path / "data/raw"}},
        environment={"Train": {"EPOCHS": "3", "FLAG": "true", "RATE": "0.10", "DAY": "2024-01-31", "COLUMNS": "a,b"}},
        arguments={"Train": {"job_type": "training"}},
        wiring={"Train": {"model": ("Tune", "best"), "extra": None}},
        job_types={"Train": "training"},
        scripts={"Load": tmp_path / "load.py"},
        isolation={"Train": Isolation.SUBPROCESS},
        pythons={"Train": Path("/usr/bin/python3")},
        stubs=("torch",),
    )


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert read_settings(settings_file(tmp_path, "# nothing yet\n")).overrides == Overrides()


@pytest.mark.parametrize(
    ("text", "line", "message", "help_text"),
    [
        ("config: c.json\nimputs: {}\n", 2, "unknown setting 'imputs'", "did you mean 'inputs'?"),
        ("zzz: 1\n", 1, "unknown setting 'zzz'", "one of interfaces, scripts"),
        ("inputs:\n  Load: data\n", 2, "inputs.Load cannot be 'data'", "STEP: {CHANNEL: PATH}"),
        ("isolation:\n  A: zygote\n  B: docker\n", 3, "isolation.B cannot be 'docker'", "zygote or subprocess"),
        ("wiring:\n  A:\n    x: nodot\n", 3, "wiring.A.x cannot be 'nodot'", "SOURCE_STEP.OUTPUT"),
        ("config: [a]\n", 1, "config cannot be ['a']", "the path of a config JSON"),
        ("config: a\nroot: b\nconfig: c\n", 3, "config is given twice, here and in line 1", ""),
        ("config: {a: b\nroot: c", 2, "not valid YAML", ""),
        ("- a\n- b\n", 1, "the settings are not a mapping", "config: config.json"),
        ("a: !!python/object:os.system {}\n", None, "not valid YAML", ""),
    ],
)
def test_errors_name_line_and_what_was_expected(
    tmp_path: Path, text: str, line: int | None, message: str, help_text: str
) -> None:
    file = settings_file(tmp_path, text)
    with pytest.raises(UserError) as raised:
        read_settings(file)
    assert message in raised.value.message
    assert raised.value.file == file
    assert line is None or raised.value.line == line
    assert help_text in f"{raised.value.expected} {raised.value.hint}"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00bad", b"a: \x00\n", b"[" * 5000])
def test_junk_is_a_users_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "cursus-tui.yaml"
    file.write_bytes(content)
    with pytest.raises(UserError):
        read_settings(file)


def test_later_overrides_win_name_by_name(tmp_path: Path) -> None:
    first = Overrides(environment={"A": {"X": "1", "Y": "1"}}, wiring={"A": {"in": ("B", "out")}}, stubs=("torch",))
    second = Overrides(environment={"A": {"Y": "2"}, "B": {"Z": "3"}}, wiring={"A": {"in": None}}, stubs=("torch", "x"))
    assert merge(first, second) == Overrides(
        environment={"A": {"X": "1", "Y": "2"}, "B": {"Z": "3"}}, wiring={"A": {"in": None}}, stubs=("torch", "x")
    )
    assert merge() == Overrides()


def test_writing_keeps_comments_and_what_did_not_change(tmp_path: Path) -> None:
    file = settings_file(tmp_path, FULL)
    before = read_settings(file).overrides
    write_settings(file, before, is_secret)
    assert file.read_text() == FULL
    write_settings(file, merge(before, Overrides(environment={"Train": {"EPOCHS": "9"}})), is_secret)
    text = file.read_text()
    assert "# our laptop\ninterfaces: ../interfaces" in text
    assert "DATA: data/raw   # the small extract" in text
    assert "# wiring of ours\nwiring:" in text
    assert read_settings(file).overrides.environment["Train"]["EPOCHS"] == "9"


def test_writing_adds_and_removes_sections(tmp_path: Path) -> None:
    file = settings_file(tmp_path, "config: c.json\nstubs: [torch]\n# end")
    write_settings(file, Overrides(inputs={"Load": {"DATA": tmp_path / "data"}}), is_secret)
    assert file.read_text() == "config: c.json\n# end\ninputs:\n  Load:\n    DATA: data\n"


def test_writing_makes_a_file_that_reads_back(tmp_path: Path) -> None:
    file = tmp_path / "cursus-tui.yaml"
    overrides = Overrides(
        inputs={"A": {"x": tmp_path / "in"}, "B": {"y": Path("/far/away")}},
        environment={"A": {"N": "true", "M": "0.10", "E": "", "T": "a: b # c"}},
        arguments={"A": {"flag": "on"}},
        wiring={"A": {"x": ("B", "y"), "z": None}},
        job_types={"A": "training"},
        scripts={"B": tmp_path / "b.py"},
        isolation={"A": Isolation.SUBPROCESS},
        pythons={"A": Path("/usr/bin/python3")},
        stubs=("torch",),
    )
    write_settings(file, overrides, is_secret)
    assert read_settings(file).overrides == overrides
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_changed_safely_is_left_alone(tmp_path: Path) -> None:
    text = "environment: &shared\n  A: {X: '1'}\njob_types: *shared\n"
    file = settings_file(tmp_path, "environment: &e\n  A: &x {X: '1'}\narguments:\n  A: *x\n")
    text = file.read_text()
    with pytest.raises(UserError, match=r"cannot be changed in place|not valid YAML"):
        write_settings(file, merge(read_settings(file).overrides, Overrides(environment={"A": {"X": "2"}})), is_secret)
    assert file.read_text() == text
    assert list(tmp_path.iterdir()) == [file]


def test_flow_style_files_are_rewritten(tmp_path: Path) -> None:
    file = settings_file(tmp_path, "{config: c.json, job_types: {A: training}}\n")
    write_settings(file, Overrides(job_types={"A": "testing"}), is_secret)
    settings = read_settings(file)
    assert settings.layout.config == tmp_path / "c.json"
    assert settings.overrides.job_types == {"A": "testing"}


def test_a_secret_that_is_not_in_the_file_is_not_written(tmp_path: Path) -> None:
    file = settings_file(tmp_path, "environment:\n  Train:\n    API_TOKEN: the old one   # ours\n    EPOCHS: 3\n")
    before = read_settings(file).overrides
    changed = merge(
        before,
        Overrides(
            environment={"Train": {"DB_PASSWORD": "hunter2", "EPOCHS": "4"}, "Load": {"AWS_SECRET_ACCESS_KEY": "abcd"}},
            arguments={"Train": {"access-key": "efgh", "job_type": "training"}},
        ),
    )
    saved = write_settings(file, changed, is_secret)
    assert saved.file == file
    assert saved.left_out == (
        "--env Train.DB_PASSWORD",
        "--env Load.AWS_SECRET_ACCESS_KEY",
        "--arg Train.access-key",
    )
    text = file.read_text()
    assert not [each for each in ("hunter2", "abcd", "efgh") if each in text]
    assert read_settings(file).overrides == Overrides(
        environment={"Train": {"API_TOKEN": "the old one", "EPOCHS": "4"}},
        arguments={"Train": {"job_type": "training"}},
    )


def test_a_secret_in_the_file_stays_as_it_is(tmp_path: Path) -> None:
    text = "environment:\n  Train:\n    API_TOKEN: the old one   # ours\n"
    file = settings_file(tmp_path, text)
    before = read_settings(file).overrides
    assert write_settings(file, before, is_secret).left_out == ()
    edited = merge(before, Overrides(environment={"Train": {"API_TOKEN": "a new one"}}))
    assert write_settings(file, edited, is_secret).left_out == ("--env Train.API_TOKEN",)
    assert file.read_text() == text


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_changed_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "cursus-tui.yaml"
    file.write_text("job_types: {A: training}\n")
    file.chmod(mode)
    before = os.umask(0o000)
    try:
        write_settings(file, Overrides(job_types={"A": "testing"}), is_secret)
    finally:
        os.umask(before)
    assert "testing" in file.read_text()
    assert file.stat().st_mode & 0o7777 == mode
