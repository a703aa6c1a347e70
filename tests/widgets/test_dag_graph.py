"""The graph widget, driven by keys and the mouse."""

from __future__ import annotations

from itertools import pairwise

import pytest
from dag_host import DagHost, painted
from rich.cells import cell_len
from textual.app import ComposeResult

from cursus_tui.widgets.dag_graph import DagGraph
from cursus_tui.widgets.dag_layout import Box
from cursus_tui.widgets.dag_nodes import DagNode, NodeFace

NODES = [DagNode(key, f"{key}_step", NodeFace("·", "waiting")) for key in "abcd"]
EDGES = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]


class Host(DagHost):
    def compose(self) -> ComposeResult:
        yield DagGraph()

    @property
    def graph(self) -> DagGraph:
        return self.query_one(DagGraph)

    def lines(self) -> list[str]:
        return painted(self.graph)


async def test_boxes_and_lines_are_drawn() -> None:
    app = Host()
    async with app.run_test(size=(80, 20)) as pilot:
        app.graph.set_graph(NODES, EDGES)
        app.graph.update_node("b", NodeFace("✔", "passed", "good", "●", ("1,234",)))
        app.graph.update_node("c", NodeFace("✔", "passed", "good", stale=True))
        await pilot.pause()
        assert app.lines()[:13] == [
            "           ┏━━━━━━━━━━━━━━━━━━┓",
            "           ┃  · a_step        ┃",
            "           ┗━ waiting ━━━━━━━━┛",
            "          ╭──────────┴──────────╮",
            "          ▼                     ▼",
            "╭──────────────────╮  ╭──────────────────╮",
            "│ ●✔ b_step        │  │  ✔ c_step        │",
            "╰─ passed ┬─ 1,234 ╯  ╰─ stale ─┬────────╯",
            "          ╰─╮                ╭──╯",
            "            ▼                ▼",
            "           ╭──────────────────╮",
            "           │  · d_step        │",
            "           ╰─ waiting ────────╯",
        ]


async def test_arrows_follow_lines_and_go_through_layers() -> None:
    app = Host()
    async with app.run_test(size=(80, 20)) as pilot:
        app.graph.set_graph(NODES, EDGES)
        await pilot.press("down")
        first = app.graph.selected
        await pilot.press("right")
        assert {first, app.graph.selected} == {"b", "c"}
        await pilot.press("left", "down", "enter")
        assert app.told[-2:] == ["d", "chosen d"]
        await pilot.press("up", "up", "up")
        assert app.graph.selected == "a"
        await pilot.press("end")
        assert app.graph.selected == "d"
        await pilot.press("home", "pagedown")
        assert app.graph.selected == "d"
        await pilot.press("pageup")
        assert app.graph.selected == "a"


async def test_an_update_paints_one_box(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Host()
    async with app.run_test(size=(80, 20)) as pilot:
        app.graph.set_graph(NODES, EDGES)
        await pilot.pause()
        painted: list[int] = []
        render = DagGraph.render_line
        monkeypatch.setattr(DagGraph, "render_line", lambda self, y: painted.append(y) or render(self, y))
        app.graph.update_node("b", NodeFace("▶", "running", "active"))
        await pilot.pause()
        assert painted == [5, 6, 7]


async def test_the_box_of_the_cursor_comes_into_sight_and_is_seen_without_colour() -> None:
    nodes = [DagNode(str(n), f"a_rather_long_step_name_{n}") for n in range(30)]
    app = Host("ansi-dark")
    async with app.run_test(size=(24, 8)) as pilot:
        app.graph.set_graph(nodes, list(pairwise(str(n) for n in range(30))))
        await pilot.press("end")
        assert any("┃" in line for line in app.lines())
        assert app.graph.scroll_offset.y > 80
        await pilot.resize_terminal(60, 5)
        await pilot.pause()
        assert any("name_29" in line for line in app.lines())
        app.graph.set_graph(nodes[25:], [])
        await pilot.pause()
        assert app.graph.selected == "29"


async def test_clicks_and_search() -> None:
    app = Host()
    async with app.run_test(size=(80, 20)) as pilot:
        app.graph.set_graph(NODES, EDGES)
        await pilot.click(DagGraph, offset=(30, 6))
        clicked = app.graph.selected
        assert clicked in ("b", "c")
        await pilot.click(DagGraph, offset=(70, 6))
        assert app.graph.selected == clicked
        await pilot.double_click(DagGraph, offset=(20, 1))
        assert app.told[-1] == "chosen a"
        assert app.graph.find("d_") == 1
        assert app.graph.selected == "d"
        assert app.graph.find("step") == 4
        app.graph.step_hit(1)
        assert app.graph.selected == "a"


async def test_untrusted_and_wide_names_keep_boxes_whole() -> None:
    app = Host()
    nodes = [DagNode("x", "[/b]\x1b[31m漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字"), DagNode("y", "")]
    async with app.run_test(size=(60, 12)) as pilot:
        app.graph.set_graph(nodes, [("x", "y")])
        app.graph.update_node("y", NodeFace("漢", "[a very long word for a state]", columns=("9" * 50,)))
        await pilot.pause()
        assert "[/b]␛[31m漢" in app.lines()[1]
        assert all(app.graph.render_line(y).cell_length == 60 for y in range(12))
        for key in ("x", "y"):
            box: Box = app.graph._drawing.boxes[key]
            assert all(app.graph._box_line(box, part).cell_length == box.width for part in range(3))
            assert all(cell_len(app.graph._box_line(box, part).text) == box.width for part in range(3))


async def test_two_thousand_boxes_cost_what_is_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [f"n{n}" for n in range(1998)]
    edges = [("root", key) for key in keys] + [(key, "end") for key in keys]
    painted: list[str] = []
    render = DagGraph._box_line
    monkeypatch.setattr(
        DagGraph, "_box_line", lambda self, box, part: painted.append(box.key) or render(self, box, part)
    )
    app = Host()
    async with app.run_test(size=(160, 45)) as pilot:
        app.graph.set_graph([DagNode(key, key) for key in ["root", *keys, "end"]], edges)
        await pilot.press("down", "right")
        assert app.graph.selected in keys
        assert len(set(painted)) < 40


async def test_an_empty_graph_takes_all_keys() -> None:
    app = Host()
    async with app.run_test(size=(20, 4)) as pilot:
        await pilot.press("down", "up", "left", "right", "enter", "end", "pagedown")
        app.graph.set_graph([], [])
        await pilot.press("down", "enter")
        assert app.graph.selected is None
