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


async def create_meeting(http: ClientSession, service: FaultService, **fields: str) -> None:
    """Make it."""
    async with http.post(f"{service.url}/v1/meetings", json=fields) as answer:
        assert 201 == answer.status


async def begin_stream(
    http: ClientSession, service: FaultService, participant: str, at: datetime, meeting: str = "m"
) -> None:
    """A first piece, captured then; returns when it is acknowledged."""
    url = f"{service.url}/v1/meetings/{meeting}/participants/{participant}/audio"
    headers = {"Content-Type": PCM_TYPE, "Captured-At": at.isoformat()}
    async with http.post(url, data=bytes(3_200), headers=headers) as answer:
        assert 200 == answer.status


async def test_streams_are_placed_as_if_nothing_had_been_killed(tmp_path: Path) -> None:
    """Those of a bot with a wrong clock relative to the first, those of a start that was told from there."""
    began = datetime.now(UTC) + WRONG
    async with FaultService(tmp_path) as service, ClientSession() as http:
        await create_meeting(http, service, id="m")
        await create_meeting(http, service, id="told", started_at=began.isoformat())
        await begin_stream(http, service, "ann", began)
        await service.kill()
        await service.start()
        await begin_stream(http, service, "ben", began + timedelta(seconds=12))
        await begin_stream(http, service, "eve", began - timedelta(milliseconds=1))
        await begin_stream(http, service, "zoe", began + timedelta(seconds=90), "told")
    with closing(sqlite3.connect(service.data / STORE_FILE)) as db:
        placed = dict(db.execute("SELECT participant_id, anchor_ms FROM streams").fetchall())

    assert 12_000 == placed["ben"] - placed["ann"]
    assert 1 == placed["ann"] - placed["eve"]
    assert 90_000 == placed["zoe"]
    assert placed["ann"] < WRONG / timedelta(milliseconds=1)
