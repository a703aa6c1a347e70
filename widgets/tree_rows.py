"""What a lazy tree holds and which rows that makes: branches come in pages, on request. No screen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

PAGE = 100
"""Children that are asked for at a time."""

Path = tuple[str, ...]
"""Keys from a root down to an item."""


@dataclass(frozen=True, slots=True)
class TreeItem:
    """A name and a value, which may have others inside.

    Attributes:
        key: Tells it from its siblings, and is the same for the same name later on.
        name: As shown.
        value: In one line.
        type: Shown beside it where there is room.
        opens: Whether there is something inside.
        mark: A sign before the name.
        tone: A name of ``line_view.TONES`` for the value.
        data: Anything of the caller's; it makes no difference to how the item looks.
    """

    key: str
    name: str
    value: str = ""
    type: str = ""
    opens: bool = False
    mark: str = ""
    tone: str = "plain"
    data: Any = field(default=None, compare=False)


class RowKind(Enum):
    """What a row of the tree is."""

    ITEM = "item"
    MORE = "more"
    """Stands for the children that were not asked for yet."""
    NOTE = "note"
    """Says why there are no children, or that they are awaited."""


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A row as it is painted: two that are equal look the same."""

    kind: RowKind
    path: Path
    """Of the item; for the other kinds of the item they stand below."""
    item: TreeItem
    """For the other kinds only its value counts."""
    is_open: bool = False
    changed: bool = False
    """Its value is another one since the tree was renewed."""

    @property
    def depth(self) -> int:
        """How far it is indented."""
        return len(self.path) - (self.kind is RowKind.ITEM)


@dataclass(slots=True)
class _Branch:
    items: tuple[TreeItem, ...] = ()
    more: bool = False
    note: str = ""
    round: int = -1
    """The round in which it was filled."""
    asked: int = -1
    """The round in which it was asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Children that somebody should bring."""

    path: Path
    item: TreeItem
    first: int
    count: int


class TreeModel:
    """Items, which of them are open, and what has to be asked for.

    A round ends with ``renew``: from then on all that is shown is out of date, and open branches are asked for
    again, while the old values stay in sight until the new ones come.
    """

    def __init__(self) -> None:
        self._roots: tuple[TreeItem, ...] = ()
        self._branches: dict[Path, _Branch] = {}
        self._open: set[Path] = set()
        self._known: set[str] = set()
        self._before: dict[Path, dict[str, tuple[str, str]]] = {}
        self._changed: set[Path] = set()
        self._round = 0
        self._roots_round = 0

    @property
    def roots(self) -> tuple[TreeItem, ...]:
        """The topmost items."""
        return self._roots

    def renew(self, *, compare: bool) -> None:
        """Begin a round.

        Args:
            compare: Whether values that differ from those before count as changed.
        """
        self._round += 1
        self._changed.clear()
        self._before = {path: _values(branch) for path, branch in self._branches.items()} if compare else {}

    def set_roots(self, items: Iterable[TreeItem], opened: Iterable[str] = ()) -> None:
        """Show these topmost items.

        Args:
            items: The items.
            opened: Keys of those that begin open; what the user opened or closed since stays as it is.
        """
        self._roots = tuple(items)
        self._roots_round = self._round
        keys = {item.key for item in self._roots}
        self._open |= {(key,) for key in opened if key in keys - self._known}
        self._known |= keys
        for path in [path for path in self._branches if path[0] not in keys]:
            del self._branches[path]

    def set_children(self, path: Path, items: Iterable[TreeItem], *, first: int = 0, more: bool = False) -> None:
        """Put children into a branch: all of them, or those from ``first`` on."""
        branch = self._branches.setdefault(path, _Branch())
        fresh = tuple(items)
        gone = {item.key for item in branch.items[first:]} - {item.key for item in fresh}
        depth = len(path)
        for each in [each for each in self._branches if each[:depth] == path and len(each) > depth]:
            if each[depth] in gone:
                del self._branches[each]
        before = self._before.get(path)
        for item in fresh:
            other = before is not None and first < len(before) and before.get(item.key) != (item.value, item.type)
            (self._changed.add if other else self._changed.discard)((*path, item.key))
        branch.items, branch.more = (*branch.items[:first], *fresh), more
        branch.note = "" if branch.items else "empty"
        branch.round = branch.asked = self._round

    def refuse(self, path: Path, why: str) -> None:
        """Say why a branch has no children."""
        branch = self._branches.setdefault(path, _Branch())
        branch.items, branch.more, branch.note = (), False, why
        branch.round = branch.asked = self._round

    def children(self, path: Path) -> tuple[TreeItem, ...]:
        """The children that are known."""
        if not path:
            return self._roots
        branch = self._branches.get(path)
        return branch.items if branch else ()

    def item(self, path: Path) -> TreeItem | None:
        """An item by its path."""
        return next((item for item in self.children(path[:-1]) if path and item.key == path[-1]), None)

    def is_open(self, path: Path) -> bool:
        """Whether an item shows its children."""
        return path in self._open

    def open(self, path: Path) -> None:
        """Show the children of an item."""
        self._open.add(path)

    def close(self, path: Path) -> None:
        """Hide them."""
        self._open.discard(path)

    def wanted(self) -> list[Wanted]:
        """Open branches that are out of date, each told once in a round."""
        found = []
        for row in self.rows():
            if row.kind is not RowKind.ITEM or not row.is_open:
                continue
            branch = self._branches.setdefault(row.path, _Branch())
            above = self._branches[row.path[:-1]].round if len(row.path) > 1 else self._roots_round
            # Below a branch that is out of date itself nothing can be asked for.
            if above == self._round and branch.asked < self._round:
                branch.asked = self._round
                found.append(Wanted(row.path, row.item, 0, max(PAGE, len(branch.items))))
        return found

    def more_of(self, path: Path) -> Wanted | None:
        """The next page of a branch."""
        item, branch = self.item(path), self._branches.get(path)
        if item is None or branch is None or not branch.more:
            return None
        return Wanted(path, item, len(branch.items), PAGE)

    def rows(self) -> Iterator[TreeRow]:
        """What is in sight, top to bottom."""
        ahead: list[TreeRow] = [self._row((item.key,), item) for item in reversed(self._roots)]
        while ahead:
            row = ahead.pop()
            yield row
            if row.kind is RowKind.ITEM and row.is_open:
                ahead += reversed(self._below(row.path))

    def _row(self, path: Path, item: TreeItem) -> TreeRow:
        return TreeRow(RowKind.ITEM, path, item, item.opens and path in self._open, path in self._changed)

    def _below(self, path: Path) -> list[TreeRow]:
        branch = self._branches.get(path)
        if branch is None or branch.round < 0:
            return [TreeRow(RowKind.NOTE, path, TreeItem("", "", "…"))]
        rows = [self._row((*path, item.key), item) for item in branch.items]
        if branch.note:
            rows.append(TreeRow(RowKind.NOTE, path, TreeItem("", "", branch.note)))
        if branch.more:
            rows.append(TreeRow(RowKind.MORE, path, TreeItem("", "", f"more than {len(branch.items):,}")))
        return rows


def _values(branch: _Branch) -> dict[str, tuple[str, str]]:
    return {item.key: (item.value, item.type) for item in branch.items}
