"""What a user mistypes: a sentence that says what, where and what was expected, exit code 2, nothing run."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from cursus_tui.cli.main import main
from cursus_tui.samples.generate import generate

LONG = "x" * 300
STEP = "SourceA_0000"


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two steps, and everything beside them that is not what it is taken for."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "place"
    generate(folder / "chain", 2)
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "text").write_text("hello")
    (folder / "binary").write_bytes(bytes(range(256)))
    (folder / "empty").touch()
    monkeypatch.chdir(folder)
    return folder


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said about a command line that is not understood."""
    assert main(list(arguments)) == 2
    out, err = capsys.readouterr()
    assert "Traceback" not in err + out
    assert "internal error" not in err
    return err


@pytest.mark.parametrize("command", ["check", "run", "debug", "runs", "clean --all", "ide vscode", "show last --path"])
@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("", "the path is empty"),
        ("nowhere", "there is no such file or folder"),
        ("~nobody-of-this-name/x", "there is no such file or folder"),
        ("pipe", "neither a file nor a folder"),
        ("text", "this is no pipeline"),
        pytest.param(LONG, "File name too long", id="long"),
        pytest.param("a/" * 3000, "File name too long", id="deep"),
        ("loop", "symbolic links"),
        ("chain/x\0y", "null byte"),
    ],
)
def test_what_is_no_pipeline(capsys: pytest.CaptureFixture[str], command: str, path: str, says: str) -> None:
    err = refused(capsys, *command.split(), path)
    assert says in err
    assert "expected: " in err


@pytest.mark.parametrize("option", ["--config", "--hyperparameters", "--settings"])
@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("", "the path is empty"),
        ("chaim", "no such file"),
        ("chain", "a folder"),
        ("pipe", "a file nor a folder"),
        ("/dev/zero", "a file nor a folder"),
        pytest.param(LONG, "File name too long", id="long"),
        ("loop", "symbolic links"),
        ("text", "expected: "),
        ("binary", "not UTF-8 text (byte 128)"),
    ],
)
def test_a_file_that_is_none(capsys: pytest.CaptureFixture[str], option: str, file: str, says: str) -> None:
    err = refused(capsys, "check", "chain", option, file)
    assert says in err
    assert "expected: " in err


@pytest.mark.parametrize("option", ["--interfaces", "--scripts", "--root"])
@pytest.mark.parametrize(
    ("folder", "says"),
    [
        ("", "the path is empty"),
        ("chaim", "there is no such folder"),
        ("text", "this is a file"),
        ("pipe", "a file nor a folder"),
        pytest.param(LONG, "File name too long", id="long"),
    ],
)
def test_a_folder_that_is_none(capsys: pytest.CaptureFixture[str], option: str, folder: str, says: str) -> None:
    err = refused(capsys, "check", "chain", option, folder)
    assert option in err
    assert says in err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--input", f"{STEP}.rows="], "the path is empty"),
        (["--input", f"{STEP}.rows=nowhere"], "there is no such file or folder"),
        (["--input", f"{STEP}.rows=pipe"], "neither a file nor a folder"),
        (["--input", f"{STEP}.rows=/dev/zero"], "neither a file nor a folder"),
        (["--stand-in", f"{STEP}=chain"], "this is a folder"),
        pytest.param(["--stand-in", f"{STEP}={LONG}"], "File name too long", id="long stand-in"),
        (["--python", ""], "--python is empty"),
        pytest.param(["--python", LONG], "File name too long", id="long python"),
        (["--python", "text"], "not executable"),
        (["--stub", ""], "top-level name"),
        (["--stub", "torch.nn"], "top-level name"),
    ],
)
def test_what_is_given_to_a_step_or_all(capsys: pytest.CaptureFixture[str], arguments: list[str], says: str) -> None:
    output = "data_a" if "rows" in arguments[1] else "rows"
    assert says in refused(capsys, "check", "chain", arguments[0], arguments[1].replace("rows", output))


@pytest.mark.parametrize("seconds", ["0", "-1", "x", "", "nan", "inf", "1e400"])
def test_a_time_limit_that_is_none(capsys: pytest.CaptureFixture[str], seconds: str) -> None:
    assert "is not a number of seconds above 0" in refused(capsys, "run", "chain", "--timeout", seconds)


@pytest.mark.parametrize("size", ["4", "-4GB", "", "4XB", "1e400GB", "nan"])
def test_a_memory_limit_that_is_none(capsys: pytest.CaptureFixture[str], size: str) -> None:
    assert "--memory-limit" in refused(capsys, "run", "chain", "--memory-limit", size)


@pytest.mark.parametrize("file", ["", "chain", "text/x.xml", "nowhere/x.xml", pytest.param(LONG, id="long"), "loop"])
def test_a_report_that_cannot_be_written_is_refused_before_anything_runs(
    capsys: pytest.CaptureFixture[str], file: str
) -> None:
    assert "--junit" in refused(capsys, "run", "chain", "--junit", file)
    assert not Path("chain/.cursus-tui").exists()


