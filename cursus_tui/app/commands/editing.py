"""Editing: values, wiring, data folders, scripts in the user's editor, undo, and keeping edits."""

from __future__ import annotations

import os
import subprocess
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from cursus_tui.app import edits
from cursus_tui.app.commands.values import set_variable
from cursus_tui.app.editor import editor_command
from cursus_tui.app.edits import EditKind, EditTarget
from cursus_tui.app.panes.call_pane import CallPane
from cursus_tui.app.screens.choose import Choose
from cursus_tui.app.screens.edit_value import EditValue
from cursus_tui.app.screens.main import MainScreen, Verb
from cursus_tui.app.screens.pick_path import PickPath
from cursus_tui.app.situation import Situation
from cursus_tui.records.errors import UserError
from cursus_tui.records.pipeline import Overrides, StepKind

_UNWIRE, _PATH = "unwire", "path"


def _take(screen: MainScreen, overrides: Overrides) -> None:
    screen.command(lambda session: session.edit(overrides))


def edit(screen: MainScreen) -> None:
    """The value under the cursor of the Call or Variables pane; elsewhere what the selected step lacks, or go there."""
    if screen.situation.pane == "variables":
        set_variable(screen)
        return
    pane = screen.query_one(CallPane)
    if screen.situation.pane == "call":
        if pane.target is None:
            screen.say("put the cursor on a value first: facts and headings cannot be edited", "warning")
        else:
            _ask(screen, pane.target)
        return
    step = screen.situation.selected
    if step is not None and step.kind in (StepKind.SOURCE, StepKind.MISSING_SCRIPT):
        point_to_folder(screen)
    else:
        screen.go_to("call")


def _ask(screen: MainScreen, target: EditTarget) -> None:
    if reason := _in_use(screen.situation, target):
        screen.say(reason, "warning")  # before anything is typed that could not be taken
    elif target.kind is EditKind.INPUT:
        _ask_wiring(screen, target)
    elif target.kind is EditKind.DATA:
        _ask_path(screen, target, "Its files stand in for what the step would bring.")
    elif target.kind is EditKind.SCRIPT:
        _ask_path(screen, target, "The script to run for this step.")
    else:
        _ask_text(screen, target)


def _in_use(now: Situation, target: EditTarget) -> str | None:
    """Why this cannot be edited now, and which keys change that; a step that stands still can be given other values."""
    step = target.step
    if now.stop is not None and now.stop.step == step:
        if target.kind in (EditKind.ENVIRONMENT, EditKind.ARGUMENT):
            return None
        ending = "c lets it fail" if now.held else "c lets it go on, x cancels it"
        return f"{step} stands still with this {target.kind.value}: {ending}; then edit, and r runs it again"
    if now.running and now.state is not None and now.state.current == step:
        return f"{step} is running with these values: x cancels it, or wait"
    return None


def _ask_text(screen: MainScreen, target: EditTarget) -> None:
    def answered(text: str | None) -> None:
        if text is not None and text != target.value:
            _take(screen, edits.apply(screen.situation.pipeline.overrides, target, text))

    what = target.kind.value + (f" {target.name}" if target.name else "")
    note = "As the script will get it, as text; the steps that have it become stale."
    screen.app.push_screen(
        EditValue(f"{target.step}: {what}", note, target.value, lambda text: edits.refusal(target, text)), answered
    )


def _ask_path(screen: MainScreen, target: EditTarget, text: str) -> None:
    def answered(path: Path | None) -> None:
        if path is not None:
            _take(screen, edits.apply(screen.situation.pipeline.overrides, target, str(path)))

    known = Path(target.value) if target.value else None
    layout = screen.situation.pipeline.layout
    start = known.parent if known and os.path.isdir(known.parent) else layout.root
    base = (layout.dag_source or layout.dag_file).parent
    only_files = target.kind is EditKind.SCRIPT
    suffix = ".py" if only_files else ""
    what = target.name or target.kind.value
    dialog = PickPath(f"{target.step}: {what}", text, start, base=base, files_only=only_files, suffix=suffix)
    screen.app.push_screen(dialog, answered)


