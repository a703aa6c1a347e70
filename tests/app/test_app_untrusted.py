"""What a step, a config or a file is called or holds reaches no terminal as it is, and secrets reach none at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App
from textual.screen import Screen
from textual.widgets import Input

from cursus_tui.app.call_rows import call_rows
from cursus_tui.app.edits import EditKind
from cursus_tui.app.screens.edit_value import EditValue
from cursus_tui.app.screens.pick_path import PickPath
from cursus_tui.records.pipeline import Overrides, Pipeline, ProjectLayout, Step, StepKind, Value

EVIL = "v\x1b]0;pwned\x07\x1b[31m\u202e\u200b[red]\x9b31m\ufe0fz"


def painted(screen: Screen[object]) -> str:
    lines = screen._compositor.render_strips()
    return "".join(segment.text for line in lines for segment in line)


@pytest.mark.parametrize("kind", ["value", "path"])
async def test_a_dialog_shows_no_character_that_acts(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / EVIL.replace("/", "")
    folder.mkdir()
    dialogs: dict[str, Screen[object]] = {
        "value": EditValue(EVIL, f"{EVIL}\n{EVIL}", EVIL, lambda text: f"no {text}"),  # type: ignore[dict-item]
        "path": PickPath(EVIL, EVIL, folder),  # type: ignore[dict-item]
    }
    app = App[None]()
    async with app.run_test(size=(160, 40)) as pilot:
        await app.push_screen(dialogs[kind])
        field = app.screen.query_one(Input)
        field.focus()
        await pilot.press("end", "x", "enter")
        await pilot.pause()
        shown = painted(app.screen)
        assert "pwned" in shown
        assert "[red]" in shown
        assert not set(shown) & set("\x1b\x07\u202e\u200b\x9b\ufe0f")
        assert field.value.endswith("\ufe0fzx"), "what is edited stays as it is"


def test_the_call_pane_shows_no_secret() -> None:
    step = Step("A", "A", None, StepKind.REMOTE, None, None, "")
    values = (Value("DB_PASSWORD", "hunter2", "config", True), Value("DEPTH", "3", "config", True))
    pipeline = Pipeline(
        "p",
        ProjectLayout(Path("/p.dag.json"), Path("/")),
        {"A": step},
        (),
        (),
        {"A": values},
        {"A": (Value("--api-key", "hunter2", "--arg", True),)},
        (),
        Overrides(),
    )
    rows = call_rows(pipeline, step, None)
    assert "hunter2" not in repr(rows)
    assert [row.row.value for row in rows if row.target and row.target.kind is EditKind.ENVIRONMENT] == [
        "********",
        "3",
    ]
    empty = replace(pipeline, environment={"A": (Value("API_KEY", "", "config", True),)})
    assert "" in [row.row.value for row in call_rows(empty, step, None)]
