"""Commits sentences and is killed at the n-th statement of a commit, for n = 1, 2, …; run by a test.

Prints for each n the status of the process that was to be killed; the last one was not.
"""

import asyncio
import os
import signal
import sys
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from meeting_service.clock import SystemClock
from meeting_service.meeting import NewMeeting, Stream
from meeting_service.storage import Store
from tests.storage.conftest import checkpoint_at, make_sentence


async def prepare(path: Path) -> None:
    """A meeting with one final sentence."""
    store = await Store.open(path, SystemClock())
    await store.create_meeting(NewMeeting(id="m"))
    await store.put_participant("m", "ann", None)
    stream, _ = await store.open_stream("m", "ann", 16_000, 0)
    await store.commit_final(stream, [make_sentence(0)], checkpoint_at(stream, 1), 16_000)
    await store.close()


async def commit(path: Path, die_at: int) -> None:
    """Commit two more sentences; the process ends at that statement."""
    store = await Store.open(path, SystemClock())
    stream = (await store.list_streams("m"))[0]
    statements = count(1)

    def die(*_: object) -> None:
        if next(statements) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    sa.event.listen(sa.Engine, "before_cursor_execute", die)
    sa.event.listen(sa.Engine, "commit", die)
    await _commit(store, stream)
    await store.close()


async def _commit(store: Store, stream: Stream) -> None:
    sentences = [make_sentence(1), make_sentence(2)]
    await store.commit_final(stream, sentences, checkpoint_at(stream, 3), 48_000)


def main(folder: Path) -> None:
    """One database and one child for each n."""
    for die_at in count(1):
        path = folder / str(die_at) / "meetings.db"
        asyncio.run(prepare(path))
        child = os.fork()
        if child == 0:
            asyncio.run(commit(path, die_at))
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        print(die_at, status, flush=True)  # noqa: T201 - what the test reads
        if status == 0:
            return


if __name__ == "__main__":
    main(Path(sys.argv[1]))
