"""Who is sending which participant's audio now, so that two senders never mix."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from meeting_service.errors import Conflict


class OtherSender(Conflict):
    """Somebody else sends this participant's audio now."""


class LiveSender(Protocol):
    """A socket, as others see it."""

    @property
    def meeting_id(self) -> str:
        """The meeting it is about."""
        ...

    def superseded(self, participant_id: str) -> None:
        """A newer socket has taken this participant over."""
        ...

    def sent_away(self, participant_id: str) -> None:
        """This participant was deleted."""
        ...

    def stop(self) -> None:
        """The service goes down: store what came, and say so."""
        ...

    async def wait_closed(self) -> None:
        """Return when it is closed."""
        ...


Key = tuple[str, str]
"""meeting and participant"""


@dataclass(slots=True)
class _Turn:
    """The right to append for one participant; forgotten when nobody has it or waits for it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Senders:
    """Every open socket, and whose audio each carries. Used on the event loop only."""

    def __init__(self) -> None:
        self.sockets: set[LiveSender] = set()
        self._holders: dict[Key, LiveSender] = {}
        self._turns: dict[Key, _Turn] = {}

    def count(self, meeting_id: str) -> int:
        """How many sockets the meeting has open."""
        return sum(socket.meeting_id == meeting_id for socket in self.sockets)

    def take_over(self, meeting_id: str, participant_id: str, sender: LiveSender) -> None:
        """Make `sender` the participant's only socket; the one before is told."""
        before = self._holders.get((meeting_id, participant_id))
        self._holders[meeting_id, participant_id] = sender
        if before is not None and before is not sender:
            before.superseded(participant_id)

    def send_away(self, meeting_id: str, participant_id: str) -> None:
        """A participant was deleted: who sends for them is told."""
        if holder := self._holders.get((meeting_id, participant_id)):
            holder.sent_away(participant_id)

    def carries(self, meeting_id: str, participant_ids: Iterable[str], sender: LiveSender) -> bool:
        """Whether nobody has taken these participants over from `sender`."""
        return all(self._holders.get((meeting_id, p)) is sender for p in participant_ids)

    def release(self, meeting_id: str, participant_id: str, sender: LiveSender) -> None:
        """`sender` no longer carries the participant, if it still did."""
        if self._holders.get((meeting_id, participant_id)) is sender:
            del self._holders[meeting_id, participant_id]

    @asynccontextmanager
    async def appending(
        self, meeting_id: str, participant_ids: Sequence[str], patience_s: float
    ) -> AsyncIterator[None]:
        """Hold the participants' turn to append without saying where; others wait in the order they came.

        Raises:
            OtherSender: a socket sends for one of them, or the turn did not come in time.
        """
        keys = sorted((meeting_id, participant_id) for participant_id in participant_ids)
        for key in keys:
            if key in self._holders:
                raise OtherSender(
                    f"a socket sends participant {key[1]}'s audio: say with Upload-Offset where this begins"
                )
        async with AsyncExitStack() as turns:
            try:
                async with asyncio.timeout(patience_s):
                    for key in keys:
                        await turns.enter_async_context(self._turn(key))
            except TimeoutError:
                raise OtherSender("another request is still sending this participant's audio") from None
            yield

    @asynccontextmanager
    async def _turn(self, key: Key) -> AsyncIterator[None]:
        turn = self._turns.setdefault(key, _Turn())
        turn.users += 1
        try:
            async with turn.lock:
                yield
        finally:
            turn.users -= 1
            if not turn.users:
                del self._turns[key]


SENDERS: web.AppKey[Senders] = web.AppKey("senders", Senders)


def setup(app: web.Application) -> None:
    """Put what `audio` and `socket` share into an application."""
    app[SENDERS] = Senders()
