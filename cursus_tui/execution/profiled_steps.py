"""Which attempts of a run are profiled: the one that runs, or the next one of a step. Here on the session's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cursus_tui.execution.legality import IllegalCommand
from cursus_tui.execution.position import LiveStep
from cursus_tui.records.events import Profiled
from cursus_tui.records.profile import Profile

if TYPE_CHECKING:
    from cursus_tui.execution.profiling import ProfileError, Profiler
    from cursus_tui.execution.run_control import RunControl


def profile(run: RunControl, step: str) -> None:
    """Profile a step from now on where it runs, else its next attempt; so, too, where all it has left to do is to fail.

    Raises:
        IllegalCommand: It is profiled already, or there is no profiler.
    """
    from cursus_tui.execution.profiling import ProfileError, py_spy

    try:
        py_spy()
    except ProfileError as problem:
        raise IllegalCommand(str(problem)) from None
    live = run.at.live
    if live is None or live.attempt.step != step or run.at.held:
        run.profile_next |= {step}
        run.notice(f"the next run of {step} will be profiled", "info")
        return
    if any(each.attempt.number == live.attempt.number and each.attempt.step == step for each in run.profilers):
        raise IllegalCommand(f"{step} is being profiled already, until it ends")
    run.after_commit(lambda: _begin(run, live))
    run.notice(f"{step} is being profiled until it ends", "info")


def launched(run: RunControl, live: LiveStep) -> None:
    """An attempt was started: profile it where that was wished."""
    if live.attempt.step in run.profile_next:
        run.profile_next -= {live.attempt.step}
        _begin(run, live)


def close(run: RunControl) -> None:
    """The session ends: keep what the profiles that are under way have seen so far."""
    for each in tuple(run.profilers):
        found = each.stop()
        if isinstance(found, Profile):
            with run.store.transaction():
                run.store.keep_profile(found)


def _begin(run: RunControl, live: LiveStep) -> None:
    from cursus_tui.execution.profiling import Profiler

    if live.process is None:
        return

    def done(result: Profile | ProfileError) -> None:
        run.post(lambda: _took(run, profiler, result))

    profiler = Profiler(live.attempt, live.process, done)
    run.profilers.add(profiler)
    profiler.start()


def _took(run: RunControl, profiler: Profiler, result: Profile | ProfileError) -> None:
    run.profilers.discard(profiler)
    step = profiler.attempt.step
    if not isinstance(result, Profile):
        run.notice(f"{step} was not profiled: {result}")
        return
    run.store.keep_profile(result)
    run.say(Profiled(result))
    own = sum(not each.library for each in result.hot)
    run.notice(f"{step} was profiled: {own:,} hot lines, marked in the source; P on it tells all", "info")
