"""The ledger from outside: what is answered is held, whatever is sent and however often."""

import asyncio
import sqlite3
from contextlib import closing, nullcontext
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meeting_service.audio import AudioChunk, Gap, Pcm
from meeting_service.errors import (
    AudioHole,
    CannotStart,
    DiskFull,
    InvalidAudio,
    NotFound,
    Overloaded,
    StorageFailed,
)
from meeting_service.ledger import Ledger, LedgerReader
from meeting_service.ledger.writer import MAX_WAITING_BYTES

NOISE: Pcm = np.random.default_rng(7).integers(-32_768, 32_767, 400_000).astype(np.int16)


def chunk(start: int, end: int, stream: int = 1) -> AudioChunk:
    """The stretch of noise that belongs there."""
    return AudioChunk(stream, start, NOISE[start:end])


def read(path: Path, stream: int, start: int, end: int) -> Pcm:
    """What another connection sees."""
    reader = LedgerReader(path)
    try:
        return reader.read(stream, start, end)
    finally:
        reader.close()


def query(path: Path, statement: str) -> list[tuple[object, ...]]:
    """Rows of the file itself."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchall()


async def test_what_is_appended_is_read(ledger: Ledger, path: Path) -> None:
    """Samples come back as they went in, from any position to any other."""
    assert {1: 1_000} == await ledger.append([chunk(0, 1_000)])
    assert {1: 100_000} == await ledger.append([chunk(1_000, 100_000)])

    assert 100_000 == ledger.through(1)
    assert np.array_equal(NOISE[:100_000], read(path, 1, 0, 100_000))
    assert np.array_equal(NOISE[999:70_001], read(path, 1, 999, 70_001))
    assert 0 == len(read(path, 1, 5, 5))


async def test_one_call_takes_chunks_of_several_streams(ledger: Ledger, path: Path) -> None:
    """Chunks of one call may be of different streams, and of one stream in a row."""
    through = await ledger.append([chunk(0, 10), chunk(0, 20, stream=2), chunk(10, 30)])

    assert {1: 30, 2: 20} == through
    assert np.array_equal(NOISE[:30], read(path, 1, 0, 30))
    assert np.array_equal(NOISE[:20], read(path, 2, 0, 20))


async def test_sent_again_is_skipped(ledger: Ledger, path: Path) -> None:
    """The same piece twice is one piece; an overlap is trimmed and what was held first stays."""
    await ledger.append([chunk(0, 100)])
    assert {1: 100} == await ledger.append([AudioChunk(1, 20, np.ones(50, np.int16))])
    assert {1: 120} == await ledger.append([AudioChunk(1, 80, NOISE[80:120])])

    assert np.array_equal(NOISE[:120], read(path, 1, 0, 120))


async def test_a_hole_stores_nothing(ledger: Ledger) -> None:
    """A call with a chunk that skips ahead is refused whole, and says where to go on."""
    await ledger.append([chunk(0, 100)])
    with pytest.raises(AudioHole) as refused:
        await ledger.append([chunk(0, 50, stream=2), chunk(100, 150), chunk(151, 160)])

    assert (150, 151) == (refused.value.expected, refused.value.offered)
    assert (100, 0) == (ledger.through(1), ledger.through(2))


async def test_empty_and_single_samples(ledger: Ledger, path: Path) -> None:
    """An empty piece changes nothing; one sample is a piece like any other."""
    assert {1: 0} == await ledger.append([chunk(0, 0)])
    for position in range(3):
        await ledger.append([chunk(position, position + 1)])

    assert np.array_equal(NOISE[:3], read(path, 1, 0, 3))


async def test_gap(ledger: Ledger, path: Path) -> None:
    """A gap reads as zeros, moves the position on, joins its neighbour and does not touch what is held."""
    await ledger.append([chunk(0, 100)])
    assert {1: 150} == await ledger.record_gaps([Gap(1, 50, 150)])
    assert {1: 200} == await ledger.record_gaps([Gap(1, 150, 200)])
    assert {1: 200} == await ledger.record_gaps([Gap(1, 120, 180)])
    await ledger.append([AudioChunk(1, 200, NOISE[:10])])

    assert [Gap(1, 100, 200)] == ledger.gaps(1)
    expected = np.concatenate([NOISE[:100], np.zeros(100, np.int16), NOISE[:10]])
    assert np.array_equal(expected, read(path, 1, 0, 210))
    with pytest.raises(AudioHole):
        await ledger.record_gaps([Gap(1, 211, 300)])
    with pytest.raises(InvalidAudio):
        await ledger.record_gaps([Gap(1, 210, 1 << 60)])


async def test_gaps_of_several_streams_are_one(ledger: Ledger) -> None:
    """All are kept, or none."""
    await ledger.append([chunk(0, 100), chunk(0, 50, stream=2)])
    with pytest.raises(AudioHole):
        await ledger.record_gaps([Gap(1, 100, 200), Gap(2, 60, 200)])
    assert (100, 50) == (ledger.through(1), ledger.through(2))

    assert {1: 200, 2: 200} == await ledger.record_gaps([Gap(1, 50, 200), Gap(2, 50, 200)])
    assert ([Gap(1, 100, 200)], [Gap(2, 50, 200)]) == (ledger.gaps(1), ledger.gaps(2))


async def test_what_is_held_can_be_compared(ledger: Ledger) -> None:
    """By content; a gap is silence, and what is not held cannot be."""
    await ledger.append([chunk(0, 100)])
    await ledger.record_gaps([Gap(1, 100, 110)])

    assert await ledger.holds(1, 20, NOISE[20:100])
    assert not await ledger.holds(1, 20, NOISE[21:101])
    assert await ledger.holds(1, 100, np.zeros(10, np.int16))
    with pytest.raises(StorageFailed):
        await ledger.holds(1, 105, np.zeros(10, np.int16))


async def test_tail_follows_the_last_sample(ledger: Ledger) -> None:
    """The bytes of an unfinished sample are kept; an old piece sent again does not bring old ones back."""
    await ledger.append([chunk(0, 100)], {1: b"ab"})
    assert b"ab" == ledger.tail(1)
    await ledger.append([chunk(0, 50)], {1: b""})
    assert b"ab" == ledger.tail(1)
    await ledger.append([chunk(50, 100)], {1: b""})
    assert b"ab" == ledger.tail(1)
    await ledger.append([chunk(100, 100)], {1: b"c"})
    assert b"c" == ledger.tail(1)
    await ledger.append([], {1: b"d"})
    assert b"d" == ledger.tail(1)
    await ledger.record_gaps([Gap(1, 100, 110)])

    assert b"" == ledger.tail(1)
    with pytest.raises(InvalidAudio):
        await ledger.append([], {1: bytes(2_000)})


async def test_reopening_finds_everything(path: Path) -> None:
    """Positions, tails, gaps and samples are the same after the ledger was closed and opened."""
    ledger = Ledger.open(path)
    await ledger.append([chunk(0, 100)])
    await ledger.record_gaps([Gap(1, 100, 130)])
    await ledger.append([AudioChunk(1, 130, NOISE[:5])], {1: b"x"})
    await ledger.close()
    await ledger.close()
    ledger = Ledger.open(path)

    assert (135, b"x", [Gap(1, 100, 130)]) == (ledger.through(1), ledger.tail(1), ledger.gaps(1))
    assert {1: 140} == await ledger.append([AudioChunk(1, 135, NOISE[5:10])])
    assert np.array_equal(NOISE[:10], read(path, 1, 130, 140))
    await ledger.close()
    with pytest.raises(StorageFailed, match="closed"):
        await ledger.append([chunk(0, 1)])


async def test_silence_costs_nothing_on_disk(ledger: Ledger, path: Path) -> None:
    """An hour of digital silence in small pieces is one row without samples."""
    silence = np.zeros(3_200, np.int16)
    await ledger.append([chunk(0, 1_000)])
    for position in range(1_000, 1_000 + 200 * 3_200, 3_200):
        await ledger.append([AudioChunk(1, position, silence)])
    rows = query(path, "SELECT start, length, kind, pcm FROM piece ORDER BY start")

    assert (1_000, 640_000, 1, None) == rows[1]
    assert 2 == len(rows)
    assert not read(path, 1, 1_000, 641_000).any()


async def test_concurrent_appends_to_one_stream_are_put_in_order(ledger: Ledger, path: Path) -> None:
    """Many tasks sending overlapping pieces of one stream at once end up with the stream, once."""
    pieces = [chunk(start, start + 700) for start in range(0, 50_000, 500)]
    await asyncio.gather(*(ledger.append([piece]) for piece in pieces))

    assert 50_200 == ledger.through(1)
    assert np.array_equal(NOISE[:50_200], read(path, 1, 0, 50_200))


async def test_one_callers_hole_does_not_hurt_the_others_of_its_group(ledger: Ledger) -> None:
    """Requests committed together fail alone."""
    results = await asyncio.gather(
        *(ledger.append([chunk(0, 100, stream)]) for stream in range(10)),
        ledger.append([chunk(5, 10, stream=99)]),
        *(ledger.append([chunk(0, 100, stream)]) for stream in range(10, 20)),
        return_exceptions=True,
    )

    assert 20 == sum(isinstance(result, dict) for result in results)
    assert isinstance(results[10], AudioHole)


async def test_cancelled_callers_corrupt_nothing(ledger: Ledger, path: Path) -> None:
    """Whatever calls are cancelled, the stream is whole and goes on where it says it is."""
    for round_ in range(20):
        at = ledger.through(1)
        tasks = [
            asyncio.ensure_future(ledger.append([chunk(start, start + 100)]))
            for start in range(at, at + 1_000, 100)
        ]
        await asyncio.sleep(0)
        for task in tasks[round_ % 10 :]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await ledger.append([], {1: b""})
    through = ledger.through(1)

    assert np.array_equal(NOISE[:through], read(path, 1, 0, through))
    assert {1: through + 10} == await ledger.append([chunk(through, through + 10)])


@settings(max_examples=25, deadline=None)
@given(
    pieces=st.lists(
        st.tuples(st.booleans(), st.integers(0, 300), st.integers(0, 120), st.integers(0, 9)), max_size=25
    )
)
async def test_any_order_of_pieces_and_gaps_gives_what_a_plain_array_would(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[tuple[bool, int, int, int]]
) -> None:
    """Duplicates, overlaps, gaps and holes in any order: first come stays, a hole is refused."""
    path = tmp_path_factory.mktemp("ledger") / "audio.db"
    ledger = Ledger.open(path)
    model = np.zeros(0, np.int16)
    for is_gap, start, length, value in pieces:
        new = np.full(length, 0 if is_gap else value, np.int16)
        if start <= len(model):
            model = np.concatenate([model, new[len(model) - start :]])
        with pytest.raises(AudioHole) if start > len(model) else nullcontext():
            if is_gap:
                await ledger.record_gaps([Gap(1, start, start + length)])
            else:
                await ledger.append([AudioChunk(1, start, new)])
        assert len(model) == ledger.through(1)
    await ledger.close()

    assert np.array_equal(model, read(path, 1, 0, len(model)))


async def test_deleting_leaves_nothing_and_gives_the_room_back(ledger: Ledger, path: Path) -> None:
    """After a deletion neither the file nor its log holds a byte of the stream, and the file is small."""
    marker = np.frombuffer(b"SECRET WORDS SPOKEN HERE", np.int16)
    await ledger.append([AudioChunk(1, 0, np.tile(marker, 50_000)), chunk(0, 1_000, stream=2)])
    await ledger.record_gaps([Gap(1, 600_000, 700_000)])
    await ledger.delete([1])
    left = b"".join(file.read_bytes() for file in path.parent.iterdir())

    assert b"SECRET WORDS" not in left
    async with asyncio.timeout(30):
        while sum(file.stat().st_size for file in path.parent.iterdir()) > 150_000:
            await ledger.check_writable()
    assert (0, []) == (ledger.through(1), ledger.gaps(1))
    assert np.array_equal(NOISE[:1_000], read(path, 2, 0, 1_000))
    with pytest.raises(StorageFailed, match="stream 1"):
        read(path, 1, 0, 10)


async def test_storing_goes_on_while_a_long_stream_is_deleted(ledger: Ledger) -> None:
    """A deletion of many rows neither blocks appends to others nor lets its own streams come back."""
    for start in range(0, 400_000, 4_000):
        await ledger.append([chunk(start, start + 4_000)])
    deletion = asyncio.ensure_future(ledger.delete([1]))
    await asyncio.sleep(0)

    assert {2: 10} == await ledger.append([chunk(0, 10, stream=2)])
    if not deletion.done():
        with pytest.raises(NotFound):
            await ledger.append([chunk(0, 10)])
    await deletion


async def test_a_short_deletion_waits_for_no_long_one(path: Path) -> None:
    """Each is answered when its own streams are gone."""
    ledger = Ledger.open(path)
    await ledger.append([chunk(0, 1_000), chunk(0, 1_000, stream=2)])
    await ledger.close()
    with closing(sqlite3.connect(path)) as db:
        db.executemany(
            "INSERT INTO piece VALUES (1, ?, 10, 1, 0, NULL)", ((2_000 + i,) for i in range(4_000))
        )
        db.commit()
    ledger = Ledger.open(path)
    long, short = (asyncio.ensure_future(ledger.delete([stream])) for stream in (1, 2))
    await short

    assert not long.done()
    await ledger.delete([])
    assert not long.done()
    await long
    await ledger.close()


async def test_a_deletion_cut_short_is_finished_at_the_next_start(path: Path) -> None:
    """What was doomed when the process ended is gone after the next start."""
    ledger = Ledger.open(path)
    await ledger.append([chunk(0, 1_000)])
    await ledger.close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO doomed VALUES (1)")
    connection.execute("DELETE FROM stream")
    connection.commit()
    connection.close()
    ledger = Ledger.open(path)
    await ledger.delete([1])
    await ledger.close()

    assert query(path, "SELECT stream FROM piece UNION SELECT stream FROM doomed") == []


async def test_full_disk_acknowledges_nothing_and_recovers(path: Path) -> None:
    """With no room left nobody is acknowledged, reading works, and once there is room storing goes on."""
    ledger = Ledger.open(path, max_bytes=600_000)
    await ledger.append([chunk(0, 100_000)])
    await ledger.append([chunk(0, 50_000, stream=2)])
    with pytest.raises(DiskFull):
        await ledger.append([chunk(100_000, 400_000)])

    assert 100_000 == ledger.through(1)
    assert np.array_equal(NOISE[:100_000], read(path, 1, 0, 100_000))
    await ledger.delete([2])
    assert {1: 140_000} == await ledger.append([chunk(100_000, 140_000)])
    assert np.array_equal(NOISE[:140_000], read(path, 1, 0, 140_000))
    await ledger.close()


async def test_a_failing_disk_acknowledges_nothing_and_recovers(ledger: Ledger, path: Path) -> None:
    """Writes that the system refuses fail the call; when they work again, so does the ledger."""
    resource = pytest.importorskip("resource")
    await ledger.append([chunk(0, 1_000)])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limits[1]))
    try:
        with pytest.raises(StorageFailed):
            await ledger.append([chunk(1_000, 200_000)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert 1_000 == ledger.through(1)
    assert {1: 200_000} == await ledger.append([chunk(1_000, 200_000)])
    assert np.array_equal(NOISE[:200_000], read(path, 1, 0, 200_000))


async def test_too_much_waiting_is_refused(ledger: Ledger) -> None:
    """Memory is bounded: over so many waiting bytes a call is refused at once."""
    big = AudioChunk(1, 0, np.zeros(MAX_WAITING_BYTES // 8, np.int16))
    results = await asyncio.gather(*(ledger.append([big]) for _ in range(40)), return_exceptions=True)
    refused = [result for result in results if isinstance(result, Overloaded)]

    assert refused
    assert all(result == {1: len(big.pcm)} for result in results if result not in refused)
    assert {2: 1} == await ledger.append([chunk(0, 1, stream=2)])


async def test_wrong_arrays_are_refused_before_they_reach_the_writer(ledger: Ledger) -> None:
    """Floats, two dimensions and impossible positions never get into the file."""
    with pytest.raises(TypeError):
        await ledger.append([AudioChunk(1, 0, np.zeros(3, np.float32))])
    with pytest.raises(TypeError):
        await ledger.append([AudioChunk(1, 0, np.zeros((3, 1), np.int16))])
    with pytest.raises(InvalidAudio):
        await ledger.append([AudioChunk(1, -1, np.zeros(3, np.int16))])


async def test_one_writer_at_a_time(ledger: Ledger, path: Path) -> None:
    """A second ledger on the same file is refused in words."""
    with pytest.raises(CannotStart, match="another process"):
        Ledger.open(path)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A data folder that cannot be is one clear error."""
    (tmp_path / "file").touch()
    with pytest.raises(CannotStart, match="cannot be written"):
        Ledger.open(tmp_path / "file" / "audio.db")


async def test_streams_are_compared_sample_by_sample(ledger: Ledger) -> None:
    """However they came in pieces; a gap is silence."""
    pcm = np.arange(1_000, dtype=np.int16)
    pcm[400:600] = 0
    await ledger.append([AudioChunk(1, 0, pcm)])
    await ledger.append([AudioChunk(2, 0, pcm[:400])])
    await ledger.record_gaps([Gap(2, 400, 600)])
    await ledger.append([AudioChunk(2, 600, pcm[600:999]), AudioChunk(2, 999, np.zeros(1, np.int16))])

    assert await ledger.is_same(1, 2, 0, 999)
    assert await ledger.is_same(1, 2, 0, 0)
    assert not await ledger.is_same(1, 2, 500, 1_000)
    with pytest.raises(StorageFailed):
        await ledger.is_same(1, 2, 0, 1_001)
