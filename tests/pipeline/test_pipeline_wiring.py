"""Which output feeds which input, why, with what doubts, and what the user's decisions change."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cursus_tui.pipeline.compatibility import is_listed, rate
from cursus_tui.pipeline.similarity import name_similarity, normalized_words
from cursus_tui.pipeline.wiring import candidates, sort_decisions, wire_step
from cursus_tui.records.pipeline import Binding, Contract, Dependency, Interface, OutputSpec

names = st.text(alphabet="abcdeg_-. ", max_size=12)


def interface(step_type: str, inputs: tuple[Dependency, ...] = (), outputs: tuple[OutputSpec, ...] = ()) -> Interface:
    return Interface(step_type, "Processing", Contract(None), inputs, outputs, Path("x.step.yaml"))


def wire(
    steps: dict[str, Interface], decided: dict[str, tuple[str, str] | None] | None = None, consumer: str = "C"
) -> dict[str, Binding]:
    sources = [name for name in steps if name != consumer]
    bound = wire_step(consumer, candidates(consumer, sources, steps), decided or {})
    return {binding.input: binding for binding in bound}


@given(names, names)
def test_similarity_is_a_share_and_of_itself_whole(one: str, other: str) -> None:
    assert 0 <= name_similarity(one, other) <= 1 + 1e-9
    if one:
        assert name_similarity(one, one) == 1


def test_words_are_written_out_and_stop_words_dropped() -> None:
    assert normalized_words("The_Eval-params.of Config") == ("evaluation", "parameters", "configuration")
    assert name_similarity("hyperparams", "Hyperparameters") == 1


def test_score_has_its_parts_and_its_reason() -> None:
    wanted = Dependency("model_input", compatible_sources=("TrainingStep",), semantic_keywords=("model", "weights"))
    made = OutputSpec("model_output", aliases=("model_input",))
    rating = rate(wanted, made, "Training")
    assert rating is not None
    assert abs(rating.score - (0.4 + 0.2 + 0.25 + 0.05 + 0.1 + 0.025)) > 1e-9
    assert rating.score == 1.0
    assert rating.reason == (
        "same type, same data type, model_input is an alias of model_output, "
        "Training is among the sources it names, 1 of 2 keywords"
    )


def test_incompatible_types_never_match_and_compatible_ones_score_less() -> None:
    assert rate(Dependency("x", type="model_artifacts"), OutputSpec("x"), "A") is None
    rating = rate(Dependency("x", type="training_data", data_type="String"), OutputSpec("x"), "A")
    assert rating is not None
    assert abs(rating.score - (0.2 + 0.1 + 0.25 + 0.05)) < 1e-9


def test_a_step_suffix_and_legacy_names_count_as_equal() -> None:
    assert is_listed("Payload", ("PayloadStep",))
    assert is_listed("Package", ("MIMSPackaging",))
    assert not is_listed("Package", ("PackagingStep",))


def test_required_inputs_are_served_first_and_no_output_twice() -> None:
    spare = Dependency("DATA", required=False)
    needed = Dependency("input_data", compatible_sources=("A",))
    bound = wire({"P": interface("A", outputs=(OutputSpec("DATA"),)), "C": interface("C", (spare, needed))})
    assert list(bound) == ["input_data"]


def test_ties_take_the_first_edge_and_are_doubted() -> None:
    made = (OutputSpec("DATA"),)
    steps = {"P": interface("A", outputs=made), "Q": interface("A", outputs=made)}
    bound = wire({**steps, "C": interface("C", (Dependency("DATA"),))})
    assert bound["DATA"].source_step == "P"
    assert bound["DATA"].doubt == "ties with Q.DATA"


def test_metadata_taken_for_data_is_doubted() -> None:
    wanted = (Dependency("DATA"), Dependency("DATA_SECONDARY", required=False))
    made = (OutputSpec("DATA"), OutputSpec("METADATA", aliases=("data_secondary",)))
    doubt = wire({"P": interface("A", outputs=made), "C": interface("C", wanted)})["DATA_SECONDARY"].doubt
    assert doubt is not None
    assert "METADATA describes data" in doubt


def test_neither_name_nor_source_is_doubted() -> None:
    wanted = (Dependency("training_data", compatible_sources=("Other",)),)
    bound = wire({"P": interface("A", outputs=(OutputSpec("train_data"),)), "C": interface("C", wanted)})
    assert bound["training_data"].doubt == "neither the name nor the source matches"


def test_a_decision_claims_its_output_and_scores_one() -> None:
    wanted = (Dependency("one"), Dependency("two"))
    made = (OutputSpec("one"), OutputSpec("two", aliases=("one",)))
    steps = {"P": interface("A", outputs=made), "C": interface("C", wanted)}
    bound = wire(steps, {"two": ("P", "one")})
    assert (bound["two"].source_output, bound["two"].score, bound["two"].overridden) == ("one", 1.0, True)
    assert bound["two"].reason.startswith("you decided it")
    assert bound["one"].source_output == "two"


def test_unwiring_moves_no_other_binding() -> None:
    wanted = (Dependency("data"), Dependency("data_two", required=False))
    steps = {"P": interface("A", outputs=(OutputSpec("data"),)), "C": interface("C", wanted)}
    assert wire(steps, {"data": None}) == {}


def test_impossible_decisions_are_refused_with_a_reason() -> None:
    steps = {"P": interface("A", outputs=(OutputSpec("x"),)), "C": interface("C", (Dependency("i"),))}
    wanted = {"i": ("Later", "x"), "j": ("P", "x"), "k": None}
    usable, refused = sort_decisions("C", wanted, frozenset({"P"}), steps)
    assert usable == {"k": None}
    assert [each.why for each in refused] == ["Later does not run before C", "C has no input j"]
    _, (missing,) = sort_decisions("C", {"i": ("P", "y")}, frozenset({"P"}), steps)
    assert missing.why == "P has no output y"
