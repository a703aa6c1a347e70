"""Values of a step: of the frame looked at while it is stopped inside, a sample while it runs, what a failure left."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from cursus_tui.app import variable_items as items
from cursus_tui.app.console_log import ConsoleLog
from cursus_tui.app.messages import ActionAsked
from cursus_tui.app.panes.detail import Detail
from cursus_tui.app.panes.pane import Pane
from cursus_tui.app.ports import DebuggerPort
from cursus_tui.app.situation import Situation
from cursus_tui.app.variable_items import EXCEPTION, SAMPLE, WATCHES, SampledName, Watch
from cursus_tui.records.debug import Scope, Variable
from cursus_tui.records.run import Frame, StepStatus
from cursus_tui.widgets.tree_rows import RowKind, TreeItem, Wanted
from cursus_tui.widgets.variable_tree import VariableTree

_GROUPS = 8
"""Entries of its own that the debugger adds to a page: the rest of a long list, the length, groups of attributes."""
_RAISED = "__exception__[1]"
"""How the debugger calls the exception that a frame raised."""


@dataclass(frozen=True, slots=True)
class ValueTarget:
    """The value under the cursor."""

    name: str
    value: str
    expression: str
    """What evaluates to it in its frame; empty where nothing does."""
    kind: str
    """``table`` or ``model`` where it can be opened as data."""
    container: int
    """Names the scope or value that it is in, in requests; 0 where it cannot be set."""
    watch: bool = False
    is_global: bool = False
    sampled: bool = False
    """A local of a step that runs on."""


class VariablesPane(Pane):
    """Watches, the exception, locals and globals. Branches are asked for when they are opened."""

    TITLE: ClassVar[str] = "Variables"
    VERBS: ClassVar[tuple[str, ...]] = (
        "open-value",
        "watch",
        "edit",
        "console",
        "frame-up",
        "frame-down",
        "step-over",
        "continue",
        "search",
        "copy",
        "zoom",
        "help",
    )
    HELP: ClassVar[str] = (
        "While a step is stopped inside: watches, locals and globals of the frame that is looked at; what differs from "
        "the stop before is shown apart. Right opens and left closes a branch. Enter opens what is marked ▦ (a table) "
        "or ▤ (a model) in the Data pane, w asks what to watch (enter takes the value under the cursor, on a watch "
        "takes that away); = sets a variable. While a step runs, enter on the first row takes a sample of it without "
        "stopping it. After a failure: what was kept of its frames."
    )

    class Brought(Message):
        """The debugger answered."""

        def __init__(self, round: int, take: Callable[[], None]) -> None:
            super().__init__()
            self.round = round
            self.take = take

    def __init__(self, debugger: Callable[[], DebuggerPort | None] = lambda: None, *, id: str | None = None) -> None:
        """Make the pane.

        Args:
            debugger: Gives the debugger, where there is one by now.
            id: As for any widget.
        """
        super().__init__(id=id)
        self.view = VariableTree()
        self._detail = Detail()
        self._told = ""
        self._debugger = debugger
        self._place: tuple[object, ...] = ()
        self._of: object = None
        self._round = 0
        self._watched: dict[str, Variable | str] = {}
        self._sample: tuple[Frame, ...] = ()
        self._sample_problem = ""
        self.console = ConsoleLog()
        """What was typed on the console in this session."""

    def compose(self) -> ComposeResult:
        """The tree, and the value under the cursor in full where its row cuts it."""
        yield self.view
        yield self._detail

    @property
    def focus_target(self) -> Widget:
        """The tree."""
        return self.view

    # --- what is shown -----------------------------------------------------------------------------

    def show(self, now: Situation, before: Situation | None) -> None:
        """Another stop or frame is asked for; the same one only shows other watches."""
        place = _place(now)
        if place != self._place:
            self._place = place
            self._begin(now)
        elif before is None or before.watches != now.watches:
            self._show_roots(now, [item for item in self.view.known(()) if item.key != WATCHES])
            self._show_watches(now)

    def renew(self) -> None:
        """Something may have changed values: ask anew."""
        self._place = ()
        if self.situation is not None and self.display:
            self.show(self.situation, self.situation)

    def _begin(self, now: Situation) -> None:
        """Ask for all that is in sight; until it comes, the values before stay."""
        self._round += 1
        debugger = self._debugger()
        frame = next((frame for frame in now.frames if frame.id == now.frame), None)
        of = (frame.name, frame.file) if frame else None
        # Values of another function are other values, not changed ones.
        self.view.renew(compare=of is not None and of == self._of)
        self._of = of
        if now.stop is not None and now.frame is not None and debugger is not None:
            self._when(debugger.scopes(now.frame), lambda scopes: self._show_scopes(now, scopes), self._no_scopes)
            return
        self._watched.clear()
        self._sample, self._sample_problem = (), ""
        attempt = now.attempt
        if now.running:
            if now.debuggable:
                self._show_roots(now, [items.sample_root(self._sample, self._sample_problem)])
            else:
                self._show_roots(now, [])
        elif attempt is not None and attempt.status is StepStatus.FAILED and attempt.error is not None:
            self._show_roots(now, items.failure_roots(attempt))
        else:
            self._show_roots(now, [])

    def _show_roots(self, now: Situation, others: list[TreeItem]) -> None:
        """The watches, and the other branches; locals and watches begin open."""
        exception = [item for item in others if item.key == EXCEPTION]
        rest = [item for item in others if item.key != EXCEPTION]
        opened = [WATCHES, SAMPLE, *(item.key for item in rest if item.key.casefold() == "scope locals")]
        if rest and isinstance(rest[0].data, Frame):
            opened.append(next((item.key for item in rest if item.data.user), rest[0].key))
        self.view.set_roots([*exception, items.watches_root(len(now.watches)), *rest], opened)

    def _show_scopes(self, now: Situation, scopes: tuple[Scope, ...]) -> None:
        told = [items.exception_root(now.stop)] if now.stop is not None and now.stop.text else []
        self._show_roots(now, [*told, *(items.scope_item(scope, now.frames, now.frame) for scope in scopes)])

    def _no_scopes(self, why: str) -> None:
        if self.situation is not None:
            self._show_roots(self.situation, [TreeItem("scope", "Locals", why, tone="warn")])

    def on_variable_tree_asked(self, event: VariableTree.Asked) -> None:
        """A branch was opened, or its values are out of date."""
        event.stop()
        wanted, now = event.wanted, self.situation
        debugger, data = self._debugger(), event.wanted.item.data
        if now is None:
            return
        if wanted.path == (WATCHES,):
            self._show_watches(now)
        elif wanted.path == (SAMPLE,):
            frames = items.frame_items(self._sample)
            self.view.set_children(wanted.path, frames)
            mine = next((item.key for item in frames if item.data.user), "")
            self.view.unfold((SAMPLE, mine))
        elif isinstance(data, Frame):
            self.view.set_children(wanted.path, items.local_items(data, sampled=wanted.path[0] == SAMPLE))
        elif debugger is None or now.frame is None:
            self.view.refuse(wanted.path, "the step went on")
        elif wanted.path == (EXCEPTION,):
            self._when(
                debugger.evaluate(_RAISED, now.frame, quiet=True),
                lambda raised: self._ask(wanted, raised.reference),
                lambda _: self.view.refuse(wanted.path, "nothing more is known of it"),
            )
        else:
            self._ask(wanted, _reference(data))

    def _ask(self, wanted: Wanted, reference: int) -> None:
        debugger = self._debugger()
        if debugger is None or not reference:
            self.view.refuse(wanted.path, "it holds nothing")
            return

        count = wanted.count + _GROUPS

        def take(found: tuple[Variable, ...]) -> None:
            more = len(found) >= count
            self.view.set_children(wanted.path, items.variable_items(found), first=wanted.first, more=more)

        children = debugger.variables(reference, wanted.first, count)
        self._when(children, take, lambda why: self.view.refuse(wanted.path, why))

    # --- watches -----------------------------------------------------------------------------------

    def _show_watches(self, now: Situation) -> None:
        """Each watch is asked for by itself: a slow one keeps no other."""
        debugger = self._debugger()
        stopped = now.stop is not None and now.frame is not None and debugger is not None
        self._tell_watches(now, stopped=stopped)
        if not stopped or debugger is None or now.frame is None:
            return
        for expression in now.watches:
            self._when(
                debugger.evaluate(expression, now.frame, quiet=True),
                partial(self._watch_came, expression),
                partial(self._watch_came, expression),
            )

    def _watch_came(self, expression: str, value: Variable | str) -> None:
        self._watched[expression] = value
        if self.situation is not None:
            self._tell_watches(self.situation, stopped=True)

    def _tell_watches(self, now: Situation, *, stopped: bool) -> None:
        self.view.set_children((WATCHES,), items.watch_items(now.watches, self._watched, stopped=stopped))

    # --- answers -----------------------------------------------------------------------------------

    def _when(self, answer: Future[Any], take: Callable[[Any], None], fail: Callable[[str], None]) -> None:
        """Take an answer on our own thread, unless something else is looked at by then."""

        def taken() -> None:
            problem = answer.exception() if not answer.cancelled() else None
            if problem is not None:
                fail(str(problem) or type(problem).__name__)
            elif not answer.cancelled():
                take(answer.result())

        now = self._round
        answer.add_done_callback(lambda _: self.post_message(self.Brought(now, taken)))

    def on_variables_pane_brought(self, event: Brought) -> None:
        """Use an answer; one about an older stop or frame is void."""
        event.stop()
        if event.round == self._round:
            event.take()

    # --- the row under the cursor --------------------------------------------------------------------

    @property
    def target(self) -> ValueTarget | None:
        """The value under the cursor; None on headings and remarks."""
        row = self.view.selected
        if row is None or row.kind is not RowKind.ITEM:
            return None
        item, data = row.item, row.item.data
        if isinstance(data, Watch):
            kind = data.value.kind if data.value else ""
            return ValueTarget(item.name, item.value, data.expression, kind, 0, watch=True)
        if isinstance(data, Variable):
            above = self.view.item(row.path[:-1])
            scope = above.data if above is not None else None
            is_global = isinstance(scope, Scope) and scope.name.casefold() == "globals"
            return ValueTarget(
                item.name, item.value, data.expression, data.kind, _reference(scope), is_global=is_global
            )
        if isinstance(data, SampledName):
            return ValueTarget(item.name, item.value, data.name, "table", 0, sampled=True)
        return None

    def on_variable_tree_chosen(self, event: VariableTree.Chosen) -> None:
        """Enter: a table or model opens as data, a sample is taken, any other branch opens or closes."""
        event.stop()
        target = self.target
        if event.path == (SAMPLE,):
            self.take_sample()
        elif target is not None and target.kind:
            self.post_message(ActionAsked("open-value"))
        else:
            self.view.toggle(event.path)

    def on_variable_tree_highlighted(self, event: VariableTree.Highlighted) -> None:
        """All of a value that its row cuts."""
        event.stop()
        row = self.view.selected
        cut = row is not None and row.kind is RowKind.ITEM and self.view.is_cut(row)
        told = row.item.value if cut and row is not None else ""
        if told != self._told:
            # Each text of it lays out the whole screen anew.
            self._told = told
            self._detail.tell((told, "$text"))

    def take_sample(self) -> None:
        """Look where the running step is; it runs on."""
        debugger = self._debugger()
        if debugger is not None:
            self._when(debugger.sample(), self._sampled, lambda why: self._sampled((), why))

    def _sampled(self, frames: tuple[Frame, ...], problem: str = "") -> None:
        self._sample, self._sample_problem = frames, problem
        if self.situation is not None:
            self.view.renew()
            self._show_roots(self.situation, [items.sample_root(frames, problem)])

    # --- search and copy ---------------------------------------------------------------------------

    def search(self, text: str) -> None:
        """Find a name or value in sight."""
        self.view.find(text)

    def search_step(self, direction: int) -> None:
        """Go to the next or previous hit."""
        self.view.step_hit(direction)

    def copied(self, *, row: bool) -> str | None:
        """The value; with ``row`` its name, too."""
        found = self.view.selected
        if found is None or found.kind is not RowKind.ITEM:
            return None
        value = found.item.value or found.item.name
        return f"{found.item.name} = {found.item.value}" if row and found.item.value else value


def _place(now: Situation) -> tuple[object, ...]:
    """What is looked at: another one is asked for anew."""
    if now.stop is not None:
        return ("stopped", now.stop.number, now.frame)
    attempt = now.attempt
    status = (attempt.number, attempt.status) if attempt else None
    return ("running", now.state.current if now.state else None) if now.running else ("idle", now.step, status)


def _reference(data: object) -> int:
    if isinstance(data, Watch):
        return data.value.reference if data.value else 0
    return data.reference if isinstance(data, Scope | Variable) else 0
