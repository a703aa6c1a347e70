"""Length-prefixed JSON over a byte stream: four bytes, big end first, then that many bytes of UTF-8."""

from __future__ import annotations

import json
import struct
from typing import Any, BinaryIO

FRAME_LIMIT = 32 << 20
"""Bytes of one frame at most; a longer one means that the stream is broken."""
_LENGTH = struct.Struct(">I")


class BrokenStreamError(Exception):
    """The other side sent something that is not a frame."""


def encode(message: dict[str, Any]) -> bytes:
    """A message as one frame.

    Raises:
        BrokenStreamError: It is longer than ``FRAME_LIMIT``.
    """
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    if len(body) > FRAME_LIMIT:
        raise BrokenStreamError(f"a frame of {len(body)} bytes is over the limit of {FRAME_LIMIT}")
    return _LENGTH.pack(len(body)) + body


def read_frame(stream: BinaryIO) -> dict[str, Any] | None:
    """The next message, or None at the end of the stream.

    Raises:
        BrokenStreamError: The stream ends within a frame, or does not hold frames.
    """
    prefix = stream.read(_LENGTH.size)
    if not prefix:
        return None
    if len(prefix) < _LENGTH.size:
        raise BrokenStreamError("the stream ends within a length")
    (length,) = _LENGTH.unpack(prefix)
    if length > FRAME_LIMIT:
        raise BrokenStreamError(f"a frame of {length} bytes is over the limit of {FRAME_LIMIT}")
    body = stream.read(length)
    if len(body) < length:
        raise BrokenStreamError("the stream ends within a frame")
    message = json.loads(body)
    if not isinstance(message, dict):
        raise BrokenStreamError("a frame is not an object")
    return message
