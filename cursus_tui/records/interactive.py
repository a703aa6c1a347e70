"""What the debugger answers to Python: where a pipeline stands, and the first rows of tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cursus_tui.records.debug import DebugStop
from cursus_tui.records.run import PauseReason, Phase, StepError, StepState


@dataclass(frozen=True, slots=True)
class InteractiveExecutionResult:
    """Where a pipeline stands after a command."""

    run_id: str
    phase: Phase
    reason: PauseReason | None
    """Why it is paused."""
    step: str | None
    """The step that it stands before, after or inside; None once it has finished."""
    stop: DebugStop | None
    """The line, where it stands inside of a step."""
    error: StepError | None = field(repr=False)
    """Why that step failed, once its attempt has ended."""
    steps: Mapping[str, StepState] = field(repr=False)
    notices: tuple[str, ...] = ()
    """Warnings since the result before it, such as of a breakpoint's condition that raised."""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to run."""
        return self.phase is Phase.FINISHED

    def __str__(self) -> str:
        """Such as ``paused inside step B, breakpoint at b.py:12``, and a line for each notice."""
        return "\n".join((self._where(), *(f"  {notice}" for notice in self.notices)))

    def _where(self) -> str:
        if self.stop is not None:
            where = f"{self.stop.file.name}:{self.stop.line}" if self.stop.file is not None else "a line without a file"
            text = f": {self.stop.text}" if self.stop.text else ""
            return f"paused inside {self.stop.step}, {self.stop.kind.value} at {where}{text}"
        what = f"{self.phase.value}: {self.reason.value}" if self.reason is not None else self.phase.value
        return f"{what} {self.step}" if self.step and self.reason is not None else what


@dataclass(frozen=True, slots=True)
class InspectedData:
    """The first rows of a table, as text."""

    name: str
    """The expression, or ``STEP/CHANNEL/FILE``."""
    file: Path
    """Where it can be read in full: what a step wrote, or (an expression) up to 1,000 rows of it."""
    type: str
    columns: tuple[tuple[str, str], ...]
    """(name, type); none where it is no table."""
    rows: int | None
    """Of the whole; None where that is not known."""
    head: tuple[tuple[str | None, ...], ...]
    note: str = ""
