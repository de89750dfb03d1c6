"""Exporting from a data folder, and migrating it."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from meeting_service.clock import SystemClock
from meeting_service.meeting import NewMeeting
from meeting_service.runtime import STORE_FILE
from meeting_service.storage import Store
from tests.cli.conftest import Invoke

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one meeting in it."""

    async def fill() -> None:
        store = await Store.open(tmp_path / "data" / STORE_FILE, SystemClock())
        await store.create_meeting(NewMeeting(id="weekly-7", title="Weekly", started_at=NOON))
        await store.put_participant("weekly-7", "ann", "Ann")
        await store.close()

    asyncio.run(fill())
    return tmp_path / "data"


def test_a_meeting_is_exported(invoke: Invoke, data: Path) -> None:
    """The transcript is written in the format asked for."""
    ended = invoke("export", "weekly-7", "--format", "vtt", "--data", data)

    assert ended.code == 0
    assert ended.out.startswith("WEBVTT")


def test_a_file_is_written(invoke: Invoke, data: Path, tmp_path: Path) -> None:
    """With --out nothing goes to standard output."""
    ended = invoke("export", "weekly-7", "--data", data, "--out", "weekly.txt")

    assert (ended.code, ended.out) == (0, "")
    assert "Weekly" in (tmp_path / "weekly.txt").read_text()


def test_a_running_service_does_not_matter(invoke: Invoke, data: Path) -> None:
    """The export reads while another process, here another connection, holds the database for writing."""

    async def export_beside() -> int:
        store = await Store.open(data / STORE_FILE, SystemClock())
        try:
            return (await asyncio.to_thread(invoke, "export", "weekly-7", "--data", data)).code
        finally:
            await store.close()

    assert asyncio.run(export_beside()) == 0


def test_an_unknown_meeting_lists_the_latest(invoke: Invoke, data: Path) -> None:
    """Who mistypes an id sees those there are."""
    ended = invoke("export", "weekly-8", "--data", data)

    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "meeting-service: there is no meeting weekly-8; the latest are: weekly-7 (Weekly)\n"


def test_a_folder_without_meetings_is_told(invoke: Invoke, tmp_path: Path) -> None:
    """A wrong data folder is named and not made."""
    ended = invoke("export", "weekly-7", "--data", tmp_path / "other")

    assert ended.code == 1
    assert "there are no meetings in" in ended.err
    assert not (tmp_path / "other").exists()


def test_migrating_twice_changes_once(invoke: Invoke, tmp_path: Path) -> None:
    """The first run makes the database, the second finds it up to date."""
    first = invoke("migrate", "--data", tmp_path / "data")
    second = invoke("migrate", "--data", tmp_path / "data")

    assert "made, at revision" in first.out
    assert "already at revision" in second.out
