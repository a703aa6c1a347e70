"""Facts that travel up to the screen. Floods coalesce: a newer reading replaces the one that still waits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from pathlib import Path

    from cursus_tui.records.debug import DebuggerState, DebugThread, LineBreakpoint, StackFrame
    from cursus_tui.records.events import FindingAdded, Noticed, OutputGrew, PipelineChanged, ResourcesSampled
    from cursus_tui.records.profile import Profile
    from cursus_tui.records.run import SessionState, StepBreakpoint


class StateArrived(Message):
    """A newer snapshot of the session."""

    def __init__(self, state: SessionState) -> None:
        super().__init__()
        self.state = state

    def can_replace(self, message: Message) -> bool:
        """Snapshots are whole: only the newest counts."""
        return isinstance(message, StateArrived)


class PipelineArrived(Message):
    """The pipeline was resolved anew."""

    def __init__(self, event: PipelineChanged) -> None:
        super().__init__()
        self.event = event


class BreakpointsArrived(Message):
    """The list of breakpoints changed."""

    def __init__(self, breakpoints: tuple[StepBreakpoint, ...]) -> None:
        super().__init__()
        self.breakpoints = breakpoints


class LineBreakpointsArrived(Message):
    """The list of breakpoints on lines changed."""

    def __init__(self, lines: tuple[LineBreakpoint, ...]) -> None:
        super().__init__()
        self.lines = lines


class WatchesArrived(Message):
    """Other expressions are watched."""

    def __init__(self, watches: tuple[str, ...]) -> None:
        super().__init__()
        self.watches = watches


class ProfileArrived(Message):
    """An attempt was profiled."""

    def __init__(self, profile: Profile) -> None:
        super().__init__()
        self.profile = profile


class DebuggerArrived(Message):
    """A newer snapshot of the debugger."""

    def __init__(self, debugger: DebuggerState) -> None:
        super().__init__()
        self.debugger = debugger


class FramesArrived(Message):
    """Frames of a thread of a stopped step; ``number`` is its stop's. With ``problem`` they could not be had."""

    def __init__(
        self,
        number: int,
        thread: int,
        frames: tuple[StackFrame, ...] = (),
        threads: tuple[DebugThread, ...] | None = None,
        *,
        first: int = 0,
        problem: str = "",
    ) -> None:
        super().__init__()
        self.number = number
        self.thread = thread
        self.frames = frames
        self.threads = threads
        self.first = first
        self.problem = problem


class FrameAsked(Message):
    """A pane asks to look at another frame, at more of them, or at another thread."""

    def __init__(self, frame: int | None = None, thread: int | None = None) -> None:
        super().__init__()
        self.frame = frame
        self.thread = thread


class PlaceAsked(Message):
    """A pane asks to show a line of a file that may be no step's script."""

    def __init__(self, path: Path, line: int) -> None:
        super().__init__()
        self.path = path
        self.line = line


class OutputArrived(Message):
    """A step printed."""

    def __init__(self, event: OutputGrew) -> None:
        super().__init__()
        self.event = event

    def can_replace(self, message: Message) -> bool:
        """Sizes only grow, so the newest tells all for its step."""
        return isinstance(message, OutputArrived) and message.event.step == self.event.step


class ResourcesArrived(Message):
    """A reading of the running step's process tree."""

    def __init__(self, event: ResourcesSampled) -> None:
        super().__init__()
        self.event = event

    def can_replace(self, message: Message) -> bool:
        """Only the newest reading is shown."""
        return isinstance(message, ResourcesArrived)


class FindingArrived(Message):
    """A check noticed something while running."""

    def __init__(self, event: FindingAdded) -> None:
        super().__init__()
        self.event = event


class NoticeArrived(Message):
    """Something the user should read."""

    def __init__(self, event: Noticed) -> None:
        super().__init__()
        self.event = event


class CommandRefused(Message):
    """A command's future ended in an error."""

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem


class ActionAsked(Message):
    """A widget asks for an action of the registry: a click in the footer, enter in the palette."""

    def __init__(self, action_id: str) -> None:
        super().__init__()
        self.action_id = action_id


class StepAsked(Message):
    """A pane asks to select a step, and perhaps to show it in another pane."""

    def __init__(self, step: str, pane: str | None = None, line: int | None = None) -> None:
        super().__init__()
        self.step = step
        self.pane = pane
        self.line = line
