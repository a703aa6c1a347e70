"""What becomes stale, why, in words; and what is reused because nothing changed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from scripted import Bench, ScriptedStep, bench, chain, hang, passed, pipeline_of, step_of, write_everything

from cursus_tui.execution.fingerprint import FileDigests, difference, own_parts
from cursus_tui.execution.options import RunOptions
from cursus_tui.execution.session import IllegalCommand
from cursus_tui.records.errors import UserError
from cursus_tui.records.events import PipelineChanged
from cursus_tui.records.pipeline import Overrides, StepKind
from cursus_tui.storage.layout import AttemptFolder


def stale(made: Bench) -> dict[str, str]:
    return {name: state.stale for name, state in made.session.state.steps.items() if state.stale}


@pytest.fixture
def ran(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B", "C"))
    made.run("continue_")
    yield made
    made.close()


def test_an_edited_value_makes_its_step_and_those_after_it_stale_and_undo_takes_that_back(ran: Bench):
    ran.edit("B", MAX_DEPTH="6")
    assert stale(ran) == {"B": "MAX_DEPTH was set to '6'", "C": "input data of B is out of date"}
    assert ran.stands == ("paused", "before step", "B")
    assert any(isinstance(each, PipelineChanged) for each in ran.events)
    ran.run("undo")
    assert stale(ran) == {}
    assert ran.session.pipeline.overrides == Overrides()
    ran.edit("B", MAX_DEPTH="6")
    ran.run("continue_")
    assert ran.executor.times == {"A": 1, "B": 2, "C": 2}
    assert ran.executor.contexts["B"].environment == {"MAX_DEPTH": "6"}
    ran.edit("B", MAX_DEPTH="8")
    assert stale(ran)["B"] == "MAX_DEPTH changed from 6 to 8"


def test_going_back_to_an_earlier_value_reuses_what_was_written_then(ran: Bench):
    ran.edit("B", MAX_DEPTH="8")
    ran.run("continue_")
    ran.run("undo")
    assert stale(ran)["B"] == "MAX_DEPTH was removed"
    ran.run("continue_")
    state = ran.session.state.steps["B"]
    assert (state.status, state.note) == ("reused", "reused attempt 1: up to date")
    assert state.attempt.reused_from == (ran.session.state.run_id, 1)
    assert ran.executor.times == {"A": 1, "B": 2, "C": 2}, "C's first attempt read B's first, too"
    assert ran.session.state.steps["C"].status == "reused"


def test_the_value_of_a_secret_is_never_in_a_reason(ran: Bench):
    ran.edit("B", API_TOKEN="s3cret-one")
    assert stale(ran)["B"] == "API_TOKEN was set"
    ran.run("continue_")
    ran.edit("B", API_TOKEN="s3cret-two")
    assert stale(ran)["B"] == "API_TOKEN changed"
    database = b"".join(each.read_bytes() for each in ran.store.workspace.path.glob("runs.sqlite3*"))
    assert b"s3cret" not in database


def test_an_edited_script_is_noticed_before_a_run_without_being_told(ran: Bench):
    (ran.pipeline.layout.root / "B.py").write_text("# edited\n")
    ran.run("continue_")
    assert ran.executor.times == {"A": 1, "B": 2, "C": 2}


def test_a_module_of_the_project_that_the_script_imported_counts(tmp_path: Path):
    module = tmp_path / "shared.py"
    module.write_text("x = 1\n")
    os.utime(module, (1, 1))

    def imports(step: ScriptedStep):
        return replace(
            write_everything(step), imported_files=(module,), libraries={"pytest": pytest.__version__, "elsewhere": "1"}
        )

    made = bench(chain(tmp_path, "A", "B"), {"A": imports})
    made.run("continue_")
    assert stale(made) == {}
    module.write_text("x = 2\n")
    made.run("script_changed", "A")
    assert stale(made)["A"] == "shared.py changed"
    made.close()


def test_a_module_edited_while_the_step_ran_is_not_trusted(tmp_path: Path):
    module = tmp_path / "shared.py"

    def edits(step: ScriptedStep):
        module.write_text("x = 1\n")
        os.utime(module)
        return replace(write_everything(step), imported_files=(module,))

    made = bench(chain(tmp_path, "A"), {"A": edits})
    made.run("continue_")
    made.run("script_changed", "A")
    assert stale(made) == {"A": "shared.py changed"}
    made.close()


def test_a_step_that_is_stale_as_soon_as_it_ended_runs_once_and_the_run_stops_there(tmp_path: Path):
    module = tmp_path / "shared.py"

    def edits(step: ScriptedStep):
        module.write_text("x = 1\n")
        return replace(write_everything(step), imported_files=(module,))

    made = bench(chain(tmp_path, "A", "B"), {"A": edits})
    made.run("continue_")
    assert made.executor.times == {"A": 1}
    assert made.stands == ("paused", "before step", "A")
    made.close()


def test_given_data_that_changes_on_disk_makes_its_readers_stale(tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "a.csv").write_text("a\n1\n")
    source = step_of("Source", tmp_path, kind=StepKind.SOURCE, given={"out": data})
    made = bench(pipeline_of(tmp_path, [source, step_of("B", tmp_path, ["data"])], [("Source", "B", "data")]))
    assert made.statuses == {"Source": "reused", "B": "ready"}
    assert "as given" in made.session.state.steps["Source"].note
    made.session.wait_counted(5)
    assert made.session.state.steps["Source"].rows == 1
    made.run("continue_")
    edge = made.session.lineage("B")[0]
    assert (edge.source_step, edge.source_attempt, edge.path) == ("Source", None, data)
    (data / "a.csv").write_text("a\n1\n2\n")
    made.run("continue_")
    assert made.executor.times == {"B": 2}
    assert [each.number for each in made.session.attempts("Source")] == [1, 2]
    made.close()


def test_the_step_that_runs_cannot_be_edited_but_others_can(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"), {"A": hang})
    made.session.continue_().result(5)
    overrides = Overrides(environment={"A": {"X": "1"}})
    with pytest.raises(IllegalCommand, match="A is running with these values"):
        made.session.edit(overrides).result(5)
    assert made.session.pipeline.overrides == Overrides()
    made.session.edit(Overrides(environment={"B": {"X": "1"}})).result(5)
    assert made.session.pipeline.environment["B"][0].value == "1"
    made.close()


def test_an_edit_that_cannot_be_resolved_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made = bench(chain(tmp_path, "A"))

    def refuse(overrides: Overrides):
        raise UserError("no such channel")

    monkeypatch.setattr(made.session, "_resolve", refuse)
    with pytest.raises(UserError, match="no such channel"):
        made.session.edit(Overrides(stubs=("torch",))).result(5)
    assert made.session.pipeline is made.pipeline
    assert made.session.why_not("undo") == "there is no edit to undo"
    made.close()


def test_what_was_made_with_values_set_by_hand_serves_its_own_run_and_no_other(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B", "C")

    def set_by_hand(step: ScriptedStep):
        AttemptFolder(step.context.folder).set_by_hand.touch()
        return write_everything(step)

    first = bench(pipeline, {"B": set_by_hand})
    state = first.run("continue_")
    assert set(first.statuses.values()) == {"passed"}
    attempt = state.steps["B"].attempt
    assert attempt is not None
    assert attempt.by_hand
    assert "other runs do not reuse it" in attempt.overrides[-1].detail
    assert not state.steps["C"].attempt.by_hand
    first.session.wait_counted(5)
    first.close()

    again = bench(pipeline, reuse=True)
    again.run("continue_")
    assert again.executor.started == ["B", "C"]
    assert not again.session.state.steps["B"].attempt.by_hand
    again.session.wait_counted(5)
    again.close()


def test_a_new_run_reuses_what_is_up_to_date_only_when_asked_and_only_while_the_files_are_there(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B", "C")
    first = bench(pipeline)
    first.run("continue_")
    first.session.wait_counted(5)
    folder = first.session.state.steps["B"].attempt.folder
    first.close()

    plain = bench(pipeline)
    plain.run("continue_")
    assert plain.executor.started == ["A", "B", "C"]
    plain.session.wait_counted(5)
    plain.close()

    reusing = bench(pipeline, reuse=True)
    reusing.run("continue_")
    assert reusing.executor.started == []
    assert set(reusing.statuses.values()) == {"reused"}
    assert reusing.session.state.steps["B"].rows == 1
    assert [each.source_attempt for each in reusing.session.lineage("B")] == [1]
    newest = reusing.session.state.steps["B"].attempt.reused_from
    assert newest is not None
    reusing.close()
    assert newest[0] == plain.session.state.run_id != folder.parent.parent.name

    for attempt in (folder, plain.session.state.steps["B"].attempt.folder):
        (attempt / "output" / "out" / "part-0.csv").write_text("not what was written")
    broken = bench(pipeline, reuse=True)
    broken.run("continue_")
    assert broken.executor.started == ["B", "C"]
    broken.close()


def test_run_only_borrows_the_inputs_of_an_earlier_run_and_says_so(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B", "C")
    made = bench(pipeline)
    made.run("continue_")
    made.close()
    (tmp_path / "A.py").write_text("# edited since\n")
    again = bench(pipeline)
    again.run("run_only", "B")
    assert again.executor.started == ["B"]
    assert again.statuses == {"A": "reused", "B": "passed", "C": "waiting"}
    assert stale(again) == {"A": "script changed", "B": "input data of A is out of date"}
    run_id = made.session.state.run_id
    assert again.session.state.steps["A"].note == f"reused attempt 1 of run {run_id}, although script changed"
    again.close()


def test_run_from_borrows_what_lies_before_and_runs_the_rest(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B", "C")
    made = bench(pipeline)
    with pytest.raises(IllegalCommand, match="B needs A, which never ran"):
        made.session.run_from("B").result(5)
    made.run("continue_")
    made.close()
    again = bench(pipeline)
    again.run("run_from", "B")
    assert again.executor.started == ["B", "C"]
    assert again.stands[0] == "finished"
    again.close()


def test_run_from_runs_the_rest_on_what_is_out_of_date_and_says_that_it_is(tmp_path: Path):
    pipeline = chain(tmp_path, "A", "B", "C", "D")
    made = bench(pipeline)
    made.run("continue_")
    made.close()
    (tmp_path / "A.py").write_text("# edited since\n")
    again = bench(pipeline)
    again.run("run_from", "B")
    assert again.executor.started == ["B", "C", "D"], "it was asked for what exists"
    assert again.session.state.steps["A"].stale == "script changed"
    assert stale(again)["D"] == "input data of C is out of date"
    again.run("continue_")
    assert again.executor.started == ["B", "C", "D", "A", "B", "C", "D"], "nothing that is out of date stays"
    assert stale(again) == {}
    again.run("edit", Overrides(environment={"A": {"X": "1"}}))
    again.run("run_from", "C")
    assert again.executor.started[7:] == ["C", "D"], "the same within a run"
    again.close()


def test_a_failed_rerun_leaves_the_followers_on_what_was_valid(ran: Bench):
    from scripted import failed

    ran.executor.behaviours["A"] = lambda step: failed()
    ran.run("rerun", "A")
    assert stale(ran)["B"] == "A was run again and failed"
    ran.run("continue_")
    assert ran.executor.times["B"] == 1, "B must not run on by itself while A has failed"
    ran.run("rerun", "B")
    assert ran.executor.times["B"] == 2
    assert ran.session.lineage("B")[0].source_attempt == 1


def test_a_step_that_wrote_nothing_is_out_of_date_when_its_folder_is_gone(tmp_path: Path):
    made = bench(chain(tmp_path, "A"), {"A": lambda step: passed()})
    made.run("continue_")
    shutil.rmtree(made.session.state.steps["A"].attempt.folder)
    made.run("script_changed", "A")
    assert stale(made) == {"A": "the folder of its output is gone"}
    made.close()


def test_what_became_of_the_step_before_is_a_sentence(ran: Bench):
    ran.executor.behaviours["A"] = hang
    ran.session.rerun("A").result(5)
    ran.run("cancel")
    assert stale(ran)["B"] == "A was run again and was cancelled"


def test_two_changes_are_counted_in_words():
    before = {"script": "1", "env:A": "x", "env:B": "y"}
    assert difference(before, {**before, "script": "2", "env:A": "z"}) == "script changed, and 1 more change"
    assert difference(before, {"script": "2", "env:A": "z", "env:B": "z"}) == "script changed, and 2 more changes"


def test_a_step_that_wrote_nothing_is_found_out(tmp_path: Path):
    made = bench(chain(tmp_path, "A"), {"A": lambda step: passed()})
    made.run("continue_")
    reader = made.store.reader()
    findings = reader.findings(made.session.state.run_id)
    reader.close()
    assert [(each.code, each.step) for each in findings] == [("empty-output", "A")]
    made.close()


def lose(file: Path) -> None:
    file.unlink()


def rewrite(file: Path) -> None:
    status = file.stat()
    file.write_text(file.read_text().replace("1", "9"))
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


def grow(file: Path) -> None:
    status = file.stat()
    file.write_text(file.read_text() + "3,4\n")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lose, "its output out/part-0.csv is gone"),
        (rewrite, "its output out/part-0.csv was changed since"),
        (grow, "its output out/part-0.csv has another size"),
        (lambda file: shutil.rmtree(file.parent), "its output out/part-0.csv is gone"),
        (lambda file: shutil.rmtree(file.parents[2]), "its output out/part-0.csv is gone"),
    ],
)
def test_a_step_is_passed_only_while_what_it_wrote_is_there(ran: Bench, spoil: Callable[[Path], None], why: str):
    spoil(ran.session.state.steps["A"].attempt.artifacts[0].path)
    ran.run("script_changed", "A")
    assert stale(ran)["A"] == why
    assert list(stale(ran)) == ["A", "B", "C"]
    ran.run("continue_")
    assert ran.executor.times == {"A": 2, "B": 2, "C": 2}
    assert stale(ran) == {}


def test_a_resumed_run_looks_at_what_its_steps_wrote(tmp_path: Path):
    made = bench(chain(tmp_path, "A", "B"))
    made.run("step_over", "A")
    run_id, pipeline = made.session.state.run_id, made.pipeline
    rewrite(made.session.state.steps["A"].attempt.artifacts[0].path)
    made.close()
    again = bench(pipeline, run_id=run_id)
    assert stale(again) == {"A": "its output out/part-0.csv was changed since"}
    again.close()


def test_an_environments_interpreter_is_the_same_by_each_of_its_names(tmp_path: Path):
    pipeline = chain(tmp_path, "A")
    real = tmp_path / "base" / "python3.11"
    bins = [tmp_path / name / "bin" for name in ("one", "two")]
    for folder in (real.parent, *bins):
        folder.mkdir(parents=True)
    real.touch()
    for folder in bins:
        (folder / "python").symlink_to(real)
        (folder / "python3").symlink_to("python")

    def part(python: Path) -> str:
        return own_parts(pipeline, pipeline.steps["A"], RunOptions(python=python), FileDigests())["python"]

    assert part(bins[0] / "python") == part(bins[0] / "python3")
    assert part(bins[0] / "python") != part(bins[1] / "python")
