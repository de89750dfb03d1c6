"""How work reaches the database."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection

from meeting_service.errors import NotFound, SearchTooSlow, StorageFailed
from meeting_service.storage.database import SEARCHES, Database
from meeting_service.storage.migrate import check_revision, migrate


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


def damage(path: Path) -> None:
    """Empty the head of the page at which the table begins."""
    with closing(sqlite3.connect(path)) as db:
        [page] = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'numbers'").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4_096)
        file.write(bytes(8))


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


ENDLESS = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def walk_without_end(db: Connection) -> None:
    """A search that would never find all."""
    db.exec_driver_sql(ENDLESS)


async def test_a_search_ends_in_time(path: Path) -> None:
    """With an error that says so; the next one on its connection is as good as ever."""
    migrate(path)
    database = Database(path, search_s=0.001)

    with pytest.raises(SearchTooSlow):
        await database.search(walk_without_end)

    assert "ok" == await database.search(find_nothing_wrong)
    assert database.failure is None
    await database.close()


def find_nothing_wrong(db: Connection) -> str:
    """Something short."""
    return str(db.exec_driver_sql("SELECT 'ok'").scalar_one())


async def test_nobody_who_reads_waits_for_searches(path: Path) -> None:
    """However many are asked for: they wait for each other, and not for ever."""
    migrate(path)
    database = Database(path, search_s=1.0)
    searches = [asyncio.create_task(database.search(walk_without_end)) for _ in range(2 * SEARCHES + 1)]

    assert "ok" == await database.read(find_nothing_wrong)
    assert not any(search.done() for search in searches)
    ended = await asyncio.gather(*searches, return_exceptions=True)
    assert all(isinstance(end, SearchTooSlow) for end in ended)
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


async def test_damage_is_found_before_anybody_comes_to_it(path: Path) -> None:
    """A page that is not as it was: found by reading all, told when it is read, and others can be read on."""
    migrate(path)
    database = Database(path)
    await database.write(make_table)
    for _ in range(20):
        await database.write(add_two)
    await database.look_for_damage()
    assert database.damage is None
    await database.close()
    damage(path)
    database = Database(path)
    await database.look_for_damage()

    assert "damaged" in (database.damage or "")
    with pytest.raises(StorageFailed, match="damaged"):
        await database.read(count)
    await database.read(check_revision)  # which is in another place
    await database.close()
