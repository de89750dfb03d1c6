"""A worker's home, with real child processes that say what a test has them say."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from meeting_service.data_folder import IN_WORK_FILE, SUSPECTS_FILE
from meeting_service.errors import CannotStart
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recognition import DecodingConfig
from meeting_service.worker.blackboard import SIZE, Blackboard
from meeting_service.worker.home import MAX_REPLIES, ChildWorker
from meeting_service.worker.messages import (
    Away,
    Configure,
    DraftsPaced,
    OpenStream,
    Ready,
    Reply,
    Restarted,
    StartFailed,
    encode,
)
from meeting_service.worker.notes import Notes
from meeting_service.worker.process import MAX_LINE_BYTES, MAX_UNREAD_BYTES
from meeting_service.worker.suspects import MOST_CRASHES
from meeting_service.worker.watch import Patience

CONFIGURE = Configure("/nowhere/audio.db", ("demo",), "auto", {}, {}, {})
READY = encode(Ready("a child of a test"))
CHILD = """#!{python} -IS
import socket, sys
from pathlib import Path

folder = Path(__file__).parent
number = len(list(folder.glob("started-*")))
(folder / f"started-{{number}}").touch()
service = socket.socket(fileno=int(sys.argv[3]))
try:
    service.sendall((folder / f"says-{{min(number, {last})}}").read_bytes())
    while service.recv(65536):
        pass
except ConnectionError:
    pass
"""


def write_child(folder: Path, *sayings: bytes) -> str:
    """A program whose first process says the first of these, the next the next, all others the last."""
    for number, saying in enumerate(sayings):
        (folder / f"says-{number}").write_bytes(saying)
    program = folder / "child"
    program.write_text(CHILD.format(python=sys.executable, last=len(sayings) - 1))
    program.chmod(0o755)
    return str(program)


@asynccontextmanager
async def running(
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    patience: Patience | None = None,
    *,
    notes: Path | None = None,
) -> AsyncIterator[ChildWorker]:
    """A worker whose children run this program."""
    monkeypatch.setattr(sys, "executable", program)
    worker = ChildWorker(CONFIGURE, restart_delays_s=(0.0, 0.01), patience=patience, notes=notes)
    async with asyncio.timeout(60):  # what hangs fails
        try:
            await worker.start()
            yield worker
        finally:
            await worker.stop()


async def until_restarted(worker: ChildWorker) -> list[Reply]:
    """What children answered before a new one has taken over."""
    replies: list[Reply] = []
    async for reply in worker.replies():
        if isinstance(reply, Restarted):
            break
        if not isinstance(reply, Away):
            replies.append(reply)
    return replies


def send_signal(worker: ChildWorker, number: signal.Signals) -> None:
    """To the child that lives now."""
    assert worker.pid is not None
    os.kill(worker.pid, number)


async def test_a_child_that_dies_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every time, and what it said before is handled first."""
    async with running(monkeypatch, write_child(tmp_path, READY + encode(DraftsPaced(100)), READY)) as worker:
        pids = [worker.pid]
        for expected in ([DraftsPaced(100)], [], []):
            send_signal(worker, signal.SIGKILL)
            assert expected == await until_restarted(worker)
            pids.append(worker.pid)

        assert worker.ready
        assert all(before != after for before, after in pairwise(pids))


