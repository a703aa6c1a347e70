"""From the session's thread to the screen: every event becomes a message, nothing else happens there."""

from __future__ import annotations

from textual.message import Message
from textual.message_pump import MessagePump

from cursus_tui.app import messages
from cursus_tui.records.events import (
    BreakpointsChanged,
    DebuggerChanged,
    FindingAdded,
    LineBreakpointsChanged,
    Noticed,
    OutputGrew,
    PipelineChanged,
    Profiled,
    ResourcesSampled,
    SessionChanged,
    SessionEvent,
    StepChanged,
    WatchesChanged,
)


def forward(screen: MessagePump, event: SessionEvent) -> None:
    """Post the message for an event. Safe on any thread; a screen that is closing ignores it."""
    screen.post_message(message_for(event))


def message_for(event: SessionEvent) -> Message:
    """The message that carries an event."""
    match event:
        case SessionChanged(state) | StepChanged(_, state):
            return messages.StateArrived(state)
        case PipelineChanged():
            return messages.PipelineArrived(event)
        case BreakpointsChanged(breakpoints):
            return messages.BreakpointsArrived(breakpoints)
        case LineBreakpointsChanged(lines):
            return messages.LineBreakpointsArrived(lines)
        case WatchesChanged(watches):
            return messages.WatchesArrived(watches)
        case DebuggerChanged(debugger):
            return messages.DebuggerArrived(debugger)
        case Profiled(profile):
            return messages.ProfileArrived(profile)
        case OutputGrew():
            return messages.OutputArrived(event)
        case ResourcesSampled():
            return messages.ResourcesArrived(event)
        case FindingAdded():
            return messages.FindingArrived(event)
        case Noticed():
            return messages.NoticeArrived(event)
