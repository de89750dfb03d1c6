"""The child's answers on their way to the service.

While the service does not read, recognition waits (`drain`), so that no sentences and drafts are made. What
goes on without it, hearing silence and telling who is behind, is kept once a stream: the latest replaces the
one before, and takes over what is to be kept with its checkpoint. So what waits is bounded by the number of
streams.
"""

import asyncio
import itertools
from collections.abc import Hashable, Iterable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from meeting_service.failpoints import reach
from meeting_service.recognition import Unrecognised
from meeting_service.worker.messages import Advanced, Behind, DraftsPaced, Finalized, Reply, encode


class Outgoing:
    """Writes answers in order, all of one turn of the event loop at once. Owned by that loop."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._pending: dict[Hashable, Reply] = {}
        self._numbers = itertools.count()
        self._wakeup = asyncio.Event()

    def emit(self, reply: Reply) -> None:
        """Take an answer; never waits."""
        if isinstance(reply, Advanced | Finalized):
            before = self._pending.pop((Advanced, reply.stream_id), None)
            if isinstance(before, Advanced) and before.run == reply.run:
                lost = _join((*before.unrecognised, *reply.unrecognised))
                reply = replace(reply, unrecognised=lost)
        key = _to_key(reply) or next(self._numbers)
        self._pending.pop(key, None)
        self._pending[key] = reply
        self._wakeup.set()

    async def drain(self) -> None:
        """Wait until the service reads. One that is gone is not waited for."""
        with suppress(ConnectionError):
            await self._writer.drain()

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._wakeup.wait()
            self._wakeup.clear()
            await self.drain()
            replies, self._pending = self._pending, {}
            lines = b"".join(encode(reply) for reply in replies.values())
            reach("mid_answer", partial(self._writer.write, lines[: len(lines) // 2]))
            self._writer.write(lines)


def _join(stretches: Iterable[Unrecognised]) -> tuple[Unrecognised, ...]:
    """The same, with those in one that touch."""
    joined: list[Unrecognised] = []
    for stretch in stretches:
        if joined and joined[-1].end == stretch.start:
            joined[-1] = replace(joined[-1], end=stretch.end)
        else:
            joined.append(stretch)
    return tuple(joined)


def _to_key(reply: Reply) -> Hashable | None:
    """What two answers share when the later one makes the earlier one needless."""
    if isinstance(reply, Advanced | Behind):
        return type(reply), reply.stream_id
    return (DraftsPaced,) if isinstance(reply, DraftsPaced) else None
