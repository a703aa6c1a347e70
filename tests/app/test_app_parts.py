"""The pure parts of the screen: arrangement, editor, faces, files, attention, tails, failure text."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake_desk import FakeDesk

from cursus_tui.app.arrangement import PANES, arrange, neighbour
from cursus_tui.app.artifact_rows import FileChoice, artifact_rows
from cursus_tui.app.attention import Patience, ended_long
from cursus_tui.app.editor import editor_command
from cursus_tui.app.faces import LOOKS, face
from cursus_tui.app.failure_text import default_frame, failure_content, locals_content
from cursus_tui.app.progress import ProgressReader
from cursus_tui.app.resume import resume_question
from cursus_tui.app.script_watch import ScriptWatch
from cursus_tui.app.situation import Situation
from cursus_tui.app.standing_inside import stopped
from cursus_tui.app.tail import last_line
from cursus_tui.records.debug import DebugStop, DebugThread, StopKind
from cursus_tui.records.errors import UserError
from cursus_tui.records.run import BreakpointWhen, PauseReason, Phase, RunRecord, StepBreakpoint, StepError, StepStatus
from cursus_tui.storage.layout import AttemptFolder


def test_one_pane_on_a_narrow_screen() -> None:
    found = arrange(80, 24, pane="source", tab="data", zoomed=False, breakpoints=True)
    assert found.single
    assert found.panes == {"source"}
    assert neighbour(found, "source", 1) == "call"
    assert neighbour(found, PANES[-1], 1) == PANES[0]


def test_two_columns_and_all() -> None:
    two = arrange(120, 40, pane="pipeline", tab="data", zoomed=False, breakpoints=False)
    assert two.panes == {"pipeline", "data"}
    assert neighbour(two, "pipeline", 1) == "data"
    everything = arrange(160, 45, pane="log", tab="data", zoomed=False, breakpoints=False)
    assert everything.panes == {"pipeline", "log", "breakpoints"}
    assert arrange(160, 45, pane="log", tab="data", zoomed=True, breakpoints=True).panes == {"log"}


@pytest.mark.parametrize(
    ("editor", "expected"),
    [
        ("sh", ["sh", "/x/a.py"]),
        ("env EDIT=1 sh", ["env", "EDIT=1", "sh", "/x/a.py"]),
    ],
)
def test_editors_that_are_not_known_get_the_file(editor: str, expected: list[str]) -> None:
    assert editor_command(Path("/x/a.py"), 7, {"EDITOR": editor}) == expected


def test_known_editors_get_the_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("vim", "code", "hx"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert editor_command(Path("a.py"), 7, {"EDITOR": "vim"}) == ["vim", "+7", "a.py"]
    assert editor_command(Path("a.py"), 7, {"VISUAL": "code", "EDITOR": "vim"}) == [
        "code",
        "--wait",
        "--goto",
        "a.py:7",
    ]
    assert editor_command(Path("a.py"), 7, {"EDITOR": "hx"}) == ["hx", "a.py:7"]


@pytest.mark.parametrize("said", ["no-such-editor-here", "'unbalanced"])
def test_an_editor_that_is_not_there_is_said(said: str) -> None:
    with pytest.raises(UserError, match="EDITOR"):
        editor_command(Path("a.py"), 1, {"EDITOR": said})


def test_every_status_has_a_glyph_of_one_cell() -> None:
    assert set(LOOKS) == set(StepStatus)


def test_a_face_tells_state_figures_and_marks(desk: FakeDesk) -> None:
    desk.session.step_over("prepare")
    now = Situation(
        desk.pipeline,
        desk.session.state,
        breakpoints=(
            StepBreakpoint("train", BreakpointWhen.BEFORE),
            StepBreakpoint("evaluate", BreakpointWhen.AFTER, False),
        ),
        findings=desk.pipeline.findings,
    )
    prepared = face(now, "prepare")
    assert (prepared.glyph, prepared.word) == ("✓", "passed")
    assert prepared.columns[:3] == ("3 rows", "1.5 s", "50.0 MB")
    assert face(now, "train").mark == "●"
    assert face(now, "train").columns[3] == "⚠1"
    assert face(now, "train").word == "→ waiting"
    assert face(now, "evaluate").mark == "○"
    assert face(now, "evaluate").columns[3] == "✗1"


def test_files_in_and_out(desk: FakeDesk) -> None:
    desk.session.step_over("prepare")
    now = Situation(desk.pipeline, desk.session.state, "train")
    rows = artifact_rows(now, ())
    assert any("Will read DATA from prepare.OUT" in row.cells[0] for row in rows)
    choices = [row.value for row in rows if isinstance(row.value, FileChoice)]
    assert [choice.title for choice in choices] == ["prepare › OUT › part-0.csv"]
    written = artifact_rows(replace(now, step="prepare"), ())
    assert written[0].cells == ("Wrote OUT (attempt 1)",)
    assert written[1].cells[:2] == ("part-0.csv", "csv")


def test_files_that_the_user_gave_are_listed(desk: FakeDesk, tmp_path: Path) -> None:
    (tmp_path / "given" / "deep").mkdir(parents=True)
    (tmp_path / "given" / "deep" / "a.csv").write_text("x\n")
    rows = artifact_rows(Situation(desk.pipeline, desk.session.state, "load"), ())
    assert [row.value.path.name for row in rows if isinstance(row.value, FileChoice)] == ["a.csv"]


def test_the_time_that_a_step_stands_still_is_not_its_own(tmp_path: Path) -> None:
    session = FakeDesk(tmp_path, holding=["prepare"]).session
    session.step_over("prepare")
    now = 1_010.0
    reader = ProgressReader(lambda: now)
    stop = DebugStop(1, "prepare", 1, StopKind.STEP, 1, None, 7)
    for seconds, stands in ((0.0, stop), (60.0, None), (5.0, stop), (100.0, None)):
        now += seconds
        session.stands(stands)
        reader.look(session.state)
    now += 1.0
    shown = reader.newest(session.state)
    assert shown is not None
    assert shown.seconds == 16.0, "ten before, five between, one since"


@pytest.mark.parametrize(
    ("name", "wide", "narrow"),
    [
        ("MainThread", "stopped in prepare, line 7", "stopped, line 7"),
        ("loader", "stopped in prepare, loader, line 7", "stopped in loader, line 7"),
        (
            "ThreadPoolExecutor-0_3",
            "stopped in prepare, ThreadPoolExecutor-0_3, line 7",
            "stopped in …xecutor-0_3, line 7",
        ),
        ("\x1b[2J", "stopped in prepare, ␛[2J, line 7", "stopped in ␛[2J, line 7"),
    ],
)
def test_a_stop_in_another_thread_than_the_main_one_names_it(desk: FakeDesk, name: str, wide: str, narrow: str) -> None:
    stop = DebugStop(1, "prepare", 1, StopKind.BREAKPOINT, 4, None, 7)
    threads = (DebugThread(1, "MainThread", True), DebugThread(4, name, True))
    now = Situation(desk.pipeline, desk.session.state, "prepare", threads=threads)
    assert (stopped(now, stop)[0], stopped(now, stop, narrow=True)[0]) == (wide, narrow)


def test_a_step_that_stands_still_has_run(tmp_path: Path) -> None:
    desk = FakeDesk(tmp_path, holding=["prepare"])
    desk.session.step_over("prepare")
    desk.session.note("reading DATA, written by load")  # of a failure: what it read is no word on what it wrote
    rows = artifact_rows(Situation(desk.pipeline, desk.session.state, "prepare"), ())
    assert rows[-1].cells == ("nothing yet: it is listed when the step has ended",)


def test_a_long_step_calls_back_and_a_short_one_does_not(desk: FakeDesk) -> None:
    before = desk.session.state
    desk.session.step_over("prepare")
    after = desk.session.state
    assert ended_long(before, after) == []
    attempt = after.steps["prepare"].attempt
    assert attempt is not None
    slow = replace(after.steps["prepare"], attempt=replace(attempt, ended=1_060.0))
    told = ended_long(
        replace(after, steps={**after.steps, "prepare": replace(slow, status=StepStatus.RUNNING)}),
        replace(after, steps={**after.steps, "prepare": slow}),
    )
    assert told == ["prepare passed after 60.0 s"]


@pytest.mark.parametrize(
    ("phase", "reason", "told"),
    [
        (Phase.PAUSED, PauseReason.FAILURE, "prepare has failed after 60.0 s"),
        (Phase.PAUSED, PauseReason.INSIDE_STEP, "paused inside step: prepare after 60.0 s"),
        (Phase.FINISHED, None, "the run is finished after 60.0 s"),
    ],
)
def test_who_waited_long_is_told_that_nothing_runs_any_more(
    desk: FakeDesk, phase: Phase, reason: PauseReason | None, told: str
) -> None:
    now = [0.0]
    patience = Patience(lambda: now[0])
    idle = desk.session.state
    runs = replace(idle, phase=Phase.RUNNING, current="prepare")
    rests = replace(runs, phase=phase, reason=reason)
    assert patience.told(idle, runs) == []
    now[0] = 60.0
    assert patience.told(runs, runs) == []
    assert patience.told(runs, rests) == [told]
    assert patience.told(rests, rests) == []
    now[0] = 100.0
    assert patience.told(rests, runs) == []
    now[0] = 101.0
    assert patience.told(runs, rests) == []


def test_the_last_line_is_what_a_terminal_would_show(tmp_path: Path) -> None:
    logs = AttemptFolder(tmp_path)
    assert last_line(tmp_path) == ""
    logs.stdout.write_text("first\n10%\r20%\r\x1b[31m30%\x1b[0m\n\n")
    assert last_line(tmp_path) == "30%"


def test_the_failure_begins_at_the_users_own_frame(desk: FakeDesk) -> None:
    desk.session.failing["prepare"] = 1
    desk.session.step_over("prepare")
    attempt = desk.session.state.steps["prepare"].attempt
    assert attempt is not None
    assert attempt.error is not None
    assert default_frame(attempt.error) == 1
    text = failure_content(attempt, attempt.error, 1).plain
    assert "KeyError: 'amount'" in text
    assert "prepare.py:8 in main" in text
    assert "frame = DataFrame 3 x 2" in locals_content(attempt.error, 1).plain
    assert "→ load wrote given.csv without it" in text


def test_an_exception_that_was_raised_again_is_no_cause_of_itself(desk: FakeDesk) -> None:
    desk.session.step_over("prepare")
    attempt = desk.session.state.steps["prepare"].attempt
    assert attempt is not None
    same = StepError("SyntaxError", "unmatched ')'", "a.py", 3)
    other = StepError("OSError", "gone", "a.py", 9)
    told = str(failure_content(attempt, replace(same, causes=(same, other, same)), None))
    assert told.count("SyntaxError") == 1
    assert "caused by OSError: gone at a.py:9" in told


def test_a_changed_script_is_noticed_once(tmp_path: Path) -> None:
    script = tmp_path / "a.py"
    script.write_text("1")
    watch = ScriptWatch()
    assert watch.changed([script]) == frozenset()
    script.write_text("1 + 1")
    assert watch.changed([script]) == {script}
    assert watch.changed([script]) == frozenset()
    script.unlink()
    assert watch.changed([script]) == {script}


def test_the_resume_question_says_when(tmp_path: Path) -> None:
    run = RunRecord("run-1", "demo", tmp_path, 1_000.0, None, Phase.PAUSED, "debug")
    _, text, answers = resume_question(run, now=1_000.0 + 7_300)
    assert "2 hours ago" in text
    assert [answer for answer, _, _ in answers] == ["resume", "new"]
