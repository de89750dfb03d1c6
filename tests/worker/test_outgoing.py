"""The child's answers on their way, over a real socket."""

import asyncio
import socket
from collections.abc import Sequence
from dataclasses import replace

from meeting_service.meeting import Checkpoint
from meeting_service.recognition import Unrecognised
from meeting_service.transcript import Draft
from meeting_service.worker.messages import (
    Advanced,
    Behind,
    DraftsPaced,
    Finalized,
    Finished,
    Reply,
    decode,
)
from meeting_service.worker.outgoing import Outgoing

UNREAD = b" " * 4 * 1024 * 1024


async def hear(replies: Sequence[Reply], before: bytes = b"") -> list[Reply]:
    """What a service hears that begins to read when all is said."""
    ours, theirs = socket.socketpair()
    _, writer = await asyncio.open_unix_connection(sock=theirs)
    outgoing = Outgoing(writer)
    async with asyncio.TaskGroup() as group:
        writer.write(before)
        running = group.create_task(outgoing.run())
        for reply in replies:
            outgoing.emit(reply)
            await asyncio.sleep(0)
        outgoing.emit(Finished(99, 1))
        service, closing = await asyncio.open_unix_connection(sock=ours, limit=2 * len(UNREAD))
        heard = [decode(await service.readline())]
        while heard[-1] != Finished(99, 1):
            heard.append(decode(await service.readline()))
        await outgoing.drain()
        running.cancel()
    for end in (closing, writer):
        end.close()
        await end.wait_closed()
    return heard[:-1]


async def test_a_service_hears_everything() -> None:
    """In order, each answer once, as long as the socket takes them."""
    first, last = Advanced(1, 1, Checkpoint(1, 5)), Advanced(1, 1, Checkpoint(1, 9))
    said: list[Reply] = [first, Behind(2, 1, 900), last]

    assert said == await hear(said)


async def test_only_the_latest_waits_where_the_socket_is_full() -> None:
    """Of a stream's advances and lags, after whatever was said in between; of all else nothing is lost."""
    said: list[Reply] = []
    for n in range(50):
        said += [Advanced(1, 1, Checkpoint(1, n)), Behind(1, 1, n), Advanced(2, 1, Checkpoint(2, n))]
        said += [DraftsPaced(n), Finished(n, 1)]
    finished = [reply for reply in said if isinstance(reply, Finished)]

    heard = await hear(said, before=UNREAD)

    assert [*finished[:-1], *said[-5:]] == heard


async def test_speech_without_text_is_never_replaced() -> None:
    """It goes with the next checkpoint of the same reading, joined where it touches, before later text."""
    lost = [Unrecognised(start, start + 10) for start in (0, 10, 30, 50, 60)]
    said: list[Reply] = [
        Advanced(1, 1, Checkpoint(1, 10), lost[:1]),
        Advanced(1, 1, Checkpoint(1, 20), lost[1:2]),
        Advanced(1, 1, Checkpoint(1, 40), lost[2:3]),
        Advanced(1, 1, Checkpoint(1, 45)),
    ]
    final = Finalized(1, 1, (), Draft("ann", 0, 0, ""), Checkpoint(1, 60), unrecognised=lost[3:4])
    after = Advanced(1, 1, Checkpoint(1, 70), lost[4:])
    kept = (Unrecognised(0, 20), Unrecognised(30, 40))

    assert [Advanced(1, 1, Checkpoint(1, 45), kept)] == await hear(said, before=UNREAD)
    expected = [replace(final, unrecognised=(*kept, lost[3])), replace(after, unrecognised=(lost[4],))]
    assert expected == await hear([*said, final, after], before=UNREAD)
    again = Advanced(1, 2, Checkpoint(1, 0))
    assert [again] == await hear([*said, again], before=UNREAD)


async def test_a_service_that_is_gone_is_not_waited_for() -> None:
    """Nor does it trouble who recognises: the end of the socket ends the child."""
    ours, theirs = socket.socketpair()
    _, writer = await asyncio.open_unix_connection(sock=theirs)
    outgoing = Outgoing(writer)
    writer.write(UNREAD)
    waiting = asyncio.create_task(outgoing.drain())
    await asyncio.sleep(0)
    ours.close()

    await waiting
    await outgoing.drain()
    writer.close()