def test_a_report_that_is_not_taken_after_the_run_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert "No space left" in refused(capsys, "run", "chain", "--junit", "/dev/full")


@pytest.mark.parametrize("command", ["runs chain", "clean chain --all", "show last --path chain"])
@pytest.mark.parametrize(
    ("folder", "says"),
    [
        ("", "the path is empty"),
        ("nowhere", "there is no such folder"),
        ("text", "this is a file"),
        ("chain", "nothing has run here yet"),
        pytest.param(LONG, "File name too long", id="long"),
    ],
)
def test_a_workspace_that_is_none(capsys: pytest.CaptureFixture[str], command: str, folder: str, says: str) -> None:
    assert says in refused(capsys, *command.split(), "--workspace", folder)


@pytest.mark.parametrize("port", ["0", "70000", "-1", "1.5", "9" * 30])
def test_a_port_that_is_none(capsys: pytest.CaptureFixture[str], port: str) -> None:
    assert "port from 1 to 65535" in refused(capsys, "debug", "chain", "--ide", port)
    assert "--port" in refused(capsys, "ide", "vscode", "chain", "--port", port)


@pytest.mark.parametrize(
    "command", ["check chain", "runs", "show", "clean --all", "ide vscode", "sample fraud_training"]
)
def test_a_current_folder_that_is_gone(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    (place / "gone").mkdir()
    monkeypatch.chdir(place / "gone")
    (place / "gone").rmdir()
    assert "the current folder is gone" in refused(capsys, *command.split())


@pytest.mark.parametrize("command", ["debug", "run", "check", "ide"])
def test_a_command_without_its_path_says_how_it_is_called(capsys: pytest.CaptureFixture[str], command: str) -> None:
    err = refused(capsys, command)
    assert f"Usage: cursus-tui {command}" in err
    assert "Missing argument" in err


@pytest.mark.parametrize(
    "options", [("--traceback", "--profile"), ("--log", "--json"), ("--log", "--traceback"), ("--log", "--profile")]
)
def test_what_is_shown_one_at_a_time(capsys: pytest.CaptureFixture[str], options: tuple[str, str]) -> None:
    assert "do not go together" in refused(capsys, "show", "last", STEP, "--path", "chain", *options)


def test_a_slow_link_has_no_theme(capsys: pytest.CaptureFixture[str]) -> None:
    assert "do not go together" in refused(capsys, "debug", "chain", "--slow-link", "--theme", "nord")


def test_a_pipe_in_the_place_of_a_file_of_the_project_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("chain/hyperparameters.json")
    os.mkfifo("chain/interfaces/pipe.step.yaml")
    os.mkfifo("chain/scripts/pipe.py")
    assert main(["check", "chain"]) == 0
    capsys.readouterr()
    os.mkfifo("chain/cursus-tui.yaml")
    assert "not a regular file" in refused(capsys, "check", "chain")


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nowhere", "does not exist"),
        pytest.param(LONG, "does not exist", id="long"),
        ("~nobody-of-this-name/x", "does not exist"),
        ('"a\\0b"', "does not exist"),
        ("../pipe", "neither a file nor a folder"),
        ("/dev/zero", "neither a file nor a folder"),
    ],
)
def test_paths_of_the_settings_are_findings(capsys: pytest.CaptureFixture[str], path: str, says: str) -> None:
    Path("chain/cursus-tui.yaml").write_text(f"inputs: {{{STEP}: {{data_a: {path}}}}}\n")
    assert main(["check", "chain", "--json"]) == 1
    assert [says in each["message"] for each in json.loads(capsys.readouterr().out)["findings"]] == [True]
    Path("chain/cursus-tui.yaml").write_text(f"stand_ins: {{{STEP}: {path}}}\n")
    main(["check", "chain", "--json"])
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert found["code"] == "missing-script"
    assert main(["run", "chain", "--only", STEP]) == 2, "what is in its place is not waited for"


@pytest.mark.parametrize(
    "arguments",
    [
        *(["check", "chain", option, "text"] for option in ("--config", "--hyperparameters", "--settings")),
        *(["check", "chain", option, "locked"] for option in ("--interfaces", "--scripts", "--root")),
        ["check", "chain", "--input", f"{STEP}.data_a=locked"],
        ["check", "chain", "--stand-in", f"{STEP}=text"],
        ["runs", "chain", "--workspace", "locked"],
    ],
)
def test_what_may_not_be_read(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    (place / "locked").mkdir(mode=0)
    (place / "text").chmod(0)
    # Whoever runs the tests may be root, who may read everything.
    monkeypatch.setattr(os, "access", lambda path, _: bool(os.stat(path).st_mode & 0o400))
    assert "you may not read this" in refused(capsys, *arguments)
