"""Pointing to a folder or a file: type its path, or walk there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.widgets import Input, Static
from textual.worker import get_current_worker

from cursus_tui.app.panes.row_list import Row, RowList, remark
from cursus_tui.app.screens.dialog import Dialog, Field, harmless, told
from cursus_tui.pipeline.given_files import absolute
from cursus_tui.text import human_bytes

_MOST_ENTRIES = 2_000
_HERE = "."


class PickPath(Dialog[Path]):
    """A path to type in, and the entries of that folder to walk through."""

    WIDE: ClassVar[bool] = True

    def __init__(
        self,
        title: str,
        text: str,
        start: Path,
        *,
        base: Path | None = None,
        files_only: bool = False,
        suffix: str = "",
        typed: str = "",
    ) -> None:
        """Make the question.

        Args:
            title: In the border.
            text: What the path is for.
            start: The folder to begin in.
            base: Where a relative path that is typed starts; the folder to begin in where it is not given.
            files_only: A folder is not an answer.
            suffix: Show only files that end so.
            typed: What stands in the input at first; else the folder.
        """
        super().__init__(title)
        self._text = text
        self._folder = start if start.is_dir() else Path.home()
        self._base = base or self._folder
        self._files_only = files_only
        self._suffix = suffix
        self._typed = typed

    def parts(self) -> ComposeResult:
        """Text, path, entries."""
        if self._text:
            yield told(self._text)
        yield Field(self._typed or str(self._folder), select_on_focus=False)
        yield Static("", classes="muted meant", markup=False)
        yield Static("", classes="problem", markup=False)
        yield RowList(right=(1,))
        yield told("enter takes the path or opens a folder · tab goes between path and list · esc closes", "muted")

    def on_mount(self) -> None:
        """Show the first folder."""
        self._walk(self._folder)
        self.query_one(RowList).focus()

    def _walk(self, folder: Path) -> None:
        self._folder = folder
        self._list_folder(folder)

    @work(thread=True, exclusive=True, exit_on_error=False)
    def _list_folder(self, folder: Path) -> None:
        """List in a thread: a folder may lie on a slow or hanging file system."""
        worker = get_current_worker()
        rows, problem = _entries(folder, self._suffix, files_only=self._files_only)
        if not worker.is_cancelled:
            self.app.call_from_thread(self._show_entries, folder, rows, problem)

    def _show_entries(self, folder: Path, rows: list[Row], problem: str) -> None:
        if folder != self._folder or not self.is_mounted:
            return
        found = self.query_one(RowList)
        found.set_rows(rows)
        found.styles.height = max(3, min(14, len(rows), self.size.height - 9))
        found.move_cursor(0)
        self.query_one(".problem", Static).update(harmless(problem))

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Take this folder or a file, or go into a folder."""
        event.stop()
        path = self._folder if event.row.value == _HERE else Path(os.path.normpath(self._folder / event.row.value))
        if event.row.value == _HERE or not path.is_dir():
            self._answer(path)
            return
        self.query_one(Input).value = str(path)
        self._walk(path)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell which path a relative one is; what was wrong with another one no longer matters."""
        event.stop()
        typed = event.value.strip()
        whole = str(absolute(typed, self._base))
        self.query_one(".meant", Static).update(harmless(f"that is {whole}" if typed and whole != typed else ""))
        self.query_one(".problem", Static).update("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the typed path."""
        event.stop()
        typed = event.value.strip()
        if typed:
            self._answer(absolute(typed, self._base))
        else:
            self._refuse("type a path, or choose one below")

    def _answer(self, path: Path) -> None:
        refusal = self._refusal(path)
        if refusal:
            self._refuse(refusal)
        else:
            self.dismiss(Path(os.path.abspath(path)))

    def _refuse(self, why: str) -> None:
        self.query_one(".problem", Static).update(harmless(why))
        self.app.bell()

    def _refusal(self, path: Path) -> str | None:
        try:
            if not path.exists():
                return f"there is no {path}"
            if self._files_only and path.is_dir():
                return f"{path} is a folder: a file is needed"
            if not (path.is_file() or path.is_dir()):
                return f"{path} is neither a file nor a folder"
        except (OSError, ValueError) as problem:
            return str(problem)
        return None


def _entries(folder: Path, suffix: str, *, files_only: bool) -> tuple[list[Row], str]:
    """The rows of a folder, folders first, and what was wrong with it."""
    rows = [] if files_only else [Row(("✓ take this folder", "", str(folder)), ("good", "muted"), _HERE, indent=1)]
    rows.append(Row(("../", "", "up"), ("accent", "muted"), "..", indent=1))
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: (not _is_folder(entry), entry.name.lower()))
    except OSError as problem:
        return rows, f"{folder} cannot be read: {problem.strerror or problem}"
    shown = [entry for entry in entries if _is_folder(entry) or entry.name.endswith(suffix)]
    for entry in shown[:_MOST_ENTRIES]:
        if _is_folder(entry):
            rows.append(Row((f"{entry.name}/", "", ""), ("accent",), entry.name, indent=1))
        else:
            rows.append(Row((entry.name, human_bytes(_size(entry)), ""), ("plain", "muted"), entry.name, indent=1))
    if len(shown) > _MOST_ENTRIES:
        rows.append(remark(f"{len(shown) - _MOST_ENTRIES:,} more: type the path"))
    return rows, ""


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _size(entry: os.DirEntry[str]) -> int | None:
    try:
        return entry.stat().st_size
    except OSError:
        return None
