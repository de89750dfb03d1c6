"""After deletions every page is written anew: also of copies that SQLite left nothing stays."""

import asyncio
import random
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection

from meeting_service.meeting import MeetingState, NewMeeting
from meeting_service.storage import Store
from meeting_service.storage.database import Database
from meeting_service.storage.migrate import migrate
from meeting_service.storage.renewal import Outcome, Renewal
from tests.storage.conftest import START, FakeClock, checkpoint_at, make_sentence
from tests.storage.test_migrate import make_former

ROWS = 1_000
NO_DISK = 1 << 60
"""bytes that no disk has free"""


async def delete_bookmark(store: Store) -> None:
    """The only one."""
    (bookmark,) = await store.edits.list_bookmarks("m")
    await store.edits.delete_bookmark("m", bookmark.id, None)


Deleting = Callable[[Store], Awaitable[object]]
DELETIONS: dict[str, Deleting] = {
    "meeting": lambda store: store.delete_meeting("m"),
    "participant": lambda store: store.delete_participant("m", "ann"),
    "revision": lambda store: store.delete_revision("m", 2),
    "bookmark": delete_bookmark,
}


def scatter(db: Connection) -> None:
    """Rows of four owners, of up to 1 kB and added in such an order that pages are split."""
    db.exec_driver_sql("CREATE TABLE told (id INTEGER PRIMARY KEY, text TEXT)")
    ids = list(range(ROWS))
    random.Random(1).shuffle(ids)
    for number in ids:
        said = f"owner-{number % 4} {number:05} " * (1 + number * 7 % 80)
        db.exec_driver_sql("INSERT INTO told VALUES (?, ?)", (number, said))


def count(db: Connection) -> int:
    """Rows that there are."""
    return int(db.exec_driver_sql("SELECT count(*) FROM told").scalar_one())


def remove(owner: int) -> Callable[[Connection], None]:
    """Work that deletes an owner's rows."""
    return lambda db: void(db.exec_driver_sql("DELETE FROM told WHERE id % 4 = ?", (owner,)))


def void(_result: object) -> None:
    """Nothing of it."""


def is_left(path: Path, owner: int) -> bool:
    """Whether anything of an owner is in the files."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return any(f"owner-{owner}".encode() in file.read_bytes() for file in files if file.exists())


def is_due(path: Path) -> bool:
    """Whether the database says of itself that it is to be written anew."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri().replace('#', '%23')}?mode=ro", uri=True)) as db:
        return bool(db.execute("PRAGMA user_version").fetchone()[0])


async def wait_until(come: Callable[[], bool]) -> None:
    """Look again and again; a test that hangs has failed."""
    async with asyncio.timeout(30):
        while not come():  # noqa: ASYNC110 a file tells nobody
            await asyncio.sleep(0.01)


async def test_copies_of_deleted_rows_go(path: Path) -> None:
    """SQLite leaves some in pages; they are gone soon after the deletion, and what stays is whole."""
    migrate(path)
    database = Database(path, rest_s=0)
    await database.write(scatter)
    await database.write(remove(0))
    await database.erase_deleted()
    assert is_left(path, 0), "this SQLite leaves no copies"

    await database.delete(remove(1))

    await wait_until(lambda: not is_left(path, 0) and not is_left(path, 1))
    assert is_left(path, 2)
    assert ROWS // 2 == await database.read(count)
    await wait_until(lambda: not is_due(path))
    await database.close()


async def test_a_reader_is_waited_for(path: Path) -> None:
    """Who reads sees what there was, and when they leave nothing is left."""
    migrate(path)
    database = Database(path, rest_s=0)
    await database.write(scatter)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert (ROWS,) == reader.execute("SELECT count(*) FROM told").fetchone()
        await database.delete(remove(1))
        assert (ROWS,) == reader.execute("SELECT count(*) FROM told").fetchone()
        reader.execute("COMMIT")

    await wait_until(lambda: not is_left(path, 1))
    await database.close()


@pytest.mark.parametrize("kind", DELETIONS)
async def test_each_deletion_is_followed_up(path: Path, clock: FakeClock, kind: str) -> None:
    """Without room on the disk it stays due, beyond the end of the process, until there is room."""
    store = await Store.open(path, clock, min_free_bytes=NO_DISK)
    await store.create_meeting(NewMeeting(id="m"))
    await store.put_participant("m", "ann", None)
    stream, _ = await store.open_stream("m", "ann", 16_000, 0)
    await store.commit_final(stream, [make_sentence(1)], checkpoint_at(stream, 2), 0)
    await store.edits.create_bookmark("m", 0, "note")
    await store.set_meeting_state("m", MeetingState.ENDED, START)
    await store.create_revision("m", "x", (), 20)
    assert not is_due(path)
    await DELETIONS[kind](store)
    await store.close()
    assert is_due(path)

    store = await Store.open(path, clock)
    await wait_until(lambda: not is_due(path))
    await store.close()


async def test_a_close_does_not_wait(path: Path) -> None:
    """One that is running is broken off, and stays due."""
    migrate(path)
    database = Database(path, rest_s=0)
    await database.write(scatter)
    deleting = asyncio.create_task(database.delete(remove(1)))
    while not is_due(path):  # noqa: ASYNC110
        await asyncio.sleep(0)
    closing_it = asyncio.create_task(database.close())
    await asyncio.wait([deleting, closing_it])

    database = Database(path, rest_s=0)
    await database.erase_deleted()
    await wait_until(lambda: not is_due(path) and not is_left(path, 1))
    await database.close()


async def test_a_former_database_is_written_anew(path: Path, clock: FakeClock) -> None:
    """Versions before did not do so after what was deleted with them."""
    make_former(path, "0006")
    store = await Store.open(path, clock, min_free_bytes=NO_DISK)
    await store.close()

    assert is_due(path)


async def test_a_new_database_is_not(path: Path, clock: FakeClock) -> None:
    """Nothing was deleted from it."""
    await (await Store.open(path, clock, min_free_bytes=NO_DISK)).close()

    assert not is_due(path)


async def test_what_failed_is_tried_again_unasked() -> None:
    """After a rest, and until it is done; then only when something is deleted."""
    outcomes = [Outcome.FAILED, Outcome.FAILED, Outcome.DONE]
    seen: list[Outcome] = []

    async def attempt() -> Outcome:
        seen.append(outcomes[len(seen)] if len(seen) < 3 else Outcome.NOT_DUE)
        return seen[-1]

    renewal = Renewal(attempt, rest_s=0)
    renewal.ask()
    await wait_until(lambda: Outcome.DONE in seen)
    assert outcomes == seen
    renewal.ask()
    await wait_until(lambda: len(seen) == 4)
    await renewal.close()


async def test_there_is_a_rest_in_between() -> None:
    """However much is deleted meanwhile."""
    seen: list[Outcome] = []

    async def attempt() -> Outcome:
        seen.append(Outcome.DONE)
        return Outcome.DONE

    renewal = Renewal(attempt, rest_s=3_600)
    renewal.ask()
    await wait_until(lambda: bool(seen))
    for _ in range(20):
        renewal.ask()
        await asyncio.sleep(0)
    await renewal.close()

    assert 1 == len(seen)
