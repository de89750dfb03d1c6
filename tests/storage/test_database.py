"""How work reaches the database."""

import asyncio
import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection

from meeting_service.errors import NotFound
from meeting_service.storage.database import Database
from meeting_service.storage.migrate import migrate


def make_table(db: Connection) -> None:
    """A table to write in."""
    db.exec_driver_sql("CREATE TABLE numbers (n INTEGER)")


def count(db: Connection) -> int:
    """Rows in it."""
    return int(db.exec_driver_sql("SELECT count(*) FROM numbers").scalar_one())


def add_two(db: Connection) -> None:
    """Work in two steps."""
    db.exec_driver_sql("INSERT INTO numbers VALUES (1)")
    db.exec_driver_sql("INSERT INTO numbers VALUES (2)")


async def test_failed_work_leaves_nothing(path: Path) -> None:
    """An error of any kind takes back the whole unit and comes out as it is."""
    migrate(path)
    database = Database(path)
    await database.write(make_table)

    def fail(db: Connection) -> None:
        add_two(db)
        raise NotFound("stop")

    with pytest.raises(NotFound):
        await database.write(fail)

    assert await database.read(count) == 0
    await database.close()


async def test_cancelled_write_is_whole(path: Path) -> None:
    """However early or late its caller is cancelled, work is done entirely or not at all."""
    migrate(path)
    database = Database(path)
    await database.write(make_table)

    for rounds in range(40):
        before = await database.read(count)
        task = asyncio.create_task(database.write(add_two))
        for _ in range(rounds):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert await database.write(count) - before in (0, 2)
    await database.close()


async def test_close_waits_for_running_work(path: Path) -> None:
    """Work begun before closing is done, and no thread of the database is left."""
    before = set(threading.enumerate())
    migrate(path)
    database = Database(path)
    await database.write(make_table)
    last = asyncio.create_task(database.write(add_two))
    await asyncio.sleep(0)

    await database.close()
    await last

    assert before >= set(threading.enumerate())
    database = Database(path)
    assert await database.read(count) == 2
    await database.close()


async def test_reads_see_one_moment(path: Path) -> None:
    """What is committed while a reader is at work is not seen before it looks again."""
    migrate(path)
    database, other = Database(path), Database(path)
    await database.write(make_table)
    looked, wrote = threading.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    async def write_between() -> None:
        await loop.run_in_executor(None, looked.wait)
        await other.write(add_two)
        wrote.set()

    def look_twice(db: Connection) -> tuple[int, int]:
        first = count(db)
        looked.set()
        db.connection.cursor().execute("SELECT 1")
        return first, count(db)

    writing = asyncio.create_task(write_between())
    first, second = await database.read(look_twice)
    await writing

    assert (0, 0) == (first, second)
    assert await database.read(count) == 2
    await database.close()
    await other.close()
