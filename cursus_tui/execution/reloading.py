"""Taking over a pipeline whose own files changed on disk: the run goes on with what they say now."""

from __future__ import annotations

from cursus_tui.execution.adoption import rebased, stored_position
from cursus_tui.execution.plan import Plan
from cursus_tui.execution.run_control import RunControl
from cursus_tui.execution.session_commands import Resolve, looked_at_anew, stand_before_next
from cursus_tui.records.events import PipelineChanged
from cursus_tui.records.pipeline import Overrides


def reload(run: RunControl, resolve: Resolve, given: Overrides, what: str) -> None:
    """Resolve the pipeline from its files as they are now; what they change becomes stale.

    Args:
        run: The run; nothing of it runs.
        resolve: Resolves the files that were read anew.
        given: What settings and flags decide now; the session's edits hold on top of them.
        what: What happened to which files, for the notice.
    """
    edits = rebased(given, run.at.edits)
    plan = Plan(resolve(edits[-1]))
    before = run.at
    # A step that left and came back has its attempts still; one of a new name has none.
    stored = stored_position(run.store.read, before.run_id, plan, edits)
    known = {name: before.states[name] for name in plan.names if name in before.states}
    run.at = before.but(
        plan=plan,
        edits=edits,
        states={**stored.states, **known},
        parts={**stored.parts, **{name: each for name, each in before.parts.items() if name in known}},
        outputs={**stored.outputs, **{name: each for name, each in before.outputs.items() if name in known}},
    )
    run.store.replace_edits(before.run_id, edits)
    looked_at_anew(run)
    if run.at.current is not None and run.at.current not in plan.index:
        stand_before_next(run)
    run.say(PipelineChanged(plan.pipeline, run.at.snapshot(), given))
    run.notice("; ".join((f"{what} and was read anew", *_differences(before.plan, plan))), "info")


def _differences(old: Plan, new: Plan) -> list[str]:
    came = [name for name in new.names if name not in old.index]
    left = [name for name in old.names if name not in new.index]
    return [f"{word}: {', '.join(names)}" for word, names in (("new", came), ("gone", left)) if names]
