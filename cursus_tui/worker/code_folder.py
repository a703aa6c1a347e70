"""The script's folder as its container has it: a script may write there, and its user's files stay as they are."""

from __future__ import annotations

import os
import shutil


def private_place(source: str, private: str, inside: str, writes: bool) -> str:
    """Where a path of the script's folder is to be looked at: in a private tree of links to the user's files.

    Folders of the tree are made when something in them is looked at. A link can be removed, and replaced by a copy
    before it is written to: neither reaches the file that it leads to.

    Args:
        source: The script's folder.
        private: The root of the tree.
        inside: The path relative to the folder; empty for the folder itself.
        writes: Whether the file there is about to be changed.

    Raises:
        OSError: The folder cannot be read, or the tree cannot be written.
    """
    place = private
    if not os.path.isdir(place):
        _fill(place, source)
    for name in filter(None, inside.split("/")):
        place = os.path.join(place, name)
        if os.path.islink(place) and os.path.isdir(place):
            folder = os.path.realpath(place)
            os.unlink(place)
            _fill(place, folder)
    if writes and os.path.islink(place) and os.path.isfile(place):
        file = os.path.realpath(place)
        os.unlink(place)
        shutil.copy2(file, place)
    return place


def _fill(place: str, source: str) -> None:
    os.makedirs(place, 0o700)
    for name in os.listdir(source):
        os.symlink(os.path.join(source, name), os.path.join(place, name))
