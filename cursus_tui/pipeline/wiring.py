"""Which output feeds which input: exactly as Cursus' assembler decides it, with its reasons and our doubts.

Along the edges of the DAG only. Each step's inputs are served required ones first, then by score; equals as they stand
in the interface and the edges. Each input takes one output, and each output serves one input of a step.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cursus_tui.pipeline.compatibility import THRESHOLD, Compatibility, rate
from cursus_tui.pipeline.similarity import normalized_words
from cursus_tui.records.pipeline import Binding, Dependency, Interface

TIE = 1e-9

DESCRIPTIVE_WORDS = frozenset({"metadata", "signature", "schema"})
"""Words of outputs that describe data rather than being it."""

Output = tuple[str, str]
"""Step and the name of one of its outputs."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An output that could feed an input."""

    dependency: Dependency
    source: Output
    rating: Compatibility


def candidates(step: str, sources: Iterable[str], interfaces: Mapping[str, Interface]) -> list[Candidate]:
    """Everything that could feed a step's inputs, in the order of inputs, sources, outputs.

    Args:
        step: The consumer.
        sources: The steps with an edge to it, in the order of the edges.
        interfaces: Step -> its interface; a step without one takes no part.
    """
    consumer = interfaces.get(step)
    producers = [(source, interfaces[source]) for source in sources if source in interfaces]
    found = []
    for dependency in consumer.dependencies if consumer else ():
        for source, producer in producers:
            for output in producer.outputs:
                rating = rate(dependency, output, producer.step_type)
                if rating is not None and rating.score > THRESHOLD:
                    found.append(Candidate(dependency, (source, output.name), rating))
    return found


@dataclass(frozen=True, slots=True)
class Refusal:
    """A decision of the user's that cannot be carried out."""

    step: str
    input: str
    source: Output
    why: str


def sort_decisions(
    step: str,
    wanted: Mapping[str, Output | None],
    upstream: frozenset[str],
    interfaces: Mapping[str, Interface],
) -> tuple[dict[str, Output | None], tuple[Refusal, ...]]:
    """Part what the user decided about a step's inputs into what can be done and what cannot.

    Args:
        step: The consumer.
        wanted: Input -> the user's choice, or None to leave it unwired.
        upstream: Every step that runs before it.
        interfaces: Step -> its interface, where it is known.
    """
    usable: dict[str, Output | None] = {}
    refused = []
    for name, source in wanted.items():
        why = _why_not(step, name, source, upstream, interfaces) if source is not None else None
        if source is not None and why is not None:
            refused.append(Refusal(step, name, source, why))
        else:
            usable[name] = source
    return usable, tuple(refused)


def _why_not(
    step: str, name: str, source: Output, upstream: frozenset[str], interfaces: Mapping[str, Interface]
) -> str | None:
    consumer, producer = interfaces.get(step), interfaces.get(source[0])
    if consumer is not None and name not in _inputs(consumer):
        return f"{step} has no input {name}"
    if source[0] not in upstream:
        return f"{source[0]} does not run before {step}"
    if producer is not None and source[1] not in _outputs(producer):
        return f"{source[0]} has no output {source[1]}"
    return None


def _inputs(interface: Interface) -> set[str]:
    return {each.name for each in interface.dependencies} | {each.name for each in interface.contract.inputs}


def _outputs(interface: Interface) -> set[str]:
    return {each.name for each in interface.outputs} | {each.name for each in interface.contract.outputs}


def wire_step(step: str, possible: list[Candidate], decided: Mapping[str, Output | None]) -> tuple[Binding, ...]:
    """Bind a step's inputs.

    What the user decided comes first and claims its output; an input that the user unwired keeps its claim, so that
    taking one binding away moves no other.

    Args:
        step: The consumer.
        possible: Its candidates, in the order of ``candidates``.
        decided: Input -> the user's choice, or None to leave it unwired.
    """
    bindings: dict[str, Binding] = {}
    claimed: dict[Output, str] = {}
    for name, source in decided.items():
        if source is not None:
            claimed[source] = name
            bindings[name] = _decided_binding(step, name, source, possible)
    taken = set(bindings)
    for candidate in sorted(possible, key=lambda one: (not one.dependency.required, -one.rating.score)):
        name = candidate.dependency.name
        if name in taken or candidate.source in claimed:
            continue
        taken.add(name)
        claimed[candidate.source] = name
        if name not in decided:
            doubt = _doubt(candidate, possible, claimed)
            rating = candidate.rating
            bindings[name] = Binding(step, name, *candidate.source, rating.score, rating.reason, doubt)
    order = dict.fromkeys((*(candidate.dependency.name for candidate in possible), *bindings))
    return tuple(bindings[name] for name in order if name in bindings)


def _decided_binding(step: str, name: str, source: Output, possible: list[Candidate]) -> Binding:
    same = (one.rating for one in possible if one.dependency.name == name and one.source == source)
    rating = next(same, None)
    reason = f"you decided it (Cursus' score {rating.score:.2f})" if rating else "you decided it"
    return Binding(step, name, *source, 1.0, reason, overridden=True)


def _doubt(chosen: Candidate, possible: list[Candidate], claimed: Mapping[Output, str]) -> str | None:
    """Why a binding may be the wrong one; several reasons are joined."""
    rivals = [one for one in possible if one.dependency is chosen.dependency and one.source != chosen.source]
    doubts = []
    ties = [one for one in rivals if abs(one.rating.score - chosen.rating.score) < TIE]
    if ties:
        doubts.append(f"ties with {_names(ties)}")
    better = [one for one in rivals if one.rating.score > chosen.rating.score + TIE]
    if better:
        taken_by = ", ".join(dict.fromkeys(claimed[one.source] for one in better if one.source in claimed))
        doubts.append(f"second choice: {_names(better)} scores higher but feeds {taken_by}")
    if not chosen.rating.exact_name and chosen.rating.listed_source is False:
        doubts.append("neither the name nor the source matches")
    if _describes_only(chosen):
        doubts.append(f"{chosen.source[1]} describes data, {chosen.dependency.name} expects data itself")
    return "; ".join(doubts) or None


def _names(ones: list[Candidate]) -> str:
    return ", ".join(".".join(one.source) for one in ones)


def _describes_only(chosen: Candidate) -> bool:
    """An output such as METADATA or SIGNATURE bound to an input that says nothing of the kind."""
    offered = DESCRIPTIVE_WORDS.intersection(normalized_words(chosen.source[1]))
    wanted = DESCRIPTIVE_WORDS.intersection(normalized_words(chosen.dependency.name))
    return bool(offered) and not wanted
