"""Framing of the Debug Adapter Protocol: a header with a length, then a JSON object."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Mapping
from typing import Any

Message = dict[str, Any]
LONGEST_BYTES = 64 << 20
"""A longer message is not a debugger's; who announces one is let go."""
MOST_HEADER_LINES = 16
PART_BYTES = 1 << 16
START_BYTES = 1_000


class BrokenProtocolError(Exception):
    """The other side does not speak the Debug Adapter Protocol."""


class TooLongError(BrokenProtocolError):
    """A message is longer than any should be; none of it has been read.

    Args:
        length: Its bytes.
    """

    def __init__(self, length: int) -> None:
        super().__init__("a length that cannot be")
        self.length = length


async def read_message(reader: asyncio.StreamReader) -> Message | None:
    """The next message; None when the other side is gone.

    Raises:
        BrokenProtocolError: What came is no message.
    """
    body = await read_body(reader)
    return None if body is None else message_in(body)


async def read_body(reader: asyncio.StreamReader) -> bytes | None:
    """What is framed as the next message; None when the other side is gone.

    Raises:
        TooLongError: It is framed, but longer than a message.
        BrokenProtocolError: What came is not framed so.
    """
    try:
        length = await _read_length(reader)
        if length is not None and length > LONGEST_BYTES:
            raise TooLongError(length)
        return None if length is None else await reader.readexactly(length)
    except (asyncio.IncompleteReadError, OSError):
        return None


async def pass_by(reader: asyncio.StreamReader, length: int) -> bytes:
    """Read over a message that is too long; returns how it begins."""
    start = b""
    with contextlib.suppress(OSError):
        while length > 0 and (part := await reader.read(min(length, PART_BYTES))):
            length -= len(part)
            start = start if len(start) >= START_BYTES else start + part[:START_BYTES]
    return start


def message_in(body: bytes) -> Message:
    """The message that was framed.

    Raises:
        BrokenProtocolError: It is none.
    """
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokenProtocolError(f"not JSON: {error}") from error
    if not isinstance(message, dict):
        raise BrokenProtocolError("not a JSON object")
    return message


async def _read_length(reader: asyncio.StreamReader) -> int | None:
    length: int | None = None
    for _ in range(MOST_HEADER_LINES):
        try:
            line = await reader.readline()
        except ValueError as error:
            raise BrokenProtocolError("a header without an end") from error
        if not line:
            return None
        if not line.strip():
            if length is None:
                raise BrokenProtocolError("a header without a length")
            return length
        name, colon, value = line.partition(b":")
        if not colon or b" " in name.strip():
            # A request of a browser's: any web page may send one, and its headers name a length, too.
            raise BrokenProtocolError("a line that is no header")
        if name.strip().lower() == b"content-length":
            if not value.strip().isdigit() or len(value) > 20:
                raise BrokenProtocolError("a length that cannot be")
            length = int(value)
    raise BrokenProtocolError("a header without an end")


def encode(message: Mapping[str, Any]) -> bytes:
    """A message as it travels."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return b"Content-Length: %d\r\n\r\n" % len(body) + body
