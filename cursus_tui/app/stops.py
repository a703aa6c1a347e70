"""What the screen knows of a step that is stopped inside: the stop and its frames come into the situation together."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from cursus_tui.app.arrangement import ABOUT_STOPS
from cursus_tui.app.messages import FramesArrived
from cursus_tui.records.debug import DebugError, DebuggerState, DebugStop, DebugThread, StackFrame, StopKind

if TYPE_CHECKING:
    from cursus_tui.app.ports import DebuggerPort
    from cursus_tui.app.screens.main import MainScreen

FRAMES = 40
"""Frames that are asked for at once."""


class Stops:
    """Follows the debugger for the main screen. Everything happens on the screen's own thread.

    Attributes:
        debugger: The debugger; None where there is none.
    """

    def __init__(self, screen: MainScreen) -> None:
        self.debugger: DebuggerPort | None = None
        self._screen = screen
        self._newest = DebuggerState()
        self._unseen: int | None = None
        self._unsubscribe: Callable[[], None] = lambda: None

    def begin(self, debugger: DebuggerPort) -> None:
        """Follow this one from now on."""
        from cursus_tui.app.follow import forward

        self.debugger = debugger
        self._unsubscribe = debugger.subscribe(lambda fact: forward(self._screen, fact))
        self.arrived(debugger.state)

    def close(self) -> None:
        """No more events."""
        self._unsubscribe()

    # --- facts -------------------------------------------------------------------------------------

    def arrived(self, state: DebuggerState) -> None:
        """A newer snapshot: what is new about a stop is shown when its frames are known."""
        before, self._newest = self._newest, state
        shown = self._screen.situation.stop
        if state.stop is None:
            nothing: dict[str, Any] = {"frames": (), "threads": (), "thread": None, "frame": None}
            self._screen.change(debugger=state, more_frames=False, **nothing)
        elif shown is not None and shown.number == state.stop.number:
            self._screen.change(debugger=state)
        elif before.stop is None or before.stop.number != state.stop.number:
            self._ask(state.stop.number, state.stop.thread)

    def _ask(self, stop: int, thread: int, first: int = 0) -> None:
        """Ask for frames, and for threads with the first of them; they come as a message."""
        debugger = self.debugger
        if debugger is None:
            return
        threads = debugger.threads() if first == 0 else None
        frames = debugger.frames(thread, first, FRAMES)

        def post(_: object) -> None:
            self._screen.post_message(_answer(stop, thread, first, frames, threads))

        # Each ends on the debugger's thread; the second to end posts.
        frames.add_done_callback(post if threads is None else lambda _: threads.add_done_callback(post))

    def told(self, event: FramesArrived) -> None:
        """Frames came; those of an older stop are void."""
        stop = self._newest.stop
        if stop is None or stop.number != event.number:
            return
        now = self._screen.situation
        if event.problem:
            self._screen.say(event.problem, "warning")
        more = len(event.frames) == FRAMES
        if event.first:
            if now.thread == event.thread and len(now.frames) == event.first:
                self._screen.change(frames=(*now.frames, *event.frames), more_frames=more)
            return
        fresh = now.stop is None or now.stop.number != stop.number
        fault = stop.kind in (StopKind.EXCEPTION, StopKind.PAUSE)
        chosen = first_frame(event.frames, own=fault or event.thread != stop.thread)
        follows = fresh and (self._screen.waits or now.pane in ABOUT_STOPS)
        step = self._step_of(stop) if follows else now.step
        self._unseen = stop.number if step != self._step_of(stop) else None
        self._screen.change(
            debugger=self._newest,
            thread=event.thread,
            threads=event.threads or (),
            frames=event.frames,
            more_frames=more,
            frame=chosen.id if chosen else None,
            step=step,
        )
        if now.stop is None and now.pane not in ABOUT_STOPS:
            self._screen.show_source()
        if fresh:
            self._screen.stopped_at(stop)

    def _step_of(self, stop: DebugStop) -> str | None:
        """The step to select for a stop."""
        now = self._screen.situation
        return stop.step if stop.step in now.pipeline.steps else now.step

    def visit(self) -> None:
        """Select the step that is stopped, if it stopped while another one was looked at."""
        stop = self._screen.situation.stop
        if stop is not None and stop.number == self._unseen:
            self._screen.change(step=self._step_of(stop))
        self._unseen = None

    # --- looking around ------------------------------------------------------------------------------

    def walk(self, frames: int) -> None:
        """Look at another frame: -1 is the caller, 1 what was called."""
        now = self._screen.situation
        at = next((index for index, frame in enumerate(now.frames) if frame.id == now.frame), 0)
        wanted = at - frames
        if 0 <= wanted < len(now.frames):
            self.look_at(now.frames[wanted].id)
        elif wanted >= len(now.frames) and now.more_frames:
            self.look_at(None)

    def look_at(self, frame: int | None, thread: int | None = None) -> None:
        """Look at a frame or a thread; with neither, ask for more frames."""
        now = self._screen.situation
        if now.stop is None or self._newest.stop is None:
            return
        if thread is not None and thread != now.thread:
            self._ask(now.stop.number, thread)
        elif frame is not None:
            step = self._step_of(now.stop)
            if (frame, step) != (now.frame, now.step):
                self._screen.change(frame=frame, step=step)
        elif now.more_frames and now.thread is not None:
            self._ask(now.stop.number, now.thread, len(now.frames))


def first_frame(frames: tuple[StackFrame, ...], *, own: bool) -> StackFrame | None:
    """The frame to look at first: the innermost, or where one of the user's own says more, the innermost of those."""
    mine = [frame for frame in frames if frame.user] if own else []
    return next(iter(mine or frames), None)


def _answer(
    stop: int,
    thread: int,
    first: int,
    frames: Future[tuple[StackFrame, ...]],
    threads: Future[tuple[DebugThread, ...]] | None,
) -> FramesArrived:
    try:
        told = threads.result() if threads is not None else None
        return FramesArrived(stop, thread, frames.result(), told, first=first)
    except DebugError as problem:
        return FramesArrived(stop, thread, first=first, problem=str(problem))
