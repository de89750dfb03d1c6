"""What the doctor finds in the databases."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from meeting_service.clock import SystemClock
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.doctor.databases import check_databases
from meeting_service.doctor.finding import Level
from meeting_service.settings import Settings, load_settings
from meeting_service.storage import Store
from tests.ledger.test_failing import store

PAGE = 4_096


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a data folder that holds both databases."""
    asyncio.run(store(tmp_path / LEDGER_FILE, 8))

    async def make() -> None:
        await (await Store.open(tmp_path / STORE_FILE, SystemClock())).close()

    asyncio.run(make())
    return load_settings(overrides={"data": {"directory": tmp_path}})


def test_whole_databases(settings: Settings) -> None:
    """Nothing is wrong; nor where there are none yet."""
    assert Level.OK is check_databases(settings).level
    for file in settings.data.directory.glob("*.db"):
        file.unlink()
    assert Level.OK is check_databases(settings).level


def test_damaged_audio(settings: Settings) -> None:
    """The streams are named, and what to do."""
    with closing(sqlite3.connect(settings.data.directory / LEDGER_FILE, isolation_level=None)) as db:
        db.execute("UPDATE piece SET pcm = zeroblob(6000) WHERE stream = 3")
    finding = check_databases(settings)

    assert (Level.PROBLEM, "audio.db: 1 damaged pieces in stream 3") == (finding.level, finding.found)
    assert "restore a backup" in finding.advice


@pytest.mark.parametrize("name", [LEDGER_FILE, STORE_FILE])
def test_damaged_pages(settings: Settings, name: str) -> None:
    """Pages that were overwritten, and a file that was cut off."""
    path = settings.data.directory / name
    content = path.read_bytes()
    for damaged in (content[:PAGE] + b"\x5a" * PAGE + content[2 * PAGE :], content[: len(content) // 2]):
        path.write_bytes(damaged)
        finding = check_databases(settings)

        assert Level.PROBLEM is finding.level
        assert finding.found.startswith(name)


def test_more_than_fits_in_the_time(settings: Settings) -> None:
    """What could not be read in time is not called whole."""
    assert "as far as" in check_databases(settings, patience_s=-1.0).found


@pytest.mark.parametrize("name", [LEDGER_FILE, STORE_FILE])
def test_a_damaged_log(settings: Settings, name: str) -> None:
    """What a process left that was killed, and a byte of it that changed since."""
    path = settings.data.directory / name
    log = path.with_name(f"{name}-wal")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for _ in range(20):
            db.execute("PRAGMA user_version = 1")
        content = bytearray(log.read_bytes())
    assert Level.OK is check_databases(settings).level
    content[len(content) // 2] ^= 1
    log.write_bytes(content)
    finding = check_databases(settings)

    assert Level.PROBLEM is finding.level
    assert f"{name}: its log is damaged at byte" in finding.found
