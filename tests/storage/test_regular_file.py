"""What a step may have put in the place of a file is no file, and is told at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from cursus_tui.storage import regular_file
from cursus_tui.storage.regular_file import open_regular, read_regular, real_path


@pytest.mark.parametrize("name", ["pipe", "folder", "missing", "nul\0", "half\ud800", "/dev/zero", "/dev/tty"])
def test_only_files_are_read(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=r".+"):
        open_regular(tmp_path / name)


def test_a_link_to_a_file_is_one_and_a_link_to_a_device_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"text")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "endless").symlink_to("/dev/zero")
    assert read_regular(tmp_path / "link") == b"text"
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(tmp_path / "endless")


def test_a_file_without_end_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regular_file, "MOST_BYTES", 4)
    (tmp_path / "file").write_bytes(b"text")
    assert read_regular(tmp_path / "file") == b"text"
    (tmp_path / "file").write_bytes(b"texts")
    with pytest.raises(OSError, match="too large"):
        read_regular(tmp_path / "file")


def test_a_file_has_one_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("file")
    assert real_path(tmp_path / "link") == real_path(str(tmp_path / "file")) == os.path.realpath(tmp_path / "file")
    assert real_path("/a/nul\0") == "/a/nul\0"
