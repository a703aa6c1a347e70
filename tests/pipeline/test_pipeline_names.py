"""From the names of nodes to step types."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cursus_tui.pipeline.names import index_step_types, name_key, split_node

INDEX = index_step_types(["XGBoostTraining", "XGBoostModelEval", "XGBoostModel", "Package", "DummyDataLoading"])

words = st.text(alphabet="abcXYZ019", min_size=1, max_size=6)


def test_suffix_is_what_follows_the_longest_known_step_type() -> None:
    assert split_node("XGBoostTraining", INDEX).suffix is None
    found = split_node("XGBoostModelEval_calibration_v2", INDEX)
    assert (found.step_type, found.suffix) == ("XGBoostModelEval", "calibration_v2")


def test_case_and_separators_do_not_matter() -> None:
    assert split_node("dummy_data_loading_training", INDEX).step_type == "DummyDataLoading"
    assert split_node("DUMMY-DATA-LOADING_training", INDEX).suffix == "training"


def test_legacy_names_lead_to_their_successor() -> None:
    assert split_node("MIMSPackaging_x", INDEX).step_type == "Package"


def test_unknown_names_have_no_step_type() -> None:
    assert split_node("Nothing_training", INDEX) == split_node("", INDEX)


@given(st.text())
def test_any_name_is_answered(name: str) -> None:
    found = split_node(name, INDEX)
    assert found.step_type is None or found.step_type in INDEX.values()


@given(st.sampled_from(sorted(INDEX.values())), st.lists(words, max_size=3))
def test_a_step_type_is_found_below_any_suffix(step_type: str, parts: list[str]) -> None:
    node = "_".join([step_type, *parts])
    found = split_node(node, INDEX)
    assert found.step_type is not None
    assert name_key(node) == name_key(found.step_type + (found.suffix or ""))
    assert len(found.step_type) >= len(step_type)
