"""``cursus-tui ide`` and ``debug --ide``: what IDEs are given, and the door that the screen opens for them."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import pytest

from cursus_tui.app import app as screen
from cursus_tui.cli import debug as debug_command
from cursus_tui.cli.main import main
from cursus_tui.debugging.jsonc import plain
from cursus_tui.execution.options import RunOptions
from cursus_tui.samples.generate import generate
from cursus_tui.workbench import Workbench

COMMENTED = """{
    // Use IntelliSense to learn about possible attributes.
    "version": "0.2.0", /* kept */
    "configurations": [
        { // mine
            "name": "Tests // no comment",
            "type": "debugpy", "request": "launch", "module": "pytest",
        },
    ],
}
"""


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    capsys.readouterr()
    assert main(["ide", *arguments]) == 0
    told = capsys.readouterr()
    return told.out, told.err


def entry(text: str) -> dict[str, Any]:
    (found,) = [each for each in json.loads(plain(text))["configurations"] if each["name"].startswith("cursus-tui")]
    return dict(found)


def test_vscode_attaches_to_the_port_and_finds_the_sources(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = printed(capsys, "vscode", str(tmp_path), "--port", "5999")
    assert entry(out) == {
        "name": "cursus-tui: attach",
        "type": "debugpy",
        "request": "attach",
        "connect": {"host": "127.0.0.1", "port": 5999},
        "justMyCode": True,
        "pathMappings": [{"localRoot": "${workspaceFolder}", "remoteRoot": str(tmp_path)}],
    }
    assert re.search(r"ssh -N -L 5999:127\.0\.0\.1:5999 \S+@\S+", err)
    assert "debug PATH --ide 5999" in err
    assert list(tmp_path.iterdir()) == []


def test_a_launch_json_keeps_its_comments_and_takes_another_port(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / ".vscode" / "launch.json"
    file.parent.mkdir()
    file.write_text(COMMENTED)
    out, _ = printed(capsys, "vscode", "--write", str(tmp_path))
    assert str(file) in out
    once = file.read_text()
    for line in COMMENTED.splitlines():
        assert line in once.splitlines()
    assert [each["name"] for each in json.loads(plain(once))["configurations"]] == [
        "cursus-tui: attach",
        "Tests // no comment",
    ]
    mine = once.replace('"justMyCode": true', '"justMyCode": false /* mine */')
    file.write_text(mine)
    printed(capsys, "vscode", "--write", "--port", "6001", str(tmp_path))
    assert file.read_text() == mine.replace("5678", "6001")


@pytest.mark.parametrize(
    ("before", "configurations", "others"),
    [
        ("", 1, {"version"}),
        ("// only a comment\n", 1, {"version"}),
        ("{}", 1, set()),
        ('{"version": "0.2.0"}', 1, {"version"}),
        ('\ufeff{"configurations": [], "compounds": []}', 1, {"compounds"}),
        ('{"configurations": [\n  // none yet\n]}', 1, set()),
        ('{"configurations": [{"name": "a"}, /* , ] */ ], "b": "}"}', 2, {"b"}),
        ('{"configurations": [{"name": "cursus-tui: attach"}]}', 1, set()),
    ],
)
def test_any_launch_json_is_added_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], before: str, configurations: int, others: set[str]
) -> None:
    file = tmp_path / ".vscode" / "launch.json"
    file.parent.mkdir()
    file.write_text(before, encoding="utf-8")
    printed(capsys, "vscode", "--write", str(tmp_path))
    document = json.loads(plain(file.read_text(encoding="utf-8")))
    assert len(document["configurations"]) == configurations
    assert set(document) == {"configurations", *others}
    assert entry(file.read_text(encoding="utf-8"))["connect"] == {"host": "127.0.0.1", "port": 5678}


@pytest.mark.parametrize("name", ["vscode", "neovim"])
def test_the_lines_of_a_file_end_as_they_did(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    file = tmp_path / {"vscode": ".vscode/launch.json", "neovim": ".nvim.lua"}[name]
    file.parent.mkdir(exist_ok=True)
    before = COMMENTED if name == "vscode" else "-- mine\n"
    file.write_bytes(before.replace("\n", "\r\n").encode())
    printed(capsys, name, "--write", str(tmp_path))
    after = file.read_bytes()
    assert b"mine" in after
    assert b"cursus-tui: attach" in after
    assert after.count(b"\n") == after.count(b"\r\n") > before.count("\n")
    printed(capsys, name, "--write", str(tmp_path))
    assert file.read_bytes() == after


@pytest.mark.parametrize(
    ("name", "place", "found"),
    [
        *(
            ("vscode", ".vscode/launch.json", broken)
            for broken in ('{\n  "configurations": {}\n}', "[]", '{\n  "a" 1}', '{"configurations": ["', "x")
        ),
        *(
            ("pycharm", ".run/cursus-tui.run.xml", foreign)
            for foreign in ("<component/>", "<component", "<a><configuration type='Python'/></a>", "mine")
        ),
    ],
)
def test_a_file_that_cannot_be_read_or_is_not_ours_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, place: str, found: str
) -> None:
    file = tmp_path / place
    file.parent.mkdir()
    file.write_text(found)
    assert main(["ide", name, "--write", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert f"{file}:" in err
    assert "without --write" in err
    assert file.read_text() == found


def test_pycharm_gets_well_formed_xml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / 'a & "b" <c>'
    folder.mkdir()
    out, err = printed(capsys, "pycharm", str(folder))
    root = ElementTree.fromstring(out)
    assert (root.tag, root.get("name")) == ("component", "ProjectRunConfigurationManager")
    configuration = root.find("configuration")
    assert configuration.get("name") == "cursus-tui: attach"
    assert configuration.find("option[@name='remoteAddress']").get("value") == "127.0.0.1:5678"
    mapping = root.find(".//mapping")
    assert (mapping.get("local-root"), mapping.get("remote-root")) == ("$PROJECT_DIR$", str(folder))
    assert "remote address 127.0.0.1:5678" in err
    printed(capsys, "pycharm", "--write", str(folder))
    assert (folder / ".run" / "cursus-tui.run.xml").read_text() == out


def test_pycharms_file_keeps_what_the_user_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / ".run" / "cursus-tui.run.xml"
    printed(capsys, "pycharm", "--write", str(tmp_path))
    changed = file.read_text().replace("$PROJECT_DIR$", "$PROJECT_DIR$/src").replace("<method", "<!-- mine --><method")
    file.write_text(changed)
    printed(capsys, "pycharm", "--write", "--port", "6001", str(tmp_path))
    assert file.read_text() == changed.replace("127.0.0.1:5678", "127.0.0.1:6001")


@pytest.mark.parametrize("name", ["vscode", "pycharm", "neovim"])
def test_a_folder_that_no_ide_can_be_told_of_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    folder.mkdir()
    for more in ((), ("--write",)):
        assert main(["ide", name, str(folder), *more]) == 2
        assert "not UTF-8" in capsys.readouterr().err
    assert not list(folder.iterdir())


def test_neovim_gets_lua_that_replaces_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / 'a "b" \\c'
    folder.mkdir()
    out, _ = printed(capsys, "neovim", str(folder))
    assert re.search(r'adapters\.cursus_tui = \{ type = "server", host = "127\.0\.0\.1", port = 5678 \}', out)
    assert 'request = "attach"' in out
    assert '/a \\"b\\" \\\\c"' in out
    without_texts = re.sub(r'"(?:[^"\\]|\\.)*"', "", out)
    for opening, closing in ("{}", "()"):
        assert without_texts.count(opening) == without_texts.count(closing)
    code = "\n".join(line.partition("--")[0] for line in without_texts.splitlines())
    assert len(re.findall(r"\b(?:do|function)\b", code)) == len(re.findall(r"\bend\b", code))
    (folder / ".nvim.lua").write_text("vim.o.number = true\n" + out + "vim.o.ruler = true\n")
    printed(capsys, "neovim", "--write", "--port", "6001", str(folder))
    expected = "vim.o.number = true\n" + out.replace("5678", "6001") + "vim.o.ruler = true\n"
    assert (folder / ".nvim.lua").read_text() == expected
    if lua := shutil.which("luac") or shutil.which("luac5.1"):
        subprocess.run([lua, "-p", str(folder / ".nvim.lua")], check=True)


def test_a_pipeline_stands_for_its_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dag = generate(tmp_path / "chain", 2)
    below = tmp_path / "chain" / "dags" / dag.name
    below.parent.mkdir()
    dag.rename(below)
    out, _ = printed(capsys, "vscode", str(below))
    assert entry(out)["pathMappings"][0]["remoteRoot"] == str(tmp_path / "chain")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["emacs"], "emacs"),
        (["vscode", "--port", "0"], "--port"),
        (["vscode", "/no/such/folder"], "no such file"),
    ],
)
def test_what_is_no_ide_no_port_or_no_folder_is_refused(
    arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ide", *arguments]) == 2
    assert says in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".vscode").write_text("a file")
    assert main(["ide", "vscode", "--write", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert "cannot be" in err
    assert "Traceback" not in err


# --- debug --ide, --no-hold


class Opened:
    """Stands for the screen: opens what it is given, as the app does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.desks: list[Workbench] = []
        self.options: list[RunOptions] = []
        self.ports: list[int | None] = []
        monkeypatch.setattr(debug_command, "_no_screen", lambda: "")
        monkeypatch.setattr(debug_command, "run_app", self.run)

    def run(self, app: screen.CursusApp, command: str) -> int:
        desk = app._awaited.result()
        assert isinstance(desk, Workbench)
        self.options.append(desk._options)
        self.ports.append(desk.debugger.state.ide.port if desk.debugger is not None else None)
        desk.close()
        return 0


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    return Opened(monkeypatch)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_the_door_opens_at_the_port_that_is_asked_for(tmp_path: Path, opened: Opened) -> None:
    dag, port = str(generate(tmp_path / "chain", 1)), free_port()
    assert main(["debug", dag, "--ide", str(port)]) == 0
    assert main(["debug", f"--ide={port}", dag]) == 0
    assert main(["debug", dag]) == 0
    assert opened.ports == [port, port, None]


def test_a_bare_ide_takes_no_path_for_its_port(tmp_path: Path, opened: Opened) -> None:
    dag = str(generate(tmp_path / "chain", 1))
    for arguments in (["--ide", dag], [dag, "--ide"], [dag, "--ide", "--no-hold"]):
        assert main(["debug", *arguments]) == 0
    assert [port is not None and port > 0 for port in opened.ports] == [True] * 3
    assert [each.hold_on_failure for each in opened.options] == [True, True, False]


def test_a_port_that_is_in_use_is_said_before_there_is_a_screen(tmp_path: Path, opened: Opened) -> None:
    dag = str(generate(tmp_path / "chain", 1))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["debug", dag, "--ide", str(port)]) == 2
    assert opened.ports == []


@pytest.mark.parametrize("port", ["0", "65536", "-1"])
def test_no_port_is_refused(tmp_path: Path, opened: Opened, port: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["debug", str(tmp_path), f"--ide={port}"]) == 2
    assert "is not a port" in capsys.readouterr().err


def test_help_shows_that_the_port_may_be_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["debug", "--help"]) == 0
    assert "--ide [PORT]" in click.unstyle(capsys.readouterr().out)
