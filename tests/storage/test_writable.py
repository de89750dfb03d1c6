"""Whether the database can be written, asked more often than tried."""

import asyncio

from meeting_service.errors import DiskFull
from meeting_service.storage.writable import FRESH_S, WritableCheck
from tests.storage.conftest import FakeClock


class Writes:
    """Counts the tries; fails while it is told to."""

    def __init__(self) -> None:
        self.count = 0
        self.fails = False

    async def __call__(self) -> None:
        self.count += 1
        await asyncio.sleep(0)
        if self.fails:
            raise DiskFull("no room")


async def test_many_questions_are_one_write(clock: FakeClock) -> None:
    """Also when they come at once; the answer holds for some seconds."""
    writes = Writes()
    check = WritableCheck(writes, clock)
    answers = await asyncio.gather(*(check.ask() for _ in range(10)))
    clock.advance(seconds=FRESH_S - 1)

    assert [True] * 11 == [*answers, await check.ask()]
    assert 1 == writes.count


async def test_an_old_answer_is_found_out_anew(clock: FakeClock) -> None:
    """A disk that is full is told, and so is one that has room again."""
    writes = Writes()
    check = WritableCheck(writes, clock)
    answers = []
    for fails in (False, True, False):
        writes.fails = fails
        answers.append(await check.ask())
        clock.advance(seconds=FRESH_S)

    assert [True, False, True] == answers
