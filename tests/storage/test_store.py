"""The store as a whole: opening, restarts, other processes, crashes, failing disks."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from meeting_service.clock import SystemClock
from meeting_service.errors import CannotStart, StorageFailed
from meeting_service.meeting import Meeting, Stream
from meeting_service.storage import Store
from meeting_service.transcript import TranscriptGap
from tests.storage.conftest import FakeClock, checkpoint_at, make_sentence
from tests.storage.test_migrate import HEAD


def run_python(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own."""
    command = [sys.executable, "-W", "error", "-c", code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


async def test_restart_shows_all(store: Store, stream: Stream, path: Path, clock: FakeClock) -> None:
    """What was kept before closing is there after opening, and numbering goes on."""
    await store.commit_final(stream, [make_sentence(n) for n in range(3)], checkpoint_at(stream, 3), 144_000)
    await store.record_gap(stream, TranscriptGap("ann", 10, 20))
    transcript = await store.get_transcript("m")
    told = await store.list_events("m", 0)
    await store.close()

    again = await Store.open(path, clock)

    assert transcript == await again.get_transcript("m")
    assert told == await again.list_events("m", 0)
    assert [(stream, checkpoint_at(stream, 3))] == await again.list_unfinished_streams()
    assert (await again.rename_meeting("m", "On")).seq == len(told) + 1
    await again.close()


OPEN = """
import asyncio, sys
from pathlib import Path
from meeting_service.clock import SystemClock
from meeting_service.errors import CannotStart
from meeting_service.storage import Store, migrate

async def main(path):
    try:
        await Store.open(path, SystemClock())
    except CannotStart as error:
        print(error)
    try:
        migrate(path)
    except CannotStart as error:
        print(error)
    reader = await Store.open_to_read(path, SystemClock())
    print((await reader.get_meeting("m")).title)
    await reader.close()

asyncio.run(main(Path(sys.argv[1])))
"""


async def test_second_process_may_read_but_not_write(store: Store, meeting: Meeting, path: Path) -> None:
    """While one process has the database another is refused in one line, but can take transcripts away."""
    run = await asyncio.to_thread(run_python, OPEN, path)

    assert run.stderr == ""
    refused = f"another meeting-service is using {path.parent}: stop it, or choose --data"
    assert [refused, refused, meeting.title] == run.stdout.splitlines()
    await store.rename_meeting("m", "still mine")


async def test_reading_store_cannot_write(
    store: Store, meeting: Meeting, path: Path, clock: FakeClock
) -> None:
    """A store opened to read sees what is committed later, and fails every write."""
    reader = await Store.open_to_read(path, clock)

    await store.rename_meeting("m", "Later")

    assert (await reader.get_meeting("m")).title == "Later"
    with pytest.raises(StorageFailed):
        await reader.rename_meeting("m", "x")
    with pytest.raises(StorageFailed):
        await reader.check_writable()
    await reader.close()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (None, "unable to open"),
        (b"", "run meeting-service migrate"),
        (b"no database " * 999, "not a database"),
    ],
)
async def test_reading_needs_a_database_of_this_version(
    tmp_path: Path, clock: FakeClock, content: bytes | None, line: str
) -> None:
    """Opening to read makes nothing: no file, an empty one and a foreign one are each one clear line."""
    if content is not None:
        await asyncio.to_thread((tmp_path / "meetings.db").write_bytes, content)

    with pytest.raises(CannotStart, match=line):
        await Store.open_to_read(tmp_path / "meetings.db", clock)

    assert content is not None or [] == await asyncio.to_thread(lambda: list(tmp_path.iterdir()))


MIGRATE = """
import sys, pathlib
from meeting_service.storage import migrate
print(migrate(pathlib.Path(sys.argv[1])))
"""


def test_failed_open_lets_go(path: Path, clock: FakeClock) -> None:
    """After a refused start the folder is free for whoever repairs it."""
    path.mkdir(parents=True)
    with pytest.raises(CannotStart):
        asyncio.run(Store.open(path, clock))
    path.rmdir()

    assert f"(None, '{HEAD}')\n" == run_python(MIGRATE, path).stdout


async def test_deleted_text_is_gone_from_the_files(store: Store, stream: Stream, path: Path) -> None:
    """No byte of what was said or of who said it is left in any file."""
    await store.put_participant("m", "ann", "Annabella")
    said = [make_sentence(n, f"xylophone {n}") for n in range(200)]
    await store.commit_final(stream, said, checkpoint_at(stream, 200), 0)
    assert b"xylophone" in b"".join(file.read_bytes() for file in path.parent.iterdir())

    await store.delete_meeting("m")

    left = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert b"xylophone" not in left
    assert b"Annabella" not in left


async def test_writable_store_says_so(store: Store) -> None:
    """The check writes, and tells nothing to anybody."""
    await store.check_writable()


def test_crash_at_every_statement(tmp_path: Path) -> None:
    """Killed at any statement of a commit, its sentences and its checkpoint are both there or both not."""
    worker = [sys.executable, "-m", "tests.storage.crash_worker", str(tmp_path)]
    run = subprocess.run(worker, capture_output=True, text=True, check=True, timeout=120)

    statuses = [int(line.split()[1]) for line in run.stdout.splitlines()]
    assert [signal.SIGKILL] * (len(statuses) - 1) + [0] == statuses
    assert len(statuses) > 6
    for folder in sorted(tmp_path.iterdir()):
        check_whole(folder / "meetings.db", done=folder.name == str(len(statuses)))


def check_whole(path: Path, *, done: bool) -> None:
    """Either only what was prepared is held, or all of what was committed; without a restart in between."""

    async def look() -> tuple[int, int, list[int]]:
        store = await Store.open(path, SystemClock())
        [(_, checkpoint)] = await store.list_unfinished_streams()
        sentences = (await store.get_transcript("m")).sentences
        seqs = [e.seq for e in await store.list_events("m", 0)]
        await store.close()
        return len(sentences), checkpoint.resume, seqs

    expected = (3, 48_000, [1, 2, 3, 4, 5, 6]) if done else (1, 16_000, [1, 2, 3, 4])
    assert expected == asyncio.run(look())


FULL = """
import asyncio, resource, sys
from pathlib import Path
from meeting_service.clock import SystemClock
from meeting_service.errors import StorageFailed
from meeting_service.meeting import NewMeeting
from meeting_service.storage import Store

async def main(path):
    store = await Store.open(path, SystemClock())
    await store.create_meeting(NewMeeting(id="m", title="before"))
    held = sum(file.stat().st_size for file in path.parent.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (held + 20_000, resource.RLIM_INFINITY))
    acknowledged, failed = 0, None
    while failed is None:
        try:
            await store.create_meeting(NewMeeting(id=f"m{acknowledged}", title="x" * 5_000))
            acknowledged += 1
        except StorageFailed as error:
            failed = error
    print(failed.code, (await store.get_meeting("m")).title)
    held = len((await store.list_meetings(limit=500)).meetings) - 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await store.create_meeting(NewMeeting(id="after"))
    await store.check_writable()
    print(acknowledged, held)
    await store.close()

asyncio.run(main(Path(sys.argv[1])))
"""


def test_disk_that_stops_taking_data(path: Path) -> None:
    """Nothing is acknowledged that is not kept, reading goes on, and it recovers by itself."""
    run = run_python(FULL, path)

    assert run.stderr == ""
    first, second = run.stdout.splitlines()
    assert first.split()[0] in {"storage_failed", "disk_full"}
    assert first.split()[1] == "before"
    acknowledged, held = second.split()
    assert acknowledged == held
