"""The account of a meeting on the command line, from the data folder."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from meeting_service.data_folder import LEDGER_FILE
from tests.audio_service import AudioService
from tests.cli.conftest import Invoke
from tests.sessions.conftest import talk


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with an ended meeting of one who spoke for ten seconds."""

    async def fill() -> None:
        async with AudioService.on(tmp_path) as service:
            await service.create_meeting()
            audio = await service.sessions.open_input("m1", ["ann"], 16_000)
            await audio.append(talk(1, 10.0), None)
            await service.sessions.end_meeting("m1")

    asyncio.run(fill())
    return tmp_path / "data"


def test_seconds_are_shown(invoke: Invoke, data: Path) -> None:
    """A line for each stream; all is well."""
    ended = invoke("account", "m1", "--data", data)

    assert (0, "") == (ended.code, ended.err)
    assert ["ann", "10.000", "0.000"] == ended.out.splitlines()[-1].split()[:3]


def test_a_second_that_is_not_there_fails(invoke: Invoke, data: Path) -> None:
    """It says how much of whom does not add up, and why, and exits with 1."""
    with closing(sqlite3.connect(data / LEDGER_FILE)) as database, database:
        database.execute("DELETE FROM piece WHERE start = 0")

    ended = invoke("account", "m1", "--data", data)

    assert 1 == ended.code
    assert "s of ann do not add up: what was acknowledged is not held piece by piece" in ended.err


def test_a_meeting_that_is_not_there(invoke: Invoke, data: Path) -> None:
    """One line, no traceback."""
    ended = invoke("account", "nothing", "--data", data)

    assert 1 == ended.code
    assert f"there is no meeting nothing in {data}" in ended.err
