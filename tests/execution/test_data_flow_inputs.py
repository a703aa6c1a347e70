"""Where inputs come from, and where a step without any stands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from scripted import pipeline_of, step_of

from cursus_tui.execution.artifacts import MOST_FILES, kind_of, list_artifacts
from cursus_tui.execution.data_flow import DataFlowManager, overrides_of
from cursus_tui.execution.input_sources import given_outputs, input_names
from cursus_tui.execution.plan import Plan, is_due, needed_for, next_due, standing
from cursus_tui.records.pipeline import Binding, InputChannel, Overrides, Pipeline, StepKind
from cursus_tui.records.run import Attempt, StepState, StepStatus
from cursus_tui.storage.secrets import MASK


def attempt_of(folder: Path, step: str, number: int = 1) -> Attempt:
    (folder / "output" / "out").mkdir(parents=True)
    return Attempt("run", step, number, StepStatus.PASSED, folder)


def states_of(pipeline: Pipeline, **statuses: StepStatus) -> dict[str, StepState]:
    return {name: StepState(name, statuses.get(name, StepStatus.WAITING)) for name in pipeline.steps}


@pytest.fixture
def pair(tmp_path: Path) -> Pipeline:
    steps = [step_of("A", tmp_path), step_of("B", tmp_path, ["data"], optional=["extra"])]
    return pipeline_of(tmp_path, steps, [("A", "B", "data")])


def with_channels(pipeline: Pipeline, channel: InputChannel) -> Pipeline:
    step = pipeline.steps["B"]
    assert step.interface is not None
    contract = replace(step.interface.contract, inputs=(channel,))
    changed = replace(step, interface=replace(step.interface, contract=contract))
    return replace(pipeline, steps={**pipeline.steps, "B": changed})


def test_a_wired_input_is_the_newest_valid_attempts_output(tmp_path: Path, pair: Pipeline):
    flow, source = DataFlowManager(tmp_path), attempt_of(tmp_path / "a2", "A", 2)
    inputs = flow.setup_step_inputs(Plan(pair), "B", {"A": source})
    (use,) = inputs.uses
    assert (use.channel, use.path, use.source_step, use.source) == (
        "data",
        source.folder / "output" / "out",
        "A",
        source,
    )
    assert inputs.missing == ()
    (edge,) = flow.create_data_lineage(Attempt("run", "B", 1, StepStatus.RUNNING, tmp_path), inputs)
    assert (edge.source_step, edge.source_attempt, edge.source_output) == ("A", 2, "out")


def test_a_given_path_beats_the_wiring_and_a_missing_one_says_what_to_do(tmp_path: Path, pair: Pipeline):
    given = replace(pair.steps["B"], given={"data": tmp_path / "mine"})
    pipeline = replace(pair, steps={**pair.steps, "B": given})
    flow, source = DataFlowManager(tmp_path), attempt_of(tmp_path / "a", "A")
    (missing,) = flow.setup_step_inputs(Plan(pipeline), "B", {"A": source}).missing
    assert "which is absent; give it with --input B.data=PATH, or = here" in missing
    (tmp_path / "mine").mkdir()
    (use,) = flow.setup_step_inputs(Plan(pipeline), "B", {"A": source}).uses
    assert (use.path, use.source_step) == (tmp_path / "mine", None)


def test_the_spec_decides_what_is_required_and_skipped_inputs_never_are(pair: Pipeline):
    step = pair.steps["B"]
    assert input_names(step) == {"data": True, "extra": False}
    assert step.interface is not None
    contract = replace(step.interface.contract, skip_inputs=("data",), inputs=(InputChannel("extra", None, True),))
    assert input_names(replace(step, interface=replace(step.interface, contract=contract))) == {
        "extra": False,
        "data": False,
    }


def test_training_channels_without_a_folder_are_found(tmp_path: Path, pair: Pipeline):
    pipeline = with_channels(pair, InputChannel("data", "/opt/ml/input/data", True, ("train", "val")))
    source = attempt_of(tmp_path / "a", "A")
    (source.folder / "output" / "out" / "train").mkdir()
    findings = DataFlowManager(tmp_path).setup_step_inputs(Plan(pipeline), "B", {"A": source}).findings
    assert [(each.code, each.step) for each in findings] == [("missing-channel-folder", "B")]
    assert "'val'" in findings[0].message
    own = with_channels(pair, InputChannel("data", "/opt/ml/input/data/graph", True, ("graph",)))
    assert DataFlowManager(tmp_path).setup_step_inputs(Plan(own), "B", {"A": source}).findings == ()


def test_the_projects_hyperparameters_are_what_cursus_ships_with_the_script(tmp_path: Path, pair: Pipeline):
    file = tmp_path / "hyperparameters_NA.json"
    file.write_text("{}")
    pipeline = with_channels(pair, InputChannel("hp", "/opt/ml/code/hyperparams/hyperparameters.json", False))
    pipeline = replace(pipeline, bindings=(), layout=replace(pair.layout, hyperparameters=file))
    uses = DataFlowManager(tmp_path).setup_step_inputs(Plan(pipeline), "B", {}).uses
    assert {use.channel: use.path for use in uses} == {"hp": file}


@pytest.mark.parametrize(
    ("before", "status", "words"),
    [
        (StepStatus.READY, "waiting", "waits for A"),
        (StepStatus.FAILED, "waiting", "waits for A"),
        (StepStatus.MISSING_INPUT, "waiting", "waits for A"),
        (
            StepStatus.NOT_LOCAL,
            "missing input",
            "data comes from A, which does not run here; give it with --input B",
        ),
        (StepStatus.MISSING_SCRIPT, "missing input", "which has no script here"),
        (StepStatus.SKIPPED, "missing input", "which is skipped"),
    ],
)
def test_a_step_stands_by_those_before_it(pair: Pipeline, before: StepStatus, status: str, words: str):
    stands = standing(Plan(pair), "B", states_of(pair, A=before), {})
    assert str(stands.status) == status
    assert words in stands.note


def test_a_step_is_ready_once_those_before_it_are_up_to_date(tmp_path: Path, pair: Pipeline):
    plan, states = Plan(pair), states_of(pair, A=StepStatus.PASSED)
    outputs = {"A": attempt_of(tmp_path / "a", "A")}
    assert standing(plan, "B", states, outputs).status is StepStatus.READY
    stale = {**states, "A": replace(states["A"], stale="script changed")}
    assert standing(plan, "B", stale, outputs).status is StepStatus.WAITING
    assert needed_for(plan, "B", stale) == {"A"}
    assert needed_for(plan, "B", states) == frozenset()


def test_an_edge_that_carries_nothing_still_orders(tmp_path: Path):
    steps = [step_of("A", tmp_path), step_of("B", tmp_path)]
    pipeline = replace(pipeline_of(tmp_path, steps, []), edges=(("A", "B"), ("Phantom", "B")))
    plan = Plan(pipeline)
    assert standing(plan, "B", states_of(pipeline, A=StepStatus.READY), {}).status is StepStatus.WAITING
    assert standing(plan, "B", states_of(pipeline, A=StepStatus.NOT_LOCAL), {}).status is StepStatus.READY
    assert (plan.ancestors("B"), plan.descendants("A")) == ({"A"}, {"B"})


def test_steps_that_cannot_run_here_say_why(tmp_path: Path):
    for kind, status in (
        (StepKind.REMOTE, StepStatus.NOT_LOCAL),
        (StepKind.MISSING_SCRIPT, StepStatus.MISSING_SCRIPT),
        (StepKind.SOURCE, StepStatus.MISSING_INPUT),
    ):
        pipeline = pipeline_of(tmp_path, [step_of("S", tmp_path, kind=kind, why="because")], [])
        stands = standing(Plan(pipeline), "S", states_of(pipeline), {})
        assert (stands.status, stands.note) == (status, "because")


def test_given_data_stands_in_for_a_source_and_its_other_outputs_are_not_invented(tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    source = step_of("S", tmp_path, kind=StepKind.SOURCE, given={"out": data})
    pipeline = pipeline_of(tmp_path, [source, step_of("B", tmp_path, ["data"])], [("S", "B", "data")])
    assert given_outputs(source) == {"out": data}
    assert standing(Plan(pipeline), "S", states_of(pipeline), {}).status is StepStatus.REUSED
    other = replace(pipeline, bindings=(Binding("B", "data", "S", "other", 1.0, "test"),))
    stands = standing(Plan(other), "B", states_of(other, S=StepStatus.REUSED), {})
    assert stands.status is StepStatus.MISSING_INPUT
    assert "S.other, which nobody gave" in stands.note
    data.rmdir()
    assert standing(Plan(pipeline), "S", states_of(pipeline), {}).status is StepStatus.MISSING_INPUT


def test_what_is_due_comes_in_topological_order(tmp_path: Path, pair: Pipeline):
    plan, folder = Plan(pair), attempt_of(tmp_path / "a", "A")
    failed = replace(folder, status=StepStatus.FAILED)
    states = states_of(pair, A=StepStatus.READY, B=StepStatus.READY)
    assert next_due(plan, states) == "A"
    assert next_due(plan, states, frozenset({"B"})) == "B"
    assert next_due(plan, states, None, frozenset({"A"})) == "B"
    state = StepState("A", StepStatus.FAILED, failed)
    assert not is_due(plan, state, states), "nothing about it changed"
    assert is_due(plan, replace(state, stale="script changed"), states)


def test_overrides_of_a_step_are_listed_without_secrets(tmp_path: Path, pair: Pipeline):
    decided = Overrides(
        inputs={"B": {"data": tmp_path / "mine"}},
        environment={"B": {"RATE": "1", "API_KEY": "k"}},
        arguments={"B": {"mode": "x"}},
        wiring={"B": {"extra": None}},
        job_types={"B": "training"},
    )
    found = overrides_of(Plan(replace(pair, overrides=decided)), "B")
    assert {(each.kind, each.name, each.detail) for each in found} == {
        ("input", "data", str(tmp_path / "mine")),
        ("environment", "RATE", "1"),
        ("environment", "API_KEY", MASK),
        ("argument", "mode", "x"),
        ("wiring", "extra", "unwired"),
        ("argument", "job_type", "training"),
    }
    assert overrides_of(Plan(pair), "A") == ()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("part-0.CSV", b"a", "csv"),
        ("part-0.csv.gz", b"", "csv"),
        ("model.tar.gz", b"", "tar.gz"),
        ("x.parquet", b"", "parquet"),
        ("x.ndjson", b"", "jsonl"),
        ("m.pkl", b"", "pickle"),
        ("_SUCCESS", b"", "empty"),
        ("signature", b"a,b,c\n", "text"),
        ("blob", b"\x00\x01\xff\xfe", "binary"),
        ("table", b"PAR1....", "parquet"),
        ("object", b"\x80\x04\x95", "pickle"),
        ("long", "é".encode() * 400, "text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_kinds_come_from_names_and_first_bytes(tmp_path: Path, name: str, content: bytes, kind: str):
    (tmp_path / name).write_bytes(content)
    assert kind_of(str(tmp_path / name)) == kind


def test_artifacts_are_listed_in_order_with_sizes_and_never_through_folder_links(tmp_path: Path):
    out = tmp_path / "out"
    (out / "train").mkdir(parents=True)
    (out / "train" / "b.csv").write_text("12345")
    (out / "a.json").write_text("{}")
    (out / "loop").symlink_to(out)
    (out / "gone").symlink_to(tmp_path / "nowhere")
    frame = tmp_path / "frame.arrow"
    frame.write_bytes(b"123")
    listed, total = list_artifacts("S", {"out": out, "none": tmp_path / "none"}, {"train": frame})
    assert [(each.channel, each.name, each.kind, each.bytes) for each in listed] == [
        ("out", "a.json", "json", 2),
        ("out", "train/b.csv", "csv", 5),
        ("returned", "train", "returned frame", 3),
    ]
    assert total == 3


def test_a_flood_of_files_is_counted_but_not_listed(tmp_path: Path):
    for index in range(MOST_FILES + 5):
        (tmp_path / f"{index}.txt").touch()
    artifacts, findings = DataFlowManager(tmp_path).capture_step_outputs("S", {"out": tmp_path}, {})
    assert len(artifacts) == MOST_FILES
    assert [each.code for each in findings] == ["many-files"]
    assert str(MOST_FILES + 5) in findings[0].message
