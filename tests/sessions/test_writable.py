"""Whether the database can be written, asked more often than tried."""

import asyncio

import pytest

from meeting_service.errors import DiskFull, Overloaded, StorageFailed
from meeting_service.sessions.writable import FRESH_S, RETRY_S, WritableCheck
from tests.storage.conftest import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    """Stands still."""
    return FakeClock()


class Writes:
    """Counts the tries; fails while it is told to."""

    def __init__(self) -> None:
        self.count = 0
        self.error: Exception | None = None
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def __call__(self) -> None:
        self.count += 1
        await self.may_end.wait()
        if self.error:
            raise self.error


async def test_many_questions_are_one_write(clock: FakeClock) -> None:
    """Also when they come at once; that it works holds for some seconds."""
    writes = Writes()
    check = WritableCheck(writes, clock)
    answers = await asyncio.gather(*(check.find_failure() for _ in range(10)))
    clock.advance(seconds=FRESH_S - 1)

    assert [None] * 11 == [*answers, await check.find_failure()]
    assert 1 == writes.count


async def test_an_old_answer_is_found_out_anew(clock: FakeClock) -> None:
    """A disk that is full is told, and soon after it has room again that is, too."""
    writes, full = Writes(), DiskFull("no room")
    check = WritableCheck(writes, clock)
    answers = []
    for error, wait_s in ((None, FRESH_S), (full, RETRY_S), (None, 0)):
        writes.error = error
        answers.append(await check.find_failure())
        clock.advance(seconds=wait_s)

    assert [None, full, None] == answers


async def test_doubt_asks_at_once(clock: FakeClock) -> None:
    """Who knows of a failure does not have to wait until the answer is old."""
    writes = Writes()
    check = WritableCheck(writes, clock)
    assert await check.find_failure() is None
    writes.error = DiskFull("no room")
    check.doubt()

    assert writes.error is await check.find_failure()


async def test_a_disk_that_does_not_answer_is_asked_once(clock: FakeClock) -> None:
    """While a write hangs it is told as a failure, and no other joins it; its answer counts when it comes."""
    writes = Writes()
    writes.may_end.clear()
    check = WritableCheck(writes, clock, patience_s=0.01)
    hung = []
    for _ in range(3):
        hung.append(await check.find_failure())
        clock.advance(seconds=RETRY_S)
    writes.may_end.set()

    assert all(isinstance(failure, StorageFailed) for failure in hung)
    assert await check.find_failure() is None
    assert 1 == writes.count


async def test_too_much_to_store_is_a_failure(clock: FakeClock) -> None:
    """Who sends would be refused."""
    writes = Writes()
    writes.error = Overloaded("too much waits")

    failure = await WritableCheck(writes, clock).find_failure()
    assert failure is not None
    assert "too much waits" == failure.detail
