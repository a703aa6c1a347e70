"""The variable tree: branches asked for when opened, pages, renewed values, and how little is painted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from cursus_tui.widgets.tree_rows import TreeItem
from cursus_tui.widgets.variable_tree import VariableTree


def local(name: str, value: str, *, opens: bool = False, mark: str = "") -> TreeItem:
    return TreeItem(name, name, value, "int", opens=opens, mark=mark)


class Million(Sequence[TreeItem]):
    """Children that are made when they are asked for."""

    def __len__(self) -> int:
        return 1_000_000

    @overload
    def __getitem__(self, at: int) -> TreeItem: ...
    @overload
    def __getitem__(self, at: slice) -> list[TreeItem]: ...
    def __getitem__(self, at: int | slice) -> TreeItem | list[TreeItem]:
        if isinstance(at, slice):
            return [local(str(number), "x") for number in range(len(self))[at]]
        return local(str(at), "x")


class Host(App[None]):
    """Answers with what is in ``held``, by path, unless it is told to wait."""

    def __init__(self, held: dict[tuple[str, ...], Sequence[TreeItem]]) -> None:
        super().__init__()
        self.held = held
        self.asked: list[tuple[tuple[str, ...], int, int]] = []
        self.chosen: list[str] = []
        self.waits = False

    def compose(self) -> ComposeResult:
        yield VariableTree()

    @property
    def tree(self) -> VariableTree:
        return self.query_one(VariableTree)

    def on_variable_tree_asked(self, event: VariableTree.Asked) -> None:
        wanted = event.wanted
        self.asked.append((wanted.path, wanted.first, wanted.count))
        if self.waits:
            return
        found = self.held[wanted.path]
        end = wanted.first + wanted.count
        event.view.set_children(wanted.path, found[wanted.first : end], first=wanted.first, more=len(found) > end)

    def on_variable_tree_chosen(self, event: VariableTree.Chosen) -> None:
        self.chosen.append(event.item.name)

    def lines(self) -> list[str]:
        return [line for y in range(self.tree.size.height) if (line := self.tree.render_line(y).text.rstrip())]


async def shown(pilot: Pilot[None]) -> list[str]:
    await pilot.pause()
    app = pilot.app
    assert isinstance(app, Host)
    return app.lines()


ROOTS = [TreeItem("locals", "Locals", opens=True), TreeItem("globals", "Globals", opens=True)]


async def test_a_branch_is_asked_for_when_it_is_opened() -> None:
    app = Host({("locals",): [local("a", "1"), local("b", "[2]", opens=True)], ("locals", "b"): [local("0", "2")]})
    async with app.run_test(size=(80, 12)) as pilot:
        app.tree.focus()
        app.tree.set_roots(ROOTS, ["locals"])
        lines = await shown(pilot)
        assert [line.split() for line in lines] == [
            ["›▾", "Locals"],
            ["a", "1", "int"],
            ["▸", "b", "[2]", "int"],
            ["▸", "Globals"],
        ]
        assert app.asked == [(("locals",), 0, 100)]
        await pilot.press("down", "down", "right")
        lines = await shown(pilot)
        assert lines[3].split() == ["0", "2", "int"]
        assert lines[3].index("0") > lines[2].index("b")
        await pilot.press("right", "left")
        assert app.tree.selected is not None
        assert app.tree.selected.path == ("locals", "b")
        await pilot.press("left")
        assert len(await shown(pilot)) == 4
        await pilot.press("right")
        assert len(await shown(pilot)) == 5
        assert app.asked == [(("locals",), 0, 100), (("locals", "b"), 0, 100)]


async def test_a_million_children_come_a_hundred_at_a_time() -> None:
    app = Host({("locals",): Million()})
    async with app.run_test(size=(80, 12)) as pilot:
        app.tree.focus()
        app.tree.set_roots(ROOTS, ["locals"])
        await pilot.pause()
        assert app.tree.row_count == 2 + 100 + 1
        await pilot.press("end", "up")
        assert "more than 100" in (await shown(pilot))[-2]
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("end")
        assert "more than 200" in (await shown(pilot))[-2]
        assert app.asked[-1] == (("locals",), 100, 100)
        assert app.chosen == []


async def test_renewed_values_keep_cursor_and_branches_and_changed_ones_stand_out() -> None:
    app = Host({("locals",): [local("a", "1"), local("b", "[2]", opens=True)], ("locals", "b"): [local("0", "2")]})
    async with app.run_test(size=(80, 12)) as pilot:
        app.tree.focus()
        app.tree.set_roots(ROOTS, ["locals"])
        await pilot.pause()
        await pilot.press("down", "down", "right", "down")
        await pilot.pause()
        app.asked.clear()
        app.held[("locals",)] = [local("_new", "0"), local("a", "1"), local("b", "[3]", opens=True)]
        app.held[("locals", "b")] = [local("0", "3")]
        app.tree.renew()
        app.tree.set_roots(ROOTS, ["locals"])
        await pilot.pause()
        # What is inside of b is asked for only once b itself is known anew: its old reference is void.
        assert [path for path, _, _ in app.asked] == [("locals",), ("locals", "b")]
        await pilot.pause()
        assert app.tree.selected is not None
        assert app.tree.selected.path == ("locals", "b", "0")
        changed = [row.path[-1] for row in app.tree.rows if row.changed]
        assert changed == ["_new", "b", "0"]
        app.tree.renew()
        app.tree.set_roots(ROOTS, ["locals"])
        await pilot.pause()
        await pilot.pause()
        assert not [row for row in app.tree.rows if row.changed]


async def test_only_rows_that_changed_are_painted(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    app = Host({("locals",): [local(str(number), "1") for number in range(50)]})
    async with app.run_test(size=(80, 30)) as pilot:
        app.tree.set_roots(ROOTS, ["locals"])
        await pilot.pause()
        painted: list[tuple[Region, ...]] = []
        monkeypatch.setattr(app.tree, "refresh", lambda *regions, **_: painted.append(regions))
        app.held[("locals",)][6] = local("6", "2")
        app.tree.renew()
        app.tree.set_roots(ROOTS, ["locals"])
        await pilot.pause()
        assert painted == [(Region(0, 7, app.tree.size.width, 1),)]


async def test_old_values_stay_in_sight_until_new_ones_come() -> None:
    app = Host({("locals",): [local("a", "1")]})
    async with app.run_test(size=(80, 12)) as pilot:
        app.tree.set_roots(ROOTS, ["locals"])
        before = await shown(pilot)
        app.waits = True
        app.tree.renew()
        app.tree.set_roots(ROOTS, ["locals"])
        assert await shown(pilot) == before


async def test_a_branch_says_why_it_is_empty() -> None:
    app = Host({("locals",): []})
    async with app.run_test(size=(80, 12)) as pilot:
        app.tree.set_roots(ROOTS, ["locals", "globals"])
        app.held[("globals",)] = []
        assert (await shown(pilot))[1].strip() == "empty"
        app.tree.refuse(("locals",), "the step went on")
        assert (await shown(pilot))[1].strip() == "the step went on"


async def test_names_and_values_are_harmless_fit_and_are_found() -> None:
    evil = TreeItem("evil", "n\x1b[2Jame", "[/b]" + "x" * 500 + "\u202e\x07", "t\x1bype")
    app = Host({("locals",): [evil, local("needle", "in a haystack", mark="▦")]})
    async with app.run_test(size=(60, 12)) as pilot:
        app.tree.focus()
        app.tree.set_roots(ROOTS, ["locals"])
        lines = await shown(pilot)
        assert "\x1b" not in "".join(lines)
        assert "[/b]xxx" in lines[1]
        assert "…" in lines[1]
        assert "▦ needle  in a haystack" in lines[2]
        assert app.tree.find("hayst") == 1
        assert app.tree.selected is not None
        assert app.tree.selected.item.name == "needle"
        assert app.tree.find("int") == 1
        await pilot.press("enter")
        assert app.chosen == ["needle"]


async def test_a_value_nested_a_thousand_deep_still_has_room() -> None:
    app = Host({})
    async with app.run_test(size=(80, 12)) as pilot:
        path: tuple[str, ...] = ("locals",)
        app.tree.set_roots(ROOTS, ["locals"])
        app.tree.focus()
        for _ in range(1_000):
            app.held[path] = [local("deeper", "value", opens=True)]
            path = (*path, "deeper")
        await pilot.pause()
        for number in range(40):
            await pilot.press("down", "right")
            assert app.tree.row_count == 3 + number + 1
        assert "deeper  value" in (await shown(pilot))[-3]