def _ask_wiring(screen: MainScreen, target: EditTarget) -> None:
    pipeline = screen.situation.pipeline
    answers = [
        (f"{step}.{output}", f"{step}.{output}", "as it is now" if f"{step}.{output}" == target.value else "")
        for step, output in edits.candidates(pipeline, target.step)
    ]
    answers += [(_PATH, "A file or folder of mine…", ""), (_UNWIRE, "Nothing: leave it unwired", "")]

    def answered(answer: str | None) -> None:
        if answer is None or answer == target.value:
            return
        if answer == _PATH:
            _ask_path(screen, target, f"What {target.name} reads instead of an upstream output.")
            return
        step, _, output = answer.rpartition(".")
        source = None if answer == _UNWIRE else (step, output)
        _take(screen, edits.set_wiring(pipeline.overrides, target.step, target.name, source))

    title = f"{target.step}: what feeds {target.name}"
    screen.app.push_screen(Choose(title, "", answers, selected=target.value), answered)


def point_to_folder(screen: MainScreen) -> None:
    """Data for a step that brings its own from elsewhere; a script for one that misses its."""
    step = screen.situation.selected
    if step is None:
        return
    if step.kind is StepKind.MISSING_SCRIPT:
        _ask_path(screen, EditTarget(step.name, EditKind.SCRIPT, ""), step.why)
        return
    channel = edits.data_channel(screen.situation.pipeline, step.name)
    if channel is None:
        screen.say(f"{step.name} has no interface here, so it is not known what it brings", "warning")
        return
    given = str(step.given.get(channel, ""))
    _ask_path(
        screen, EditTarget(step.name, EditKind.DATA, channel, given), f"{step.why} A folder or file for {channel}:"
    )


def undo(screen: MainScreen) -> None:
    """As it was before the last edit."""
    screen.command(lambda session: session.undo())


def save_edits(screen: MainScreen) -> None:
    """Write the edits into the settings file, after a question."""

    def answered(answer: str | None) -> None:
        if answer != "save":
            return
        try:
            saved = screen.desk.save(screen.situation.pipeline.overrides)
        except UserError as problem:
            screen.say(str(problem), "error")
        else:
            screen.saved()
            screen.say(f"saved to {saved.file}")
            if saved.left_out:
                given = ", ".join(f"{flag}=..." for flag in saved.left_out)
                told = f"secrets are not written to a file: give them to each run instead, with {given}"
                screen.say(told, "warning")

    answers = [("save", "Save", "they hold the next time, too"), ("no", "Do not save", "")]
    text = "Everything edited on this screen goes into cursus-tui.yaml beside the pipeline."
    screen.app.push_screen(Choose("Save these edits", text, answers), answered)


def open_editor(screen: MainScreen) -> None:
    """Suspend, edit, return; the session hears of a changed script."""
    step = screen.situation.selected
    if step is None or step.script is None:
        return
    place = screen.source_pane.place if screen.source_pane.display else None
    file, line = place if place is not None else (step.script, 1)
    try:
        command = editor_command(file, line)
    except UserError as problem:
        screen.say(str(problem), "error")
        return
    before = _stamp(file)
    # Without a terminal (in tests) there is nothing to hand over.
    handed_over: AbstractContextManager[None] = nullcontext() if screen.app.is_headless else screen.app.suspend()
    with handed_over:
        try:
            ended = subprocess.run(command, check=False).returncode
        except OSError as problem:
            ended = -1
            screen.say(f"the editor could not be started: {problem}", "error")
    screen.refresh(layout=True)
    if ended > 0:
        screen.say(f"the editor ended with exit code {ended}", "warning")
    if _stamp(file) != before:
        screen.disk.scripts.changed({file})  # told of here: the look once a second must not tell of it again
        screen.scripts_changed(frozenset({file}))


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


VERBS: dict[str, Verb] = {
    "edit": edit,
    "undo": undo,
    "point-to-folder": point_to_folder,
    "save-edits": save_edits,
    "open-editor": open_editor,
}