async def test_a_service_that_is_killed_again_and_again_gives_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same window is in work each time, as a slow recogniser has it."""
    program, notes = write_child(tmp_path, READY), Notes(tmp_path)
    for start in range(5):
        with (
            notes.open_in_work() as file,
            Blackboard(bytearray(SIZE), file.fileno()).recognising([(7, 0)], 1.0),
        ):
            in_work = (tmp_path / IN_WORK_FILE).read_bytes()
        (tmp_path / IN_WORK_FILE).write_bytes(in_work)
        async with running(monkeypatch, program, notes=tmp_path):
            [[*_, crashes]] = json.loads((tmp_path / SUSPECTS_FILE).read_bytes())

        assert min(start + 1, MOST_CRASHES - 1) == crashes


async def test_starting_is_tried_until_it_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that cannot be made, or a child that does not get ready, is not the end."""
    program = write_child(tmp_path, READY, encode(StartFailed("no memory")), b"what?\n", READY)
    async with running(monkeypatch, program) as worker:
        monkeypatch.setattr(sys, "executable", str(tmp_path / "missing"))
        send_signal(worker, signal.SIGKILL)
        while worker.restarts < 3:  # noqa: ASYNC110 - failed attempts are only counted
            await asyncio.sleep(0)
        assert not worker.ready
        monkeypatch.setattr(sys, "executable", program)

        assert [] == await until_restarted(worker)
        assert worker.ready
        assert worker.restarts >= 5


@pytest.mark.parametrize(
    "garbage",
    [
        b"Traceback (most recent call last):\n",
        b"\xff\xfe\n",
        b"[1, 2, 3]\n",
        b"7\n",
        b'["Unheard",{}]\n',
        b'["DraftsPaced",[]]\n',
        b'["DraftsPaced",{"interval":1}]\n',
        b"x" * (MAX_LINE_BYTES + 1),
    ],
    ids=["text", "bytes", "length", "number", "kind", "body", "field", "endless"],
)
async def test_a_child_that_is_not_understood_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, garbage: bytes
) -> None:
    """What it said before counts, nothing after; the next one is followed as before."""
    paced = encode(DraftsPaced(100))
    program = write_child(tmp_path, READY + paced + garbage + encode(DraftsPaced(200)), READY + paced)
    async with running(monkeypatch, program) as worker:
        assert [DraftsPaced(100)] == await until_restarted(worker)
        assert DraftsPaced(100) == await anext(worker.replies())
        assert worker.restarts == 1


@pytest.mark.parametrize(
    ("says", "reason"),
    [(encode(StartFailed("no such model")), "no such model"), (b"what?\n", "it ended while starting")],
)
async def test_a_first_child_that_fails_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: bytes, reason: str
) -> None:
    """The service does not start on a worker that cannot."""
    with pytest.raises(CannotStart, match=reason):
        async with running(monkeypatch, write_child(tmp_path, says)):
            pass


async def test_a_first_process_that_cannot_be_made_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one line for the operator, not as an error of the system."""
    with pytest.raises(CannotStart, match="No such file"):
        async with running(monkeypatch, str(tmp_path / "missing")):
            pass


async def test_answers_wait_for_who_handles_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than may wait in the service all come, in order; the child is only held up."""
    said = [DraftsPaced(n) for n in range(3 * MAX_REPLIES)]
    async with running(monkeypatch, write_child(tmp_path, READY + b"".join(map(encode, said)))) as worker:
        replies = worker.replies()

        assert said == [await anext(replies) for _ in said]


async def test_stopping_does_not_wait_for_who_handles_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was not taken is dropped, for the next start answers it again; whoever follows hears the end."""
    said = b"".join(encode(DraftsPaced(n)) for n in range(3 * MAX_REPLIES))
    async with running(monkeypatch, write_child(tmp_path, READY + said)) as worker:
        await anext(worker.replies())
        await worker.stop()

        assert [] == [reply async for reply in worker.replies()]


async def test_a_child_that_does_not_listen_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it leaves unread is bounded, and the next one is not given it."""
    decoding = DecodingConfig(vocabulary=("a" * 1024 * 1024,))
    command = OpenStream(Stream(1, "m", "ann", 16_000, 0), 1, Checkpoint(1), decoding, "demo")
    async with running(monkeypatch, write_child(tmp_path, READY)) as worker:
        send_signal(worker, signal.SIGSTOP)
        for _ in range(MAX_UNREAD_BYTES // 1024 // 1024 + 1):
            worker.send(command)

        assert [] == await until_restarted(worker)
