"""Whether what a traced service told was on disk then: by the order of its calls, and after a power cut."""

import asyncio
import random
import shutil
import sqlite3
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from meeting_service.clock import SystemClock
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.errors import MeetingServiceError
from meeting_service.ledger import Ledger, LedgerReader
from meeting_service.storage import Store
from tests.faults.disk import Disk
from tests.faults.insistent import NAME_BYTES, PIECE_BYTES, find_end, piece
from tests.faults.powered import Told, Trace
from tests.faults.tracing import Call


def find_unsynced(trace: Trace) -> Iterator[str]:
    """What was told before it was synced, a line each. A trace that tells nothing is a fault, too."""
    tellings = list(trace.tellings())
    if not any(told.through for told in tellings) or not any(told.sentence_id for told in tellings):
        yield "nothing was acknowledged, or no sentence was told"
    kept = [call for call in trace.calls if call.file.startswith(str(trace.data))]
    seen: set[bytes] = set()
    for told in tellings:
        new = [mark for mark in _marks(told) if mark not in seen]
        seen.update(new)
        yield from filter(None, (_find_fault(kept, told, mark) for mark in new))


def find_unsynced_folders(trace: Trace) -> Iterator[str]:
    """Files of the data folder, and the folder, whose name was not synced before anything was told."""
    first = next(trace.tellings()).call
    syncs = [call for call in trace.calls if call.is_sync and call.ended < first.begun]
    for name in (LEDGER_FILE, f"{LEDGER_FILE}-wal", STORE_FILE, f"{STORE_FILE}-wal"):
        made = next(c for c in trace.calls if c.name == "openat" and c.file == str(trace.data / name))
        if not any(sync.file == str(trace.data) and sync.begun > made.ended for sync in syncs):
            yield f"{name} was made and its folder not synced"
    if not any(sync.file == str(trace.data.parent) for sync in syncs):
        yield "the data folder was made and the one above it not synced"


def cut(trace: Trace, moments: int, seed: int, folder: Path) -> Iterator[str]:
    """Cut the power at so many moments; what was told before and is not there, a line each."""
    chance = random.Random(seed)
    begun = [call.begun for call in trace.calls]
    tellings = list(trace.tellings())
    ends = sorted(chance.randint(tellings[0].call.begun, trace.calls[-1].ended) for _ in range(moments))
    disk, done = Disk(trace.data, trace.before), 0
    at_work: list[Call] = []  # syncs that have not ended have done nothing for certain
    for moment in ends:
        upto = bisect_left(begun, moment)
        calls = [*at_work, *trace.calls[done:upto]]
        at_work = [call for call in calls if call.is_sync and call.ended >= moment]
        disk.replay(call for call in calls if call not in at_work)
        done = upto
        left = folder / "left"
        shutil.rmtree(left, ignore_errors=True)
        left.mkdir(parents=True)
        disk.leave(left, chance)
        for failure in check_left(left, [told for told in tellings if told.call.begun < moment]):
            yield f"seed {seed}, moment {moment}: {failure}"


def check_left(data: Path, tellings: Sequence[Told]) -> Iterator[str]:
    """What was told and is not in these databases; they are opened as the service opens them."""
    held: dict[str, int] = {}
    for told in tellings:
        held[told.participant] = max(held.get(told.participant, 0), told.through)
    try:
        _open_as_service(data)
        yield from _check_sentences(data, {told.sentence_id for told in tellings} - {""})
        streams = _list_streams(data)
        for participant, through in held.items():
            if through:
                yield from _check_audio(data, streams.get(participant), participant, through)
        for name in (LEDGER_FILE, STORE_FILE):
            with closing(sqlite3.connect(data / name)) as db:
                if (found := db.execute("PRAGMA integrity_check").fetchone()[0]) != "ok":
                    yield f"{name}: {found}"
    except (MeetingServiceError, sqlite3.Error) as error:
        yield f"{type(error).__name__}: {error}"


def _open_as_service(data: Path) -> None:
    """As a start does; raises what stops the start."""

    async def start() -> None:
        ledger = Ledger.open(data / LEDGER_FILE)
        try:
            store = await Store.open(data / STORE_FILE, SystemClock())
            await store.close()
        finally:
            await ledger.close()

    asyncio.run(start())


def _marks(told: Told) -> Iterator[bytes]:
    """Bytes of all that it tells of."""
    if told.sentence_id:
        yield told.sentence_id.encode()
        return
    number = 0
    while find_end(told.participant, number) <= told.through:
        yield piece(told.participant, number)[:NAME_BYTES]
        number += 1


def _find_fault(calls: Sequence[Call], told: Told, mark: bytes) -> str | None:
    """Why what is marked was not on disk when it was told; None if it was."""
    written: dict[str, Call] = {}
    for call in calls:
        if call.begun >= told.call.begun:
            break
        if call.name == "pwrite64" and mark in call.data:
            written[call.file] = call
        elif call.file in written and "sync" in call.name and call.begun > written[call.file].ended:
            if call.is_sync and call.ended < told.call.begun:
                return None
            del written[call.file]  # what a failed sync was to keep, no later one keeps
    return f"{mark!r} was told and not synced"


def _check_sentences(data: Path, told: set[str]) -> Iterator[str]:
    with closing(sqlite3.connect(data / STORE_FILE)) as db:
        kept = {row[0] for row in db.execute("SELECT id FROM sentences")} if told else set()
    for sentence_id in sorted(told - kept):
        yield f"sentence {sentence_id} was told and is not there"


def _list_streams(data: Path) -> dict[str, int]:
    with closing(sqlite3.connect(data / STORE_FILE)) as db:
        return dict(db.execute("SELECT participant_id, id FROM streams WHERE meeting_id = 'm'"))


def _check_audio(data: Path, stream_id: int | None, participant: str, through: int) -> Iterator[str]:
    if stream_id is None:
        yield f"audio of {participant} was acknowledged and the stream is not there"
        return
    with closing(LedgerReader(data / LEDGER_FILE)) as reader:
        held = reader.read(stream_id, 0, through).tobytes()
    sent = b"".join(piece(participant, number) for number in range(2 * through // PIECE_BYTES + 1))
    if held != sent[: 2 * through]:
        yield f"audio of {participant} acknowledged to {through} is not what was sent"
