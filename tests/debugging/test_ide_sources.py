"""Sources that an IDE on another machine does not have: it is given their text."""

from __future__ import annotations

from pathlib import Path

import pytest
from dap_client import IdeClient, RefusedError
from fake_pydevd import FakePydevd, Json
from hub_desk import SCRIPT, Desk, until

MAPPED = [{"localRoot": "/home/me/work", "remoteRoot": "/project"}]


def stopped_in(step: FakePydevd, ide: IdeClient, *paths: str) -> list[Json]:
    """The sources of a stack with these files."""
    step.stop(7)
    ide.wait("stopped")
    step.answers["stackTrace"] = {"stackFrames": [step.frame(7, path) for path in paths]}
    return [frame["source"] for frame in ide.ask("stackTrace", threadId=1)["stackFrames"]]


def test_the_text_of_a_library_is_given_to_an_ide_elsewhere(desk: Desk, tmp_path: Path) -> None:
    library = tmp_path / "library.py"
    library.write_bytes("# -*- coding: latin-1 -*-\nname = 'ü'\n".encode("latin-1"))
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach(pathMappings=[*MAPPED, {"localRoot": "/opt/same", "remoteRoot": "/opt/same"}])
    assert stopped_in(step, ide, "/opt/same/a.py") == [{"path": "/opt/same/a.py"}], "it has that itself"
    own, other, string, again = stopped_in(step, ide, str(SCRIPT), str(library), "<string>", str(library))
    assert own == {"path": "/home/me/work/script.py"}
    assert string == {"path": "<string>"}
    assert other == again
    assert (other["path"], other["name"]) == (str(library), "library.py")
    assert ide.ask("source", source=other, sourceReference=other["sourceReference"]) == {
        "content": "# -*- coding: latin-1 -*-\nname = 'ü'\n",
        "mimeType": "text/x-python",
    }
    rows = ide.ask("setBreakpoints", source=other, breakpoints=[{"line": 2}])["breakpoints"]
    assert rows[0]["source"] == {name: other[name] for name in ("path", "sourceReference")}, "it is shown by its text"
    assert step.lines(str(library)) == [2]
    library.unlink()
    with pytest.raises(RefusedError, match="cannot be read"):
        ide.ask("source", sourceReference=other["sourceReference"])
    ide.close()


def test_no_other_file_is_given(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["source"] = "Invalid sourceReference"
    ide = IdeClient(desk.open())
    ide.attach(pathMappings=MAPPED)
    library = stopped_in(step, ide, "/elsewhere/library.py")[0]
    for number in (0, 1, library["sourceReference"] + 1):
        with pytest.raises(RefusedError, match="Invalid sourceReference"):
            ide.ask("source", source={"path": "/etc/passwd"}, sourceReference=number)
    ide.close()


@pytest.mark.parametrize("mapped", [[], [{"localRoot": "/project", "remoteRoot": "/project"}]])
def test_an_ide_of_this_machine_opens_files_itself(desk: Desk, mapped: list[Json]) -> None:
    step = desk.attached(7)
    ide = IdeClient(desk.open())
    ide.attach(pathMappings=mapped)
    assert stopped_in(step, ide, "/elsewhere/library.py") == [{"path": "/elsewhere/library.py"}]
    ide.close()


def test_a_reference_of_the_debuggers_own_stays(desk: Desk) -> None:
    step = desk.attached(7)
    step.answers["source"] = {"content": "x = 1"}
    ide = IdeClient(desk.open())
    ide.attach(pathMappings=MAPPED)
    step.stop(7)
    ide.wait("stopped")
    frame = step.frame(1, "<cell>") | {"source": {"path": "<cell>", "sourceReference": 3}}
    step.answers["stackTrace"] = {"stackFrames": [frame, {"id": 4, "name": "gone", "line": 0, "column": 0}]}
    first, second = ide.ask("stackTrace", threadId=1)["stackFrames"]
    assert first["source"] == {"path": "<cell>", "sourceReference": 3}
    assert "source" not in second
    assert ide.ask("source", sourceReference=3) == {"content": "x = 1"}
    ide.close()


def test_a_folder_of_two_names_is_one(desk: Desk, tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    (real / "script.py").write_text("pass\n")
    link.symlink_to(real)
    step = desk.attached(7)
    for root, run in ((real, link), (link, real)):
        ide = IdeClient(desk.open())
        ide.attach(pathMappings=[{"localRoot": "/home/me/work", "remoteRoot": str(root)}])
        assert stopped_in(step, ide, str(run / "script.py")) == [{"path": "/home/me/work/script.py"}]
        assert ide.set_lines(Path("/home/me/work/script.py"), 8)[0]["verified"]
        assert step.lines(str(real / "script.py")) == [8]
        ide.close()
        until(lambda: step.lines(str(real / "script.py")) == [])
