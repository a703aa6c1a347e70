"""The connection to the debugger inside of a step."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any

from cursus_tui.debugging.clients import MOST_UNSENT_BYTES
from cursus_tui.debugging.dap import BrokenProtocolError, Message, TooLongError, encode, message_in, pass_by, read_body
from cursus_tui.debugging.own_time import within
from cursus_tui.debugging.readings import sentence
from cursus_tui.records.debug import DebugError

ANSWER_SECONDS = 20.0
"""The debugger answers in milliseconds; it never does where the step ran on meanwhile."""
EVALUATE_SECONDS = 60.0
MOST_UNANSWERED = 1_000
"""With more, nobody answers at the other end: it is let go."""
SLOW = frozenset({"evaluate", "setExpression", "setVariable", "variables"})
"""Requests that run code of the user's: a getter, a ``__repr__``, an expression."""

PASSED_BY_BYTES = 4 << 30
REQUEST_SEQ = re.compile(rb'"request_seq": ?(\d{1,10})\b')
OLDER_WORDS = re.compile(rb"(?P<kind>\d{1,4})\t(?P<number>-?\d{1,10})\t(?P<text>.*)", re.DOTALL)
"""Some of its errors pydevd knows to say in its own, older protocol only, framed as all else."""
ERROR_LINE = 901


class Upstream:
    """Requests, answers and events of one step's debugger. Belongs to the debug thread.

    Args:
        reader: What it sends.
        writer: What it gets.
        heard: Told of each event: (upstream, name, body).
        lost: Told once, when the connection is gone.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        heard: Callable[[Upstream, str, Message], None],
        lost: Callable[[Upstream], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._heard = heard
        self._lost = lost
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self.is_open = True

    def post(self, command: str, arguments: Mapping[str, Any]) -> asyncio.Future[Message]:
        """Send a request; the future is its response, whether it succeeded or not."""
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        if not self.is_open or self._writer.is_closing():
            answer.set_result(_refusal("the step's debugger is gone"))
            return answer
        number = next(self._numbers)
        self._waiting[number] = answer
        answer.add_done_callback(lambda _: self._waiting.pop(number, None))
        unsent = self._writer.transport.get_write_buffer_size()
        self._writer.write(encode({"seq": number, "type": "request", "command": command, "arguments": dict(arguments)}))
        if unsent > MOST_UNSENT_BYTES or len(self._waiting) > MOST_UNANSWERED:
            self._writer.transport.abort()
            self.close()
        return answer

    async def ask(self, command: str, arguments: Mapping[str, Any]) -> Message:
        """Send a request and wait for the body of its answer.

        Raises:
            DebugError: It was refused, the step is gone, or there was no answer in time.
        """
        return await self.answer(command, self.post(command, arguments))

    async def answer(self, command: str, posted: asyncio.Future[Message]) -> Message:
        """Wait for the body of the answer to a request that was posted; it stays posted where that takes too long.

        Raises:
            DebugError: It was refused, the step is gone, or there was no answer in time.
        """
        seconds = EVALUATE_SECONDS if command in SLOW else ANSWER_SECONDS
        try:
            response = await within(seconds, asyncio.shield(posted))
        except TimeoutError:
            raise DebugError(f"the step did not answer within {seconds:.0f} s") from None
        body = response.get("body")
        if not response.get("success"):
            raise DebugError(str(response.get("message") or _error_text(body) or f"{command} was refused"))
        return body if isinstance(body, dict) else {}

    async def pump(self) -> None:
        """Read until the connection is gone."""
        try:
            while self.is_open:
                try:
                    body = await read_body(self._reader)
                except TooLongError as error:
                    await self._pass_by(error.length)
                    continue
                if body is None:
                    break
                if (line := OLDER_WORDS.match(body)) is not None:
                    self._take_line(int(line["kind"]), int(line["number"]), line["text"].decode(errors="replace"))
                else:
                    self._take(message_in(body))
        except (BrokenProtocolError, RecursionError):
            # It is no debugger's, or nested more deeply than one is: the step goes on without.
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the step: it runs on. Closing is the only way: a ``disconnect`` makes it hang later."""
        if not self.is_open:
            return
        self.is_open = False
        self._writer.close()
        for answer in list(self._waiting.values()):
            if not answer.done():
                answer.set_result(_refusal("the step's debugger is gone"))
        self._lost(self)

    async def _pass_by(self, length: int) -> None:
        """The text of a value may be of any length: who asked for it is refused, and nobody loses the step."""
        if length > PASSED_BY_BYTES:
            raise BrokenProtocolError("a length that cannot be")
        start = await pass_by(self._reader, length)
        found = REQUEST_SEQ.search(start)
        answer = self._waiting.get(int(found[1])) if found else None
        if answer is not None and not answer.done():
            answer.set_result(_refusal(f"its answer has {length >> 20} MB, more than can be shown"))

    def _take_line(self, kind: int, number: int, text: str) -> None:
        answer = self._waiting.get(number)
        if kind == ERROR_LINE and answer is not None and not answer.done():
            answer.set_result(_refusal(sentence(text)))

    def _take(self, message: Message) -> None:
        if message.get("type") == "response":
            number = message.get("request_seq")
            answer = self._waiting.get(number) if isinstance(number, int) else None
            if answer is not None and not answer.done():
                answer.set_result(message)
        elif message.get("type") == "event":
            body = message.get("body")
            self._heard(self, str(message.get("event")), body if isinstance(body, dict) else {})


def _refusal(text: str) -> Message:
    return {"success": False, "message": text}


def _error_text(body: object) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get("format") or "") if isinstance(error, dict) else ""
