"""The child's answers on their way to the service.

While the service does not read, recognition waits (`drain`), so that no sentences and drafts are made. What
goes on without it, hearing silence and telling who is behind, is kept once a stream: the latest replaces the
one before. So what waits is bounded by the number of streams.
"""

import asyncio
import itertools
from collections.abc import Hashable
from contextlib import suppress
from functools import partial

from meeting_service.failpoints import reach
from meeting_service.worker.messages import Advanced, Behind, DraftsPaced, Reply, encode


class Outgoing:
    """Writes answers in order, all of one turn of the event loop at once. Owned by that loop."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._pending: dict[Hashable, Reply] = {}
        self._numbers = itertools.count()
        self._wakeup = asyncio.Event()

    def emit(self, reply: Reply) -> None:
        """Take an answer; never waits."""
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


def _to_key(reply: Reply) -> Hashable | None:
    """What two answers share when the later one makes the earlier one needless."""
    if isinstance(reply, Advanced | Behind):
        return type(reply), reply.stream_id
    return (DraftsPaced,) if isinstance(reply, DraftsPaced) else None
