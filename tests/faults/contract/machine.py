"""The rules of the game: what senders do, in any order, and what must come of it."""

import asyncio
from collections.abc import Callable, Coroutine
from enum import Enum
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from meeting_service.protocol import CloseCode
from tests.faults.contract.sender import Carried, Closed, Socket, half_frame
from tests.faults.contract.takes import Lane, Take
from tests.faults.contract.verdict import check_gaps, check_meeting
from tests.faults.contract.world import Answer, World

LANES = (("ann",), ("bob",), ("cat", "dan"))
EARLY = 2
"""steps before a restart, and between two"""
LATE = 4
"""steps after which a meeting may end or be deleted"""
HOLE = 500
"""frames left out before a piece that comes too early"""

lanes = st.integers(0, len(LANES) - 1)
frames = st.integers(1, 12_000)
backs = st.integers(0, 12_000)
odds = st.integers(0, 3)


class Kind(Enum):
    """What somebody sends on a socket."""

    NEXT = "next"
    AGAIN = "again"
    BEYOND = "beyond"
    GAP = "gap"
    OTHER = "other"


class Contract(RuleBasedStateMachine):
    """A meeting with everybody in it who may send."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.id = world.run(world.begin())
        world.run(world.create(self.id))
        self.lanes = [Lane(participants) for participants in LANES]
        self.sockets: list[Socket] = []
        self.steps = 0
        self.restarts = 0
        self.touched: set[int] = set()
        """lanes of which no answer has told since how much is held"""
        self.over = False
        self.deleted = False

    # Requests

    @rule(lane=lanes, length=frames, odd=odds)
    def post_next(self, lane: int, length: int, odd: int) -> None:
        """Two pieces without a position, cut at any byte; not while a socket sends."""
        self._run(self._post_next(lane, length, odd))

    @rule(lane=lanes, back=backs, length=frames, odd=odds, again=st.booleans())
    def post_at(self, lane: int, back: int, length: int, odd: int, again: bool) -> None:
        """A piece with a position: the next, one that overlaps, or one that was there before."""
        self._run(self._post_at(lane, back, length, odd, again=again))

    @rule(lane=lanes, length=frames, gap=st.booleans())
    def post_beyond(self, lane: int, length: int, gap: bool) -> None:
        """A piece after a hole: it is asked for, unless it is declared a gap."""
        self._run(self._post_beyond(lane, length, gap=gap))

    @rule(lane=lanes, first=frames, second=frames)
    def posts_overtake(self, lane: int, first: int, second: int) -> None:
        """Two pieces at once; the one that comes too early is sent again."""
        self._run(self._posts_overtake(lane, first, second))

    @rule(lane=lanes, length=frames, odd=odds, placed=st.booleans())
    def post_breaks_off(self, lane: int, length: int, odd: int, placed: bool) -> None:
        """A sender that goes away in the middle of its body; what is held then is what was sent."""
        self._run(self._post_breaks_off(lane, length, odd, placed=placed), lane)

    @rule(lane=lanes, back=frames)
    def post_something_else(self, lane: int, back: int) -> None:
        """Other audio where some is held: it is refused, and what is held stays."""
        self._run(self._post_something_else(lane, back), lane)

    # Sockets

    @rule(who=st.sets(lanes, min_size=1))
    def connect(self, who: set[int]) -> None:
        """A new socket, which takes over what others carry."""
        self._run(self._connect(who), *who)

    @rule(lane=lanes, back=backs, length=frames, kind=st.sampled_from(Kind))
    def send(self, lane: int, back: int, length: int, kind: Kind) -> None:
        """On a socket: audio that is next, that was there before, after a hole or other than held; a gap."""
        ways: dict[Kind, Callable[[int], Coroutine[Any, Any, None]]] = {
            Kind.NEXT: lambda lane: self._send(lane, 0, length),
            Kind.AGAIN: lambda lane: self._send(lane, back, length),
            Kind.BEYOND: lambda lane: self._send_beyond(lane, length),
            Kind.GAP: lambda lane: self._send_gap(lane, length),
            Kind.OTHER: lambda lane: self._send_something_else(lane, max(1, back)),
        }
        self._run(ways[kind](lane), lane)

    @rule(lane=lanes, how=st.sampled_from(("end", "bye", "cut")), length=frames)
    def leave(self, lane: int, how: str, length: int) -> None:
        """Participants leave, or their socket does: with a goodbye, or in the middle of a message."""
        step = self._send_end(lane) if how == "end" else self._disconnect(lane, length, polite=how == "bye")
        self._run(step, lane)

    # Leaving, coming back, and the service

    @rule(lane=lanes)
    def post_end(self, lane: int) -> None:
        """The participants of a lane are said to have left; whoever still sends for them is told."""
        self._run(self._post_end(lane), lane)

    @rule(lane=lanes, length=frames, restart=st.booleans())
    def repeat(self, lane: int, length: int, restart: bool) -> None:
        """Who missed that the end arrived sends again from the beginning, and ends again."""
        self._run(self._repeat(lane, length, restart=restart), lane)

    @precondition(lambda self: self.steps > EARLY + EARLY * self.restarts)
    @rule(who=st.sampled_from(("worker", "stop", "crash")))
    def restart(self, who: str) -> None:
        """The recogniser dies, or the service stops or breaks off; both come back."""
        self.restarts += 1
        if who == "worker":
            self._run(self.world.service.kill_worker())
        else:
            self._run(self._restart(crash=who == "crash"), *range(len(self.lanes)))

    @precondition(lambda self: self.steps > LATE)
    @rule(lane=lanes, length=frames, delete=st.booleans())
    def finish(self, lane: int, length: int, delete: bool) -> None:
        """The meeting ends, twice at once, or is deleted, with a piece on its way."""
        self._run(self._finish(lane, length, delete=delete), lane)

    @invariant()
    def the_service_holds_what_it_must(self) -> None:
        """Where no answer has told it: all that is acknowledged, and no more than was sent."""
        if self.touched and not self.over:
            self.world.run(self._check_held())

    def teardown(self) -> None:
        """Everything ends, and everything is as if it had been sent in one piece."""
        if not self.deleted:
            self.world.run(self._check_end())

    def _run(self, step: Any, *touched: int) -> None:
        self.steps += 1
        self.touched.update(touched)
        if self.over:
            step.close()
        else:
            self.world.run(step)

    # Inside: requests

    async def _post_next(self, index: int, length: int, odd: int) -> None:
        lane = await self._settled(index)
        take = lane.take
        for part in (length * take.frame_bytes // 2 + odd, length * take.frame_bytes // 2):
            body = take.follow_on(part)
            answer = await self.world.post(self.id, lane, body)
            if self._carrier(index):
                assert (409, "conflict") == (answer.status, answer.code)
                return
            take.take_next(body)
            self._accepted(answer, take)

    async def _post_at(self, index: int, back: int, length: int, odd: int, *, again: bool) -> None:
        lane = await self._settled(index)
        take = lane.take
        start = max(0, take.held - back)
        if again:  # and no more than that
            length, odd = min(length, take.held - start), 0
        body = _bytes(take, start, length + 1)[: length * take.frame_bytes + odd]
        answer = await self.world.post(self.id, lane, body, Upload_Offset=str(start))
        assert take.take_piece(start, body)
        self._accepted(answer, take)

    async def _post_beyond(self, index: int, length: int, *, gap: bool) -> None:
        lane = await self._settled(index)
        take = lane.take
        start = take.held + HOLE
        body = _bytes(take, start, length)
        headers = {"Gap": "true"} if gap else {}
        answer = await self.world.post(self.id, lane, body, Upload_Offset=str(start), **headers)
        if not gap:
            assert (409, take.held) == (answer.status, answer.offset)
            return
        take.take_gap(start)
        assert take.take_piece(start, body)
        self._accepted(answer, take)
        await check_gaps(self.world, self.id, [lane])

    async def _posts_overtake(self, index: int, first: int, second: int) -> None:
        lane = await self._settled(index)
        take = lane.take
        first = max(0, min(first, len(take.source) - take.held))
        pieces = [(take.held, first), (take.held + first, second)]
        answers = await asyncio.gather(*(self._post_piece(lane, *piece) for piece in reversed(pieces)))
        assert answers[1].status == 200
        if answers[0].status != 200:
            assert answers[0].offset in (take.held, take.held + first)
            answers[0] = await self._post_piece(lane, *pieces[1])
        for start, length in pieces:
            assert take.take_piece(start, _bytes(take, start, length))
        self._accepted(answers[0], take)

    async def _post_piece(self, lane: Lane, start: int, length: int) -> Any:
        body = _bytes(lane.take, start, length)
        return await self.world.post(self.id, lane, body, Upload_Offset=str(start))

    async def _post_breaks_off(self, index: int, length: int, odd: int, *, placed: bool) -> None:
        lane = await self._settled(index)
        take = lane.take
        if self._carrier(index) and (not placed or not self.world.service.follows):
            return
        body = take.follow_on(length * take.frame_bytes + odd)
        headers: dict[str, str] = {}
        if placed:
            body, headers = _bytes(take, take.held, length), {"Upload_Offset": str(take.held)}
        await self.world.break_off(self.id, lane, body, **headers)
        if not self.world.service.follows:
            await self._restart(crash=True)
        before = len(take.tail) if not placed else 0
        most = take.held + (len(body) + before) // take.frame_bytes
        await self._settle_at_head(lane, take, most)

    async def _post_something_else(self, index: int, back: int) -> None:
        lane = await self._settled(index)
        take = lane.take
        if not take.held:
            return
        start = max(0, take.held - back)
        other = (take.cut(start, take.held - start) ^ 0x55).astype("<i2")
        answer = await self.world.post(self.id, lane, other.tobytes(), Upload_Offset=str(start))
        assert (409, "audio_differs", take.held) == (answer.status, answer.code, answer.offset)

    # Inside: sockets

    async def _connect(self, who: set[int]) -> None:
        new = await self._dial_in(who)
        for index in who:
            old = self._carrier(index)
            carried = old.carried.pop(index) if old else None
            _resolve(self.lanes[index].take, new.carried[index].through, carried)
            if old and carried and not old.carried:
                assert await old.hear_close() == 4430
                self.sockets.remove(old)
        self.sockets.append(new)

    async def _dial_in(self, who: set[int]) -> Socket:
        """A socket that is welcome; sent away as too many at once, a sender comes again."""
        while True:
            new = await self.world.dial(self.id)
            try:
                await new.open([(index, self.lanes[index]) for index in sorted(who)])
            except Closed as closed:
                if closed.code != CloseCode.OVERLOADED:
                    raise
            else:
                return new

    async def _send(self, index: int, back: int, length: int) -> None:
        socket = await self._get_carrier(index)
        take, carried = self.lanes[index].take, socket.carried[index]
        await self._catch_up(socket, carried, take)
        start = max(0, carried.sent - back)
        pcm = take.cut(start, length, carried.gaps)
        await socket.send(carried.number, start, pcm.astype("<i2").tobytes())
        carried.sent = max(carried.sent, start + len(pcm))

    async def _send_beyond(self, index: int, length: int) -> None:
        socket = await self._get_carrier(index)
        lane = await self._settled(index)
        carried, told = socket.carried[index], len(socket.carried[index].nacks)
        await socket.send(carried.number, carried.sent + HOLE, _bytes(lane.take, carried.sent + HOLE, length))
        if carried.sent not in carried.nacks:
            await socket.hear(lambda _: len(carried.nacks) > told)
            assert carried.nacks[-1] == carried.sent

    async def _send_gap(self, index: int, length: int) -> None:
        socket = await self._get_carrier(index)
        carried = socket.carried[index]
        await self._catch_up(socket, carried, self.lanes[index].take)
        gap = (carried.sent, min(carried.sent + length, len(self.lanes[index].take.source)))
        if gap[0] < gap[1]:
            await socket.say("gap", stream=carried.number, **{"from": gap[0], "to": gap[1]})
            carried.gaps.append(gap)
            carried.sent = gap[1]

    async def _send_something_else(self, index: int, back: int) -> None:
        socket = await self._get_carrier(index)
        lane = await self._settled(index)
        take = lane.take
        if not take.held:
            return
        carried, start = socket.carried[index], max(0, take.held - back)
        other = (take.cut(start, take.held - start) ^ 0x55).astype("<i2")
        await socket.send(carried.number, start, other.tobytes())
        await socket.hear(lambda _: bool(carried.errors))
        assert carried.errors == ["audio_differs"]
        del socket.carried[index]

    async def _send_end(self, index: int) -> None:
        socket = await self._get_carrier(index)
        lane = await self._settled(index)
        carried = socket.carried[index]
        await socket.say("end", stream=carried.number)
        await socket.hear(lambda _: carried.ended)
        assert carried.through == lane.take.held
        del socket.carried[index]
        lane.take.ended = True

    async def _disconnect(self, index: int, length: int, *, polite: bool) -> None:
        socket = await self._get_carrier(index)
        if polite:
            await socket.say("bye")
            assert await socket.hear_close() == 1000
        else:
            await socket.break_off(half_frame(_bytes(self.lanes[index].take, 0, length)))
            if not self.world.service.follows:
                await self._restart(crash=True)
                return
        await self.world.service.wait_over(socket.tag)
        self.sockets.remove(socket)
        for other, carried in socket.carried.items():
            take = self.lanes[other].take
            through = await self._head(self.lanes[other])
            assert not polite or through >= carried.sent
            _resolve(take, through, carried)

    # Inside: leaving, coming back, and the service

    async def _post_end(self, index: int) -> None:
        lane = await self._settled(index)
        take = lane.open
        if take is None or not take.held:
            return
        await self._end_participants(lane)
        if socket := self._carrier(index):
            carried = socket.carried[index]
            await socket.send(carried.number, carried.sent, _bytes(take, 0, 100))
            await socket.hear(lambda _: bool(carried.errors))
            assert carried.errors == ["stream_ended"]
            del socket.carried[index]
            await self._drop_if_bare(socket)
        take.ended = True

    async def _end_participants(self, lane: Lane) -> None:
        for participant in lane.participants:
            path = f"/v1/meetings/{self.id}/participants/{participant}/end"
            assert (await self.world.ask("POST", path)).status == 200

    async def _repeat(self, index: int, length: int, *, restart: bool) -> None:
        await self._post_end(index)
        lane = self.lanes[index]
        again = lane.ended
        if again is None or self._carrier(index):
            return
        held = again.content()[:length]
        headers = {"Upload_Offset": "0", "Captured_At": again.captured_at.isoformat()}
        answer = await self.world.post(self.id, lane, held.astype("<i2").tobytes(), **headers)
        assert (200, len(held)) == (answer.status, answer.offset)
        if restart:
            await self._restart(crash=True)
            assert len(held) == await self._head(lane)
        await self._end_participants(lane)

    async def _restart(self, *, crash: bool) -> None:
        for index in range(len(self.lanes)):
            if not crash:
                await self._settled(index)
        stop = self.world.service.crash() if crash else self.world.service.stop()
        _, *codes = await asyncio.gather(stop, *(socket.hear_close() for socket in self.sockets))
        assert crash or set(codes) <= {1012}
        await self.world.service.start()
        for socket in self.sockets:
            for index, carried in socket.carried.items():
                _resolve(self.lanes[index].take, await self._head(self.lanes[index]), carried)
        self.sockets.clear()

    async def _finish(self, index: int, length: int, *, delete: bool) -> None:
        for other in range(len(self.lanes)):
            await self._settled(other)
        lane = self.lanes[index]
        take = lane.take
        start, body = take.held, _bytes(take, take.held, length)
        piece = self.world.post(self.id, lane, body, Upload_Offset=str(start))
        path = f"/v1/meetings/{self.id}"
        ways = [("DELETE", path)] if delete else [("POST", f"{path}/end")] * 2
        answer, *ends = await asyncio.gather(piece, *(self.world.ask(*way) for way in ways))
        assert {end.status for end in ends} == ({204} if delete else {200})
        assert answer.status in ({200, 404, 409} if delete else {200, 409})
        if answer.status == 200:
            take.take_piece(start, body)
        self.over, self.deleted = True, delete
        for socket in self.sockets:
            assert await socket.hear_close() == (4404 if delete else 4410)
        self.sockets.clear()
        if delete:
            assert (await self.world.ask("GET", path)).status == 404

    # Inside: what both sides know

    async def _settled(self, index: int) -> Lane:
        """The lane once all that its socket sent is acknowledged."""
        lane = self.lanes[index]
        if (socket := self._carrier(index)) and (take := lane.open):
            carried = socket.carried[index]
            if carried.sent > take.held or carried.gaps:
                await socket.hear_through(carried, carried.sent)
                _resolve(take, max(take.held, carried.through), carried)
            await self._catch_up(socket, carried, take)
        return lane

    async def _catch_up(self, socket: Socket, carried: Carried, take: Take) -> None:
        """Who sends beside a socket may be ahead of it; it learns that from what it sends again."""
        if carried.sent < take.held:
            await socket.send(carried.number, carried.sent, _bytes(take, carried.sent, 1))
            await socket.hear_through(carried, take.held)
            carried.sent = take.held

    async def _settle_at_head(self, lane: Lane, take: Take, most: int) -> None:
        through = await self._head(lane)
        assert take.held <= through <= most
        take.settle(through)

    async def _head(self, lane: Lane) -> int:
        """Where a sender of the lane would go on: all that everybody in it has is held."""
        return min([await self.world.head(self.id, participant) for participant in lane.participants])

    async def _drop_if_bare(self, socket: Socket) -> None:
        if not socket.carried:
            await socket.say("bye")
            assert await socket.hear_close() == 1000
            self.sockets.remove(socket)

    def _carrier(self, index: int) -> Socket | None:
        return next((socket for socket in self.sockets if index in socket.carried), None)

    async def _get_carrier(self, index: int) -> Socket:
        """The socket that carries the lane; a new one if there is none."""
        if (socket := self._carrier(index)) is None:
            await self._connect({index})
            socket = self.sockets[-1]
        return socket

    def _accepted(self, answer: Answer, take: Take) -> None:
        assert (200, take.held) == (answer.status, answer.offset), f"{take.held} held, {answer}"

    async def _check_held(self) -> None:
        touched, self.touched = self.touched, set()
        for index in touched:
            lane = self.lanes[index]
            take, socket = lane.open, self._carrier(index)
            through = await self._head(lane)
            if socket and take:
                assert take.held <= through <= max(take.held, socket.carried[index].sent)
            else:
                assert through == (take.held if take else 0)

    async def _check_end(self) -> None:
        for index in range(len(self.lanes) if not self.over else 0):
            await self._settled(index)
        for socket in self.sockets:
            await socket.ws.close()
        answer = await self.world.ask("POST", f"/v1/meetings/{self.id}/end")
        assert answer.status == 200
        await check_meeting(self.world, self.id, self.lanes)


def _bytes(take: Take, start: int, length: int) -> bytes:
    return take.cut(start, length).astype("<i2").tobytes()


def _resolve(take: Take, through: int, carried: Carried | None) -> None:
    """So much is held of what a socket had on its way, with the gaps that lie before it."""
    if carried is None:
        assert through == take.held
        return
    assert take.held <= through <= max(take.held, carried.sent)
    for start, end in carried.gaps:
        if end <= through:
            take.settle(start)
            take.take_gap(end)
        else:
            assert through <= start, "half of a gap is held"
    carried.gaps.clear()
    take.settle(through)
