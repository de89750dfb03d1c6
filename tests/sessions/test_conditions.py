"""How the service is, by what has failed, and who is told."""

import asyncio

import pytest

from meeting_service.broadcast import Broadcaster
from meeting_service.condition import Condition
from meeting_service.errors import DiskFull, StorageFailed
from meeting_service.events import ConditionChanged, StoredEvent
from meeting_service.sessions.conditions import Conditions
from tests.storage.conftest import FakeClock


class Disk:
    """A ledger or a store, as far as it can be written."""

    def __init__(self) -> None:
        self.failure: StorageFailed | None = None
        self.damage: str | None = None

    async def check_writable(self) -> None:
        if self.failure:
            raise self.failure


class Recogniser:
    ready = True
    description = "told what to say"


class Streams:
    behind_ms = 0


async def _no_events(_meeting_id: str, _after: int) -> list[StoredEvent]:
    return []


class World:
    """All that a service's condition depends on."""

    def __init__(self) -> None:
        self.ledger, self.store = Disk(), Disk()
        self.worker, self.streams = Recogniser(), Streams()
        self.clock = FakeClock()
        self.broadcaster = Broadcaster(_no_events, 10)
        self.conditions = Conditions(
            self.ledger,
            self.store,
            self.worker,  # type: ignore[arg-type]
            self.streams,  # type: ignore[arg-type]
            self.broadcaster,
            self.clock,
        )

    async def check(self) -> Condition:
        """Once what was found out is old."""
        self.clock.advance(seconds=60)
        return (await self.conditions.check()).condition


@pytest.mark.parametrize("where", ["ledger", "store"])
async def test_what_has_failed(where: str) -> None:
    """A full disk and a failing one, of audio or of text, and back."""
    world = World()
    disk: Disk = getattr(world, where)
    found = []
    for failure in (None, DiskFull("no room"), StorageFailed("disk I/O error"), None):
        disk.failure = failure
        found.append(await world.check())

    ready = Condition.READY
    assert [ready, Condition.STORAGE_FULL, Condition.STORAGE_FAILING, ready] == found


async def test_the_recogniser_and_its_lag() -> None:
    """Less than storage, but told; lagging is ready all the same."""
    world = World()
    world.streams.behind_ms = 12_000
    lagging = await world.conditions.check()
    world.worker.ready = False
    down = await world.conditions.check()
    world.ledger.failure = DiskFull("no room")

    assert (Condition.CATCHING_UP, True) == (lagging.condition, bool(lagging))
    assert "12 s behind" in lagging.detail
    assert (Condition.RECOGNISER_DOWN, False) == (down.condition, bool(down))
    assert Condition.STORAGE_FULL is await world.check()


async def test_watchers_are_told_of_trouble_and_that_it_is_over() -> None:
    """Also who comes while there is some; who comes afterwards hears nothing of it."""
    world = World()
    following = asyncio.create_task(world.conditions.follow())
    with world.broadcaster.subscribe("m", 0) as watcher:
        world.ledger.failure = DiskFull("no room")
        first = await anext(watcher)
        with world.broadcaster.subscribe("m", 0) as late:
            assert ConditionChanged(Condition.STORAGE_FULL) == await anext(late)
        world.ledger.failure = None
        world.clock.advance(seconds=60)
        last = await anext(watcher)
    following.cancel()

    assert ConditionChanged(Condition.STORAGE_FULL) == first
    assert ConditionChanged(Condition.READY) == last


@pytest.mark.parametrize("where", ["ledger", "store"])
async def test_damage_is_told_and_audio_is_taken_all_the_same(where: str) -> None:
    """It is ready, says what is damaged and what to do, and watchers are told."""
    world = World()
    disk: Disk = getattr(world, where)
    disk.damage = "the database is damaged"
    with world.broadcaster.subscribe("m", 0) as watcher:
        found = await world.conditions.check()
        told = await anext(watcher)

    assert (Condition.STORAGE_DAMAGED, True) == (found.condition, bool(found))
    assert "the database is damaged: meeting-service doctor says more, restore mends it" == found.detail
    assert ConditionChanged(Condition.STORAGE_DAMAGED) == told
