"""The tree widget, driven by keys."""

from __future__ import annotations

import time

import pytest
from dag_host import DagHost, painted
from textual.app import ComposeResult
from textual.strip import Strip

from cursus_tui.widgets.dag_nodes import DagNode, NodeFace
from cursus_tui.widgets.dag_tree import DagTree

NODES = [DagNode(key, f"{key}_step", NodeFace("·", "waiting", columns=("", ""))) for key in "abcdef"]
EDGES = [("a", "b"), ("b", "c"), ("a", "d"), ("d", "e"), ("c", "f"), ("e", "f")]


class Host(DagHost):
    def compose(self) -> ComposeResult:
        yield DagTree()

    def on_line_view_search_moved(self, message: DagTree.SearchMoved) -> None:
        self.told.append(f"{message.text} {message.hit}/{message.hits}")

    @property
    def tree(self) -> DagTree:
        return self.query_one(DagTree)

    def lines(self) -> list[str]:
        return painted(self.tree)


async def test_keys_move_choose_close_and_open() -> None:
    app = Host()
    async with app.run_test(size=(60, 12)) as pilot:
        app.tree.set_graph(NODES, EDGES)
        await pilot.press("down", "down", "enter")
        assert app.tree.selected == "c"
        assert app.told[-2:] == ["c", "chosen c"]
        await pilot.press("left", "left")
        assert app.tree.selected == "b"
        assert "+1" in app.lines()[1]
        await pilot.press("left")
        assert app.tree.selected == "a"
        await pilot.press("left")
        assert app.tree.row_count == 1
        assert "+5" in app.lines()[0]
        await pilot.press("right", "end")
        assert app.tree.selected == "f"
        await pilot.press("home", "right")
        assert app.tree.selected == "b"


async def test_a_row_shows_mark_glyph_word_name_and_figures() -> None:
    app = Host()
    async with app.run_test(size=(80, 12)) as pilot:
        app.tree.set_graph(NODES, EDGES)
        app.tree.update_node("b", NodeFace("✔", "passed", "good", "●", ("1,234", "4.2 s")))
        await pilot.pause()
        for text in ("●", "✔", "b_step", "passed", "1,234", "4.2 s"):
            assert text in app.lines()[1]


@pytest.mark.parametrize(
    ("width", "seen", "unseen"), [(20, ["✔", "b_"], ["passed", "1,234"]), (36, ["passed"], ["4.2 s"])]
)
async def test_narrow_panes_leave_out_the_last_figures_first(width: int, seen: list[str], unseen: list[str]) -> None:
    app = Host()
    async with app.run_test(size=(width, 12)) as pilot:
        app.tree.set_graph(NODES, EDGES)
        app.tree.update_node("b", NodeFace("✔", "passed", "good", "", ("1,234,567", "4.2 s")))
        await pilot.pause()
        assert all(text in app.lines()[1] for text in seen)
        assert not any(text in app.lines()[1] for text in unseen)
        assert all(app.tree.render_line(y).cell_length == width for y in range(12))


async def test_an_update_repaints_one_row(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Host()
    async with app.run_test(size=(60, 12)) as pilot:
        app.tree.set_graph(NODES, EDGES)
        app.tree.update_node("b", NodeFace("▶", "running", columns=("1,000",)))
        await pilot.pause()
        rendered: list[int] = []
        render = DagTree.render_row

        def counted(self: DagTree, row: int, width: int) -> Strip:
            rendered.append(row)
            return render(self, row, width)

        monkeypatch.setattr(DagTree, "render_row", counted)
        app.tree.update_node("d", NodeFace("✔", "passed", columns=("999",)))
        await pilot.pause()
        assert rendered == [3]
        rendered.clear()
        await pilot.press("down")
        assert sorted(rendered) == [0, 1]


async def test_untrusted_names_do_no_harm() -> None:
    app = Host()
    async with app.run_test(size=(60, 12)) as pilot:
        app.tree.set_graph([DagNode("x", "[/b]\x1b[31mred\u202e[bold]", NodeFace("\x1b", "[/]", mark="\n"))], [])
        await pilot.pause()
        assert "[/b]␛[31mred<202E>[bold]" in app.lines()[0]
        assert not any(char < " " for char in app.lines()[0])


async def test_find_goes_round_and_opens_closed_branches() -> None:
    app = Host()
    async with app.run_test(size=(60, 12)) as pilot:
        app.tree.set_graph(NODES, EDGES)
        await pilot.press("left")
        assert app.tree.find("E_ST") == 0
        assert app.tree.find("e_st") == 1
        await pilot.pause()
        assert app.tree.selected == "e"
        assert app.told[-2:] in (["e_st 1/1", "e"], ["e", "e_st 1/1"])
        app.tree.find("step")
        app.tree.step_hit(1)
        assert app.tree.selected == "f"
        app.tree.step_hit(1)
        assert app.tree.selected == "a"
        app.tree.step_hit(-1)
        assert app.tree.selected == "f"


async def test_the_cursor_stays_on_its_node_when_the_dag_changes() -> None:
    app = Host()
    async with app.run_test(size=(60, 5)) as pilot:
        app.tree.set_graph(NODES, EDGES)
        assert app.tree.select("e")
        assert not app.tree.select("nobody")
        app.tree.set_graph([DagNode("new", "new"), *NODES], EDGES)
        await pilot.pause()
        assert app.tree.selected == "e"
        await pilot.resize_terminal(30, 3)
        await pilot.pause()
        assert any("›" in line for line in app.lines()[:3])


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
async def test_the_cursor_is_seen_without_colour(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Host(theme)
    async with app.run_test(size=(60, 12)) as pilot:
        app.tree.set_graph(NODES, EDGES)
        await pilot.press("down")
        assert app.lines()[1].startswith("›")
        if theme.startswith("ansi"):
            assert all(segment.style.reverse for segment in app.tree.render_line(1) if segment.style)


async def test_a_click_moves_and_a_double_click_chooses() -> None:
    app = Host()
    async with app.run_test(size=(60, 12)) as pilot:
        app.tree.set_graph(NODES, EDGES)
        await pilot.click(DagTree, offset=(10, 3))
        assert app.tree.selected == "d"
        await pilot.double_click(DagTree, offset=(10, 1))
        assert app.told[-1] == "chosen b"


async def test_ten_thousand_nodes_render_only_what_is_in_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[int] = []
    render = DagTree.render_row
    monkeypatch.setattr(
        DagTree, "render_row", lambda self, row, width: rendered.append(row) or render(self, row, width)
    )
    nodes = [DagNode(str(index), f"step {index}") for index in range(10_000)]
    app = Host()
    async with app.run_test(size=(60, 12)) as pilot:
        started = time.process_time()
        app.tree.set_graph(nodes, [(str(index // 3), str(index)) for index in range(1, 10_000)])
        spent = time.process_time() - started
        await pilot.press("end")
        assert app.tree.selected == "9999"
        assert len(rendered) < 100
        print(f"10,000 nodes: {spent:.2f} s")


async def test_an_empty_dag_takes_all_keys() -> None:
    app = Host()
    async with app.run_test(size=(20, 4)) as pilot:
        await pilot.press("down", "up", "left", "right", "enter", "end")
        app.tree.set_graph([], [])
        await pilot.press("down", "enter")
        assert app.tree.selected is None
        assert app.told == []
