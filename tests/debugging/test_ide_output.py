"""What a step prints, in an IDE that wants to see it there."""

from __future__ import annotations

from pathlib import Path

import pytest
from dap_client import IdeClient
from hub_desk import Desk
from real_debugging import IN_LOOP, SCRIPT
from real_debugging import Desk as RealDesk

from cursus_tui.debugging import ide_output


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ide_output, "LOOK_SECONDS", 0.01)


def prints(folder: Path, text: bytes, name: str = "stdout") -> None:
    with open(folder / f"{name}.log", "ab") as log:
        log.write(text)


def told(ide: IdeClient, letters: int, category: str = "stdout") -> str:
    """What the IDE is told that was printed, in portions or not."""
    text = ""
    while len(text) < letters:
        body = ide.wait("output")
        text += body["output"] if body["category"] == category else ""
    return text


def test_an_ide_that_asks_for_output_is_told_what_a_step_prints(desk: Desk, tmp_path: Path) -> None:
    port = desk.open()
    ide, other = IdeClient(port), IdeClient(port, "other")
    ide.attach(redirectOutput=True)
    other.attach()
    prints(tmp_path, b"begins\n")
    desk.attached(7)
    assert told(ide, 7) == "begins\n"
    prints(tmp_path, "ü".encode()[:1])
    prints(tmp_path, "ü".encode()[1:] + b"\xff\n")
    assert told(ide, 3) == "ü�\n"
    prints(tmp_path, b"bad\n", "stderr")
    assert told(ide, 4, "stderr") == "bad\n"
    prints(tmp_path, b"last words\n")
    assert desk.order is not None
    desk.debug.ended(desk.order)
    assert told(ide, 11) == "last words\n"
    other.ask("threads")
    assert all(event["event"] != "output" for event in other.events.queue)
    for one in (ide, other):
        one.close()


def test_an_ide_that_comes_later_is_told_from_there(desk: Desk, tmp_path: Path) -> None:
    prints(tmp_path, b"before\n")
    desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach(debugOptions=["RedirectOutput"])
    ide.ask("threads")
    prints(tmp_path, b"after\n")
    assert told(ide, 6) == "after\n"
    ide.close()


def test_of_a_flood_the_end_is_told(desk: Desk, tmp_path: Path) -> None:
    ide = IdeClient(desk.open())
    ide.attach(redirectOutput=True)
    prints(tmp_path, b"x" * (3 << 20) + b"end")
    desk.attached(7)
    text = told(ide, 1 << 18)
    assert text.startswith("\n[2816 KB more are in the log of the step]\nxxx")
    assert text.endswith("xend")
    ide.close()


def test_what_a_console_prints_is_told_once(desk: Desk, tmp_path: Path) -> None:
    step = desk.attached(7)
    ide, other = IdeClient(desk.open()), IdeClient(desk.open(), "other")
    ide.attach(redirectOutput=True)
    other.attach()
    step.stop(7)
    ide.wait("stopped")
    step.event("output", category="stdout", output="printed\n")
    prints(tmp_path, b"printed\n")
    assert told(ide, 8) == told(other, 8) == "printed\n"
    ide.ask("threads")
    assert all(event["event"] != "output" for event in ide.events.queue)
    for one in (ide, other):
        one.close()


def test_a_real_step_prints_into_an_ide(real_desk: RealDesk) -> None:
    ide = IdeClient(real_desk.open())
    ide.attach({real_desk.script: [IN_LOOP]}, redirectOutput=True)
    real_desk.start(SCRIPT.replace("    total = 0\n", "    total = print('hello') or 0\n"))
    stop = real_desk.stopped()
    assert told(ide, 6) == "hello\n"
    frame = ide.ask("stackTrace", threadId=stop.thread)["stackFrames"][0]["id"]
    ide.ask("evaluate", expression="print('in the console')", frameId=frame, context="repl")
    assert told(ide, 15) == "in the console\n"
    ide.close()
    real_desk.finish()
