"""The breakpoints of all clients, as the step's debugger has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from cursus_tui.debugging.breakpoints import (
    SourceBreakpoint,
    by_file,
    counted,
    for_script_alone,
    from_source,
    line_of,
    union,
)
from cursus_tui.debugging.clients import Client, FileLines
from cursus_tui.debugging.ide_breakpoints import Answer, Place
from cursus_tui.debugging.upstream import Upstream
from cursus_tui.records.debug import DebugError, LineBreakpoint, StopKind
from cursus_tui.records.profile import is_library
from cursus_tui.storage.regular_file import real_path


class Armed:
    """The union over clients, and the breakpoints that hold once. Belongs to the debug thread.

    Args:
        clients: Everyone who debugs, the terminal first: it wins over IDEs.
    """

    def __init__(self, clients: Callable[[], Iterable[Client]]) -> None:
        self._clients = clients
        self._once: dict[tuple[str, int], tuple[str, StopKind]] = {}
        self._paths: dict[str, str] = {}
        self._ids: dict[int, Place] = {}
        self._answers: dict[Place, Answer] = {}

    def files(self) -> set[str]:
        """Keys of the files with breakpoints."""
        return {key for client in self._clients() for key in client.files} | {key for key, _ in self._once}

    @property
    def has_conditions(self) -> bool:
        """Whether anything is to be computed at a breakpoint: a condition, a count of hits, a message."""
        held = [one for client in self._clients() for one in client.files.values()]
        return any(line.get("condition") for one in held for line in one.lines)

    def set_terminal(self, terminal: Client, lines: tuple[LineBreakpoint, ...]) -> set[str]:
        """Replace the terminal's; returns the keys of files in which something changed."""
        before = dict(terminal.files)
        terminal.files.clear()
        for path, sources in by_file(lines).items():
            key = real_path(path)
            held = terminal.files.get(key)
            kept = (*held.lines, *sources) if held else tuple(sources)
            terminal.files[key] = FileLines(held.path if held else path, kept)
        return {key for key in before.keys() | terminal.files.keys() if before.get(key) != terminal.files.get(key)}

    def add_once(self, path: str, line: int, kind: StopKind) -> str:
        """Stop on a line one time; returns the file's key."""
        key = real_path(path)
        self._once[key, line] = (path, kind)
        return key

    def kind_at(self, path: str, line: int) -> StopKind | None:
        """What a stop at this place is, if it was wanted once."""
        held = self._once.get((real_path(path), line))
        return held[1] if held else None

    def is_at(self, path: str, line: int) -> bool:
        """Whether anyone has a breakpoint on a line."""
        return any(line_of(one) == line for one in self.union(real_path(path))[1])

    def clear_once(self) -> set[str]:
        """Forget what holds once: any stop ends it. Returns the files' keys."""
        keys = {key for key, _ in self._once}
        self._once.clear()
        return keys

    def union(self, key: str) -> tuple[str, list[SourceBreakpoint]]:
        """(the path to name, the breakpoints) of a file."""
        held = [client.files[key] for client in self._clients() if key in client.files]
        once: list[SourceBreakpoint] = [{"line": line} for of, line in self._once if of == key]
        named = [one.path for one in held] + [path for (of, _), (path, _) in self._once.items() if of == key]
        path = self._paths.setdefault(key, named[0] if named else key)
        lines = union([*([counted(each.path, one) for one in each.lines] for each in held), once])
        return path, [for_script_alone(one) for one in lines] if is_library(key) else lines

    async def sync(self, upstream: Upstream, key: str) -> None:
        """Tell the step's debugger all breakpoints of a file.

        Raises:
            DebugError: It refused, or is gone.
        """
        path, wanted = self.union(key)
        body = await upstream.ask("setBreakpoints", {"source": {"path": path}, "breakpoints": wanted})
        given = body.get("breakpoints")
        answers = [one for one in given if isinstance(one, dict)] if isinstance(given, list) else []
        self._answers = {place: answer for place, answer in self._answers.items() if place[0] != key}
        for one, answer in zip(wanted, answers, strict=False):
            self._note((key, line_of(one)), answer)

    async def sync_or_note(self, upstream: Upstream, key: str) -> None:
        """Tell the step's debugger a file's; where it refuses, they are unverified, and no more.

        Raises:
            DebugError: It is gone.
        """
        try:
            await self.sync(upstream, key)
        except DebugError as error:
            if not upstream.is_open:
                raise
            for one in self.union(key)[1]:
                self._note((key, line_of(one)), {"verified": False, "message": str(error)})

    async def sync_all(self, upstream: Upstream) -> None:
        """Tell the step's debugger everything.

        Raises:
            DebugError: It is gone.
        """
        for key in sorted(self.files()):
            await self.sync_or_note(upstream, key)

    def changed(self, body: Mapping[str, Any]) -> None:
        """The debugger says anew what became of a breakpoint."""
        one = body.get("breakpoint")
        number = one.get("id") if isinstance(one, dict) else None
        if isinstance(one, dict) and isinstance(number, int) and number in self._ids:
            self._note(self._ids[number], one)

    def forget_answers(self) -> None:
        """The step's debugger is gone."""
        self._ids.clear()
        self._answers.clear()

    def answer_at(self, place: Place) -> Answer | None:
        """What the debugger made of a breakpoint; None where there is none, or it has not said."""
        return self._answers.get(place)

    def places_of(self, numbers: object) -> list[Place]:
        """Where the breakpoints are that the debugger calls by these numbers."""
        return [self._ids[number] for number in numbers if number in self._ids] if isinstance(numbers, list) else []

    def unverified(self, terminal: Client) -> frozenset[tuple[Path, int]]:
        """The terminal's breakpoints that the debugger finds nothing to stop on."""
        return frozenset(
            (Path(held.path), line_of(one))
            for key, held in terminal.files.items()
            for one in held.lines
            if not self._answers.get((key, line_of(one)), {"verified": True}).get("verified")
        )

    def _note(self, place: Place, answer: Answer) -> None:
        number = answer.get("id")
        if isinstance(number, int):
            self._ids[number] = place
        said = {name: answer[name] for name in ("line", "message") if answer.get(name)}
        self._answers[place] = {"verified": bool(answer.get("verified")), **said}


def of_ides(ides: Iterable[Client]) -> tuple[LineBreakpoint, ...]:
    """The breakpoints of IDEs, as the terminal shows them."""
    return tuple(from_source(held.path, one) for ide in ides for held in ide.files.values() for one in held.lines)
