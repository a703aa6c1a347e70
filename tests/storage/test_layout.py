"""Names become folders that stay where they belong."""

from __future__ import annotations

from pathlib import Path

import pytest

from cursus_tui.storage.layout import attempt_folder


@pytest.mark.parametrize("name", ["..", ".", "", "...", "a/../..", "/etc", "a\0b", "%2E", "\u202e"])
def test_no_name_leaves_its_folder_or_is_that_folder(name: str) -> None:
    workspace = Path("/w")
    folder = attempt_folder(workspace, "r", name, 1)
    assert folder.path.parent.parent == workspace / "runs" / "r"
    assert folder.path.parent.name not in ("..", ".", "")
    for path in (folder.input(name), folder.output(name)):
        assert path.parent.parent == folder.path
        assert path.name not in ("..", ".", "")


def test_names_that_differ_have_folders_that_differ() -> None:
    names = ["..", ".", "", "%2E", "%", "a", "A", "a.b", "a/b", "a%2Fb"]
    assert len({attempt_folder(Path("/w"), "r", name, 1).path for name in names}) == len(names)
