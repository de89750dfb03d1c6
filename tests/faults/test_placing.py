"""Where streams begin in a meeting when the service is killed between them."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import ClientSession

from meeting_service.data_folder import STORE_FILE
from tests.faults.room import PCM_TYPE
from tests.faults.service import FaultService

WRONG = timedelta(hours=3)
"""how far the clock of the bots is ahead"""


async def begin_stream(http: ClientSession, service: FaultService, participant: str, at: datetime) -> None:
    """A first piece, captured then; returns when it is acknowledged."""
    url = f"{service.url}/v1/meetings/m/participants/{participant}/audio"
    headers = {"Content-Type": PCM_TYPE, "Captured-At": at.isoformat()}
    async with http.post(url, data=bytes(3_200), headers=headers) as answer:
        assert 200 == answer.status


async def test_a_bot_with_a_wrong_clock_is_placed_as_before(tmp_path: Path) -> None:
    """The first stream by its arrival, those after a SIGKILL relative to it, to the millisecond."""
    began = datetime.now(UTC) + WRONG
    async with FaultService(tmp_path) as service, ClientSession() as http:
        async with http.post(f"{service.url}/v1/meetings", json={"id": "m"}) as answer:
            assert 201 == answer.status
        await begin_stream(http, service, "ann", began)
        await service.kill()
        await service.start()
        await begin_stream(http, service, "ben", began + timedelta(seconds=12))
        await begin_stream(http, service, "eve", began - timedelta(milliseconds=1))
    with closing(sqlite3.connect(service.data / STORE_FILE)) as db:
        rows = db.execute("SELECT participant_id, anchor_ms FROM streams ORDER BY id").fetchall()
    placed = dict(rows)

    assert 12_000 == placed["ben"] - placed["ann"]
    assert 1 == placed["ann"] - placed["eve"]
    assert max(placed.values()) < WRONG / timedelta(milliseconds=1)


async def test_a_start_that_was_told_places_streams_after_a_kill(tmp_path: Path) -> None:
    """By the service's clock it is yet to start, but its audio says how far it is."""
    start = datetime.now(UTC) + timedelta(hours=2)
    async with FaultService(tmp_path) as service, ClientSession() as http:
        meeting = {"id": "m", "started_at": start.isoformat()}
        async with http.post(f"{service.url}/v1/meetings", json=meeting) as answer:
            assert 201 == answer.status
        await service.kill()
        await service.start()
        await begin_stream(http, service, "ann", start + timedelta(seconds=90))
    with closing(sqlite3.connect(service.data / STORE_FILE)) as db:
        placed = db.execute("SELECT anchor_ms FROM streams").fetchall()

    assert [(90_000,)] == placed
