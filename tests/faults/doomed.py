"""Meetings that are deleted beside the one that a campaign is about."""

import asyncio
from collections.abc import Sequence
from typing import Self

from meeting_service.audio import Pcm
from tests.faults.history import History
from tests.faults.room import PCM_TYPE, PIECE, Room

DOOMED: Sequence[str] = ("doomed-1", "doomed-2", "doomed-3")
"""as many as there are places within a deletion"""


class DoomedMeetings:
    """Some short ones that have ended; deleted one by one in the background, whatever happens meanwhile.

    An asynchronous context manager: who leaves it asks no more.
    """

    def __init__(self, where: Room) -> None:
        self._left = [Room(where.url, where.http, History(), meeting_id=name) for name in DOOMED]
        self._deletions: list[asyncio.Task[None]] = []

    async def make(self, pcm: Pcm) -> None:
        """Hold them all, with a second of this audio at 16 kHz."""
        data = pcm[: 4 * PIECE].tobytes()
        for room in self._left:
            await room.create()
            url = room.path("/participants/ann/audio")
            await room.ask("POST", url, data=data, headers={"Content-Type": PCM_TYPE})
            await room.end()

    def delete_one(self) -> None:
        """Begin to delete the next one."""
        self._deletions.append(asyncio.create_task(self._left.pop().delete(), name="deletion"))

    async def delete_all(self) -> None:
        """Return when all are gone."""
        while self._left:
            self.delete_one()
        await asyncio.gather(*self._deletions)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for deletion in self._deletions:
            deletion.cancel()
        await asyncio.gather(*self._deletions, return_exceptions=True)
