"""Watchers of a meeting, who resume by themselves and log every event that they are told."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict

from aiohttp import (
    ClientError,
    ClientTimeout,
)

from meeting_service.client import MeetingClient
from meeting_service.events import MeetingChanged, SentenceFinalized, StoredEvent, StoredEventKind
from meeting_service.meeting import MeetingState
from tests.faults.history import Kind
from tests.faults.room import IMPATIENT, RETRY_S, Away, Room


async def watch(where: Room, name: str = "watcher") -> None:
    """Follow the meeting as a browser does, resuming by `Last-Event-ID`, until it has ended."""
    last = 0
    while True:
        try:
            async for kind, seq, data in _listen(where, last):
                last = seq
                where.history.note(name, Kind.EVENT, end=seq, detail=f"{kind} {data}")
                if kind == "meeting" and json.loads(data)["state"] == MeetingState.ENDED:
                    return
        except (ClientError, OSError, TimeoutError, Away):
            pass
        await asyncio.sleep(RETRY_S)


async def _listen(where: Room, after: int) -> AsyncIterator[tuple[str, int, str]]:
    headers = {"Last-Event-ID": str(after)}
    timeout = ClientTimeout(total=None, sock_read=60)
    async with where.http.get(where.path("/events"), headers=headers, timeout=timeout) as response:
        if response.status != 200:
            raise Away(f"status {response.status}")
        fields: dict[str, str] = {}
        async for line in response.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
                continue
            if "id" in fields:
                yield fields["event"], int(fields["id"]), fields["data"]
            fields = {}


async def watch_by_client(where: Room, name: str = "client") -> None:
    """Follow the meeting with our own client until it has ended."""
    async with MeetingClient(where.url, patience=IMPATIENT) as client:
        async for event in client.events(where.id):
            if isinstance(event, StoredEvent):
                where.history.note(name, Kind.EVENT, end=event.seq, detail=_describe(event.event))
                if (
                    isinstance(event.event, MeetingChanged)
                    and event.event.meeting.state is MeetingState.ENDED
                ):
                    return


def _describe(event: StoredEventKind) -> str:
    """As the other watcher notes it."""
    if isinstance(event, SentenceFinalized):
        return f"sentence {json.dumps(asdict(event.sentence))}"
    return type(event).__name__
