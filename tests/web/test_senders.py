"""Who sends whose audio."""

import asyncio

import pytest

from meeting_service.errors import Conflict
from meeting_service.web.senders import Senders


class Listener:
    """A socket that notes what it is told."""

    meeting_id = "m1"

    def __init__(self) -> None:
        self.lost: list[str] = []

    def superseded(self, participant_id: str) -> None:
        """Note it."""
        self.lost.append(participant_id)

    def sent_away(self, participant_id: str) -> None:
        """Note it."""
        self.lost.append(participant_id)

    def stop(self) -> None:
        """Nothing to stop."""

    async def wait_closed(self) -> None:
        """Closed already."""


def test_the_newest_socket_has_the_participant() -> None:
    """The one before is told; one that lost it releases nothing."""
    senders, old, new = Senders(), Listener(), Listener()
    senders.take_over("m1", "ann", old)
    senders.take_over("m1", "ann", old)
    senders.take_over("m2", "ann", new)
    assert [] == old.lost

    senders.take_over("m1", "ann", new)
    senders.release("m1", "ann", old)
    senders.take_over("m1", "ann", old)

    assert (["ann"], ["ann"]) == (old.lost, new.lost)


async def test_turns_come_in_order() -> None:
    """First come, first served, and different participants do not wait for each other."""
    senders, order = Senders(), []

    async def append(number: int, *participants: str) -> None:
        async with senders.appending("m1", participants, 10):
            order.append(number)
            await asyncio.sleep(0)
            order.append(number)

    await asyncio.gather(append(1, "ann"), append(2, "ann", "bob"), append(3, "ann"), append(4, "cid"))

    assert [1, 4, 1, 4, 2, 2, 3, 3] == order


async def test_a_turn_that_does_not_come_is_a_conflict() -> None:
    """And the turns that did come are given back."""
    senders = Senders()
    async with senders.appending("m1", ["bob"], 10):
        with pytest.raises(Conflict):
            async with senders.appending("m1", ["ann", "bob"], 0.01):
                pass
        async with senders.appending("m1", ["ann"], 0.01):
            pass


async def test_a_socket_goes_before_posts_without_offset() -> None:
    """Until it releases the participant."""
    senders, socket = Senders(), Listener()
    senders.take_over("m1", "ann", socket)
    with pytest.raises(Conflict, match="Upload-Offset"):
        async with senders.appending("m1", ["ann"], 10):
            pass
    senders.release("m1", "ann", socket)

    async with senders.appending("m1", ["ann"], 10):
        pass
