"""The account of a meeting over HTTP."""

from pathlib import Path
from typing import Any

import aiohttp

from tests.audio_service import AudioService, Bot, to_bytes
from tests.sessions.conftest import talk
from tests.web.conftest import Client


async def test_an_account_adds_up_and_the_figures_say_so(tmp_path: Path) -> None:
    """Samples per stream in the account, ms per participant in the meeting, seconds in the metrics."""
    async with AudioService.on(tmp_path) as service, aiohttp.ClientSession() as session:
        await service.create_meeting()
        bot = Bot(session, service.url)
        await bot.post(to_bytes(talk(1, 10.0)))
        await bot.post(to_bytes(talk(1, 10.0)), Upload_Offset="176000", Gap="true")
        await service.sessions.end_meeting("m1")

        account = await _get(session, f"{service.url}/v1/meetings/m1/account")
        (person,) = (await _get(session, f"{service.url}/v1/meetings/m1"))["participants"]
        async with session.get(f"{service.url}/metrics") as response:
            figures = await response.text()

    (stream,) = account["streams"]
    assert (0, []) == (account["unaccounted_ms"], stream["findings"])
    assert 336_000 == stream["received"] == stream["silent"] + stream["speech"]
    assert 16_000 == stream["gaps"]
    assert stream["speech"] == stream["transcribed"] > 0
    assert 21_000 == person["received_ms"] == person["silent_ms"] + person["speech_ms"]
    assert (1_000, 0, 0) == (person["gap_ms"], person["waiting_ms"], person["unaccounted_ms"])
    assert "meeting_waiting_seconds 0.0" in figures


async def test_no_meeting_has_no_account(client: Client) -> None:
    """It is not found, like anything of it."""
    response = await client.get("/v1/meetings/none/account")

    assert 404 == response.status


async def _get(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.get(url) as response:
        assert 200 == response.status
        return await response.json()
