"""Audio over HTTP: the routes on a real port, with a real ledger behind them."""

import asyncio
import struct
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil
import pytest
from aiohttp import ClientSession

from meeting_service.audio import MAX_RATE_HZ
from meeting_service.meeting import NewMeeting
from tests.audio_service import PCM_TYPE, RATE_HZ, AudioService, Bot, noise, to_bytes

PCM = noise(8_000)


@pytest.fixture
def limits() -> dict[str, float]:
    """What is short in these tests."""
    return {"body_idle_s": 1}


def cut(data: bytes, seed: int) -> list[bytes]:
    """`data` in pieces of random sizes, odd ones among them."""
    rng = np.random.default_rng(seed)
    ends = np.sort(rng.integers(0, len(data), 12)).tolist()
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


# What is taken


async def test_a_piece_is_durable_when_it_is_answered(audio_service: AudioService, bot: Bot) -> None:
    """The answer says how far the stream is, and the ledger holds those samples."""
    answer = await bot.post(to_bytes(PCM))

    assert {"through": 8_000, "through_ms": 500} == answer.body
    assert "8000" == answer.headers["Upload-Offset"]
    assert 8_000 == await bot.through()
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


@pytest.mark.parametrize("seed", range(4))
async def test_cuts_between_posts_do_not_matter(audio_service: AudioService, bot: Bot, seed: int) -> None:
    """Consecutive posts of any length, also within a sample, are one stream."""
    for piece in cut(to_bytes(PCM), seed):
        assert 200 == (await bot.post(piece)).status

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


@pytest.mark.parametrize("seed", range(4))
async def test_chunks_of_a_body_do_not_matter(audio_service: AudioService, bot: Bot, seed: int) -> None:
    """A chunked body is decoded as it comes, however it is cut."""

    async def body() -> AsyncIterator[bytes]:
        for piece in cut(to_bytes(PCM), seed):
            yield piece
            await asyncio.sleep(0)

    answer = await bot.post(body())

    assert 8_000 == answer.body["through"]
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_a_live_body_is_stored_while_it_comes(audio_service: AudioService, bot: Bot) -> None:
    """What a bot has streamed so far is held although the request goes on."""
    goes_on = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield to_bytes(PCM[:4_000])
        await goes_on.wait()
        yield to_bytes(PCM[4_000:])

    posting = asyncio.create_task(bot.post(body()))
    await bot.wait_for(4_000)
    goes_on.set()

    assert 8_000 == (await posting).body["through"]


@pytest.mark.parametrize("samples", [0, 1])
async def test_tiny_pieces_are_taken(bot: Bot, samples: int) -> None:
    """An empty piece and one of a single sample are pieces."""
    assert samples == (await bot.post(to_bytes(PCM[:samples]))).body["through"]


async def test_an_unfinished_sample_of_another_format_is_dropped(
    audio_service: AudioService, bot: Bot
) -> None:
    """Half a sample in one encoding is never completed by bytes of another."""
    await bot.post(to_bytes(PCM) + b"\x7f")
    floats = (PCM / np.float32(32_768)).astype("<f4").tobytes()

    answer = await bot.post(floats, content_type=f"audio/pcm;rate={RATE_HZ};encoding=f32le")

    assert 16_000 == answer.body["through"]
    assert np.array_equal(np.concatenate([PCM, PCM]), (await audio_service.stored("ann"))[0])


async def test_the_same_piece_again_changes_nothing(audio_service: AudioService, bot: Bot) -> None:
    """With an offset, what is held already is skipped."""
    await bot.post(to_bytes(PCM[:6_000]), Upload_Offset="0")

    again = await bot.post(to_bytes(PCM[:6_000]), Upload_Offset="0")
    overlapping = await bot.post(to_bytes(PCM[4_000:]), Upload_Offset="4000")

    assert (6_000, 8_000) == (again.body["through"], overlapping.body["through"])
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_everything_again_after_the_end_changes_nothing(audio_service: AudioService, bot: Bot) -> None:
    """A bot that missed the answer to `end` begins again, and so does one that asks where to go on."""
    for start in (0, 4_000, 0, 4_000):
        if start == 0:
            assert 0 == await bot.through()
        answer = await bot.post(to_bytes(PCM[start : start + 4_000]), Upload_Offset=str(start))
        assert (200, start + 4_000) == (answer.status, answer.body["through"])
        if start:
            await audio_service.sessions.end_participant("m1", "ann")

    [held] = await audio_service.stored("ann")
    assert np.array_equal(PCM, held)


async def test_who_left_may_come_back(audio_service: AudioService, bot: Bot) -> None:
    """With other audio from 0, or with any audio that says no place."""
    await bot.post(to_bytes(PCM), Upload_Offset="0")
    await audio_service.sessions.end_participant("m1", "ann")
    other = await bot.post(to_bytes(PCM[::-1]), Upload_Offset="0")
    await audio_service.sessions.end_participant("m1", "ann")
    same = await bot.post(to_bytes(PCM[::-1]))

    assert (8_000, 8_000) == (other.body["through"], same.body["through"])
    assert 3 == len(await audio_service.stored("ann"))


async def test_an_ended_meeting_still_tells_what_it_holds(audio_service: AudioService, bot: Bot) -> None:
    """Nothing new can begin any more."""
    await bot.post(to_bytes(PCM))
    await audio_service.sessions.end_meeting("m1")

    assert 8_000 == await bot.through()


async def test_a_declared_gap_is_recorded(audio_service: AudioService, bot: Bot) -> None:
    """A piece after a gap is taken, and the gap is shown."""
    await bot.post(to_bytes(PCM))

    answer = await bot.post(to_bytes(PCM), Upload_Offset="24000", Gap="true")

    assert 32_000 == answer.body["through"]
    stored = (await audio_service.stored("ann"))[0]
    assert np.array_equal(np.concatenate([PCM, np.zeros(16_000, np.int16), PCM]), stored)
    [stream] = await audio_service.sessions.store.list_streams("m1")
    [gap] = (await audio_service.sessions.get_transcript("m1")).gaps
    assert (500, 1_500) == (gap.start_ms - stream.anchor_ms, gap.end_ms - stream.anchor_ms)


async def test_channels_of_one_participant_are_mixed_down(audio_service: AudioService, bot: Bot) -> None:
    """Stereo of one person becomes the mean of both sides."""
    stereo = np.stack([PCM, -PCM], axis=1)

    await bot.post(to_bytes(stereo), content_type=f"{PCM_TYPE};channels=2")

    assert [0] * 8_000 == (await audio_service.stored("ann"))[0].tolist()


async def test_each_channel_can_be_a_participant(audio_service: AudioService, bot: Bot) -> None:
    """Two channels of one request are two people's streams."""
    both = np.stack([PCM, PCM[::-1]], axis=1)

    answer = await bot.post_channels(to_bytes(both), "ann,bob", f"{PCM_TYPE};channels=2")

    assert 8_000 == answer.body["through"]
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])
    assert np.array_equal(PCM[::-1], (await audio_service.stored("bob"))[0])


async def test_a_wav_is_read(audio_service: AudioService, bot: Bot) -> None:
    """A container says its own rate."""
    answer = await bot.post(wav(PCM), content_type="audio/wav")

    assert {"through": 8_000, "through_ms": 500} == answer.body
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_captured_at_places_the_stream(audio_service: AudioService, bot: Bot) -> None:
    """The first piece's time anchors the stream in the meeting."""
    meeting = await audio_service.sessions.get_meeting("m1")
    at = meeting.started_at.replace(microsecond=0)

    await bot.post(to_bytes(PCM), Captured_At=at.isoformat())

    [stream] = await audio_service.sessions.store.list_streams("m1")
    assert round((at - meeting.started_at).total_seconds() * 1000) <= stream.anchor_ms <= 0


async def test_whoever_has_the_wrong_clock_audio_is_taken(audio_service: AudioService, bot: Bot) -> None:
    """A bot cannot set the service's: streams whose times cannot be are placed relative to each other."""
    then = datetime.now(UTC) - timedelta(days=1)
    first = await bot.post(to_bytes(PCM), Captured_At=then.isoformat())
    second = await bot.post(to_bytes(PCM), "bob", Captured_At=(then + timedelta(seconds=20)).isoformat())

    assert [200, 200] == [first.status, second.status]
    ann, bob = await audio_service.sessions.store.list_streams("m1")
    assert 20_000 == bob.anchor_ms - ann.anchor_ms


async def test_clocks_may_differ_by_minutes(bot: Bot) -> None:
    """Both ways."""
    for participant, minutes in (("ann", -4), ("bob", 4)):
        at = datetime.now(UTC) + timedelta(minutes=minutes)
        answer = await bot.post(to_bytes(PCM), participant, Captured_At=at.isoformat())

        assert 200 == answer.status


async def test_a_meeting_of_the_past_is_placed_by_its_own_start(audio_service: AudioService) -> None:
    """What was recorded long ago is sent with its times; what contradicts the start is refused."""
    started_at = datetime(2020, 1, 31, 9, 30, tzinfo=UTC)
    await audio_service.sessions.create_meeting(NewMeeting(id="old", started_at=started_at))
    async with ClientSession() as session:
        bot = Bot(session, audio_service.url, "old")
        then = await bot.post(to_bytes(PCM), Captured_At="2020-01-31T09:31:00Z")
        before = await bot.post(to_bytes(PCM), "bob", Captured_At="2020-01-31T09:24:00Z")
        today = await bot.post(to_bytes(PCM), "bob", Captured_At=datetime.now(UTC).isoformat())

    [stream] = await audio_service.sessions.store.list_streams("old")
    assert (200, 60_000) == (then.status, stream.anchor_ms)
    assert (422, "invalid_request") == (before.status, before.body["code"])
    assert "before the meeting's start" in before.body["detail"]
    assert "7 days after the meeting's start" in today.body["detail"]


# What is refused, and that nothing is lost of what came before


BAD_REQUESTS = {
    "no content type": (415, "unsupported_media", {"content_type": None}),
    "another content type": (415, "unsupported_media", {"content_type": "text/plain"}),
    "0 Hz": (422, "invalid_audio", {"content_type": "audio/pcm;rate=0;encoding=s16le"}),
    "1 GHz": (422, "invalid_audio", {"content_type": "audio/pcm;rate=1000000000;encoding=s16le"}),
    "200 channels": (422, "invalid_audio", {"content_type": f"{PCM_TYPE};channels=200"}),
    "an unknown encoding": (415, "unsupported_media", {"content_type": "audio/pcm;rate=16000;encoding=x"}),
    "another rate": (409, "conflict", {"content_type": "audio/pcm;rate=48000;encoding=s16le"}),
    "a compressed body": (415, "unsupported_media", {"Content_Encoding": "gzip"}),
    "a hole": (409, "audio_hole", {"Upload_Offset": "9000"}),
    "a negative offset": (422, "invalid_request", {"Upload_Offset": "-1"}),
    "an offset that is no number": (422, "invalid_request", {"Upload_Offset": "1e3"}),
    "an offset beyond all": (422, "invalid_request", {"Upload_Offset": "9" * 19}),
    "a stream of years": (413, "too_large", {"Upload_Offset": "9" * 12, "Gap": "true"}),
    "a gap that is neither": (422, "invalid_request", {"Upload_Offset": "9000", "Gap": "yes"}),
    "a gap to nowhere": (422, "invalid_request", {"Gap": "true"}),
    "a time without zone": (422, "invalid_request", {"Captured_At": "2026-01-31T09:30:00"}),
    "a day that is not": (422, "invalid_request", {"Captured_At": "2026-02-30T09:30:00Z"}),
    "a text called WAV": (422, "invalid_audio", {"content_type": "audio/wav"}),
    "a text called FLAC": (422, "invalid_audio", {"content_type": "audio/flac"}),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
async def test_bad_requests_are_answered_and_lose_nothing(
    audio_service: AudioService, bot: Bot, name: str
) -> None:
    """Each gets its status and code, and what was held before is still held."""
    status, code, request = BAD_REQUESTS[name]
    await bot.post(to_bytes(PCM))

    answer = await bot.post(b"this is a text, and no audio at all", **request)  # type: ignore[arg-type]

    assert (status, code) == (answer.status, answer.body["code"])
    assert "application/problem+json" == answer.headers["Content-Type"].partition(";")[0]
    assert {"type", "title", "status", "detail"} <= set(answer.body)
    assert 8_000 == await bot.through()
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_a_refused_header_is_named(bot: Bot) -> None:
    """The detail says which header does not fit."""
    answer = await bot.post(b"", Captured_At="yesterday")

    assert answer.body["detail"].startswith("Captured-At: ")


async def test_a_hole_tells_where_to_go_on(bot: Bot) -> None:
    """The expected offset comes back, in the header and in the problem."""
    await bot.post(to_bytes(PCM))

    answer = await bot.post(to_bytes(PCM), Upload_Offset="9000")

    assert ("8000", 8_000) == (answer.headers["Upload-Offset"], answer.body["through"])


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
async def test_what_comes_before_a_sample_that_is_no_number_is_kept(
    audio_service: AudioService, bot: Bot, value: float
) -> None:
    """NaN and infinity are refused with their place; the samples before them are held."""
    floats = (PCM / np.float32(32_768)).astype("<f4")
    floats[5_000] = value

    answer = await bot.post(floats.tobytes(), content_type=f"audio/pcm;rate={RATE_HZ};encoding=f32le")

    assert (422, "invalid_audio", 5_000) == (answer.status, answer.body["code"], answer.body["through"])
    assert "sample 5000" in answer.body["detail"]
    assert np.array_equal(PCM[:5_000], (await audio_service.stored("ann"))[0])


@pytest.mark.parametrize("rate_hz", [0, 1_000_000_000])
async def test_a_wav_header_that_lies_is_refused(bot: Bot, rate_hz: int) -> None:
    """A rate that cannot be is told before any sample is taken."""
    answer = await bot.post(wav(PCM, rate_hz=rate_hz), content_type="audio/wav")

    assert (422, 0) == (answer.status, await bot.through())


async def test_an_unknown_meeting_is_not_found(audio_service: AudioService, bot: Bot) -> None:
    """404, and nothing is made."""
    stranger = Bot(bot.session, audio_service.url, "m2")

    assert 404 == (await stranger.post(to_bytes(PCM))).status


async def test_an_ended_meeting_takes_no_audio(audio_service: AudioService, bot: Bot) -> None:
    """409 with a code of its own; what was held is still there."""
    await bot.post(to_bytes(PCM))
    await audio_service.sessions.end_meeting("m1")

    answer = await bot.post(to_bytes(PCM))

    assert (409, "meeting_ended") == (answer.status, answer.body["code"])
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


@pytest.mark.parametrize("participant", ["a%0Ab", "%00", "x" * 129, "%E2%80%AEx"])
async def test_ids_that_cannot_be_are_refused(bot: Bot, participant: str) -> None:
    """Control characters, overrides and endless ids name nobody."""
    assert 422 == (await bot.post(to_bytes(PCM), participant)).status


@pytest.mark.parametrize(
    ("participants", "channels"), [("ann,bob", 3), ("ann,bob", 1), ("ann,ann", 2), ("ann,", 2), ("", 2)]
)
async def test_participants_and_channels_must_match(bot: Bot, participants: str, channels: int) -> None:
    """One name for each channel, each once; or a single one for all, who gets them mixed down."""
    answer = await bot.post_channels(to_bytes(PCM), participants, f"{PCM_TYPE};channels={channels}")

    assert 422 == answer.status
    assert 200 == (await bot.post_channels(to_bytes(PCM), "cid", f"{PCM_TYPE};channels=2")).status
    assert 4_000 == await bot.through("cid")


async def test_a_body_over_its_bytes_keeps_what_fits(tmp_path: Path) -> None:
    """413 in the middle of a stream tells how far it got."""
    async with (
        AudioService.on(tmp_path, audio_request_bytes=65_536) as audio_service,
        ClientSession() as session,
    ):
        await audio_service.create_meeting()
        bot = Bot(session, audio_service.url)

        async def body() -> AsyncIterator[bytes]:
            for _ in range(10):
                yield to_bytes(PCM)

        answer = await bot.post(body())

        held = answer.body["through"]
        assert (413, held) == (answer.status, await bot.through())
        assert np.array_equal(np.tile(PCM, 10)[:held], (await audio_service.stored("ann"))[0])


async def test_a_body_that_says_it_is_too_long_is_not_read(tmp_path: Path) -> None:
    """A Content-Length over the limit is refused at once."""
    async with (
        AudioService.on(tmp_path, audio_request_bytes=65_536) as audio_service,
        ClientSession() as session,
    ):
        await audio_service.create_meeting()

        answer = await Bot(session, audio_service.url).post(bytes(65_538))
        assert (413, "0") == (answer.status, answer.headers["Upload-Offset"])


async def test_a_request_over_its_seconds_is_refused(tmp_path: Path) -> None:
    """The limit counts audio, not bytes; what fits is kept, and where to go on is told."""
    async with AudioService.on(tmp_path, audio_request_s=1) as audio_service, ClientSession() as session:
        await audio_service.create_meeting()
        bot = Bot(session, audio_service.url)

        assert 200 == (await bot.post(bytes(2 * RATE_HZ))).status
        refused = await bot.post(bytes(2 * RATE_HZ + 2))
        assert (413, str(2 * RATE_HZ)) == (refused.status, refused.headers["Upload-Offset"])
        assert refused.body["detail"].endswith(f": go on in a new request from Upload-Offset {2 * RATE_HZ}")
        assert 200 == (await bot.post(bytes(2), Upload_Offset=str(2 * RATE_HZ))).status


async def test_a_stream_over_its_hours_says_how_to_go_on(tmp_path: Path) -> None:
    """The setting, and what begins a new one; a new request would not help."""
    async with AudioService.on(tmp_path, meeting_h=0.1) as audio_service, ClientSession() as session:
        await audio_service.create_meeting()
        bot = Bot(session, audio_service.url)
        answer = await bot.post(bytes(2), Upload_Offset=str(361 * RATE_HZ), Gap="true")

        assert "0.1 hours long ([limits] meeting_h): end the participant" in answer.body["detail"]
        assert (413, False) == (answer.status, "new request" in answer.body["detail"])


async def test_a_wav_called_raw_is_refused(audio_service: AudioService, bot: Bot) -> None:
    """Its header is no audio; but in the middle of a stream the same bytes may be."""
    body = wav(PCM)
    answer = await bot.post(body)
    assert (415, True) == (answer.status, "send it as audio/wav" in answer.body["detail"])

    await bot.post(to_bytes(PCM))
    assert 200 == (await bot.post(body)).status


def is_cut_off(audio_service: AudioService) -> bool:
    """Whether Ann's sender is known to be."""
    known = audio_service.sessions.look("m1", {}).people
    return "ann" in known and known["ann"].reconnecting


async def wait_until_cut_off(audio_service: AudioService, *, there: bool = False) -> None:
    """Return once it is known that Ann's sender is cut off, or `there` again."""
    async with asyncio.timeout(20):
        while is_cut_off(audio_service) is there:  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.01)


async def test_a_body_that_stands_still_is_given_up(audio_service: AudioService, bot: Bot) -> None:
    """408 after the idle limit, and what came is held; who watches is told, for a cut cable says nothing."""
    never = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield to_bytes(PCM)
        await never.wait()

    answer = await bot.post(body())

    assert (408, "stalled", 8_000) == (answer.status, answer.body["code"], answer.body["through"])
    await wait_until_cut_off(audio_service)


async def test_a_connection_that_breaks_keeps_what_came(audio_service: AudioService, bot: Bot) -> None:
    """A bot that vanishes in the middle of a body finds its audio there, and goes on; who watches is told."""
    reader, writer = await asyncio.open_connection("127.0.0.1", audio_service.port)
    writer.write(
        b"POST /v1/meetings/m1/participants/ann/audio HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: audio/pcm;rate=16000;encoding=s16le\r\nContent-Length: 32000\r\n\r\n" + to_bytes(PCM)
    )
    await bot.wait_for(8_000)
    writer.transport.abort()
    await reader.read()
    await wait_until_cut_off(audio_service)

    assert 200 == (await bot.post(to_bytes(PCM))).status
    await wait_until_cut_off(audio_service, there=True)
    assert np.array_equal(np.tile(PCM, 2), (await audio_service.stored("ann"))[0])


async def test_a_broken_transfer_encoding_is_told(audio_service: AudioService) -> None:
    """A chunk that cannot be read ends the request, not the service."""
    reader, writer = await asyncio.open_connection("127.0.0.1", audio_service.port)
    writer.write(
        b"POST /v1/meetings/m1/participants/ann/audio HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: audio/pcm;rate=16000;encoding=s16le\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"
    )
    await writer.drain()
    status = await reader.readline()
    writer.close()

    assert b" 4" in status


async def test_two_appending_posts_take_turns(audio_service: AudioService, bot: Bot) -> None:
    """Pieces without offsets are never mixed: the second begins where the first has ended."""
    first_has_begun, goes_on = asyncio.Event(), asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield to_bytes(PCM)
        first_has_begun.set()
        await goes_on.wait()
        yield to_bytes(PCM)

    first = asyncio.create_task(bot.post(body()))
    await first_has_begun.wait()
    await bot.wait_for(8_000)
    second = asyncio.create_task(bot.post(to_bytes(PCM[::-1])))
    goes_on.set()

    assert [16_000, 24_000] == [(await first).body["through"], (await second).body["through"]]
    assert np.array_equal(np.concatenate([PCM, PCM, PCM[::-1]]), (await audio_service.stored("ann"))[0])


async def test_a_turn_that_does_not_come_is_a_conflict(audio_service: AudioService, bot: Bot) -> None:
    """Behind a stream that goes on and on, a second one is told to say where it begins."""
    ends = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        while not ends.is_set():
            yield to_bytes(PCM[:160])
            await asyncio.sleep(0.01)

    first = asyncio.create_task(bot.post(body()))
    await bot.wait_for(160)

    assert 409 == (await bot.post(to_bytes(PCM))).status
    ends.set()
    assert 200 == (await first).status


async def test_a_stop_answers_a_live_body(audio_service: AudioService, bot: Bot) -> None:
    """Who streams while the service stops is told how far it got, and to come back."""

    async def body() -> AsyncIterator[bytes]:
        yield to_bytes(PCM)
        await asyncio.Event().wait()

    posting = asyncio.create_task(bot.post(body()))
    await bot.wait_for(8_000)
    await audio_service.stop()

    answer = await posting
    assert (503, 8_000) == (answer.status, answer.body["through"])
    assert "Retry-After" in answer.headers


async def test_storage_that_fails_is_told_and_loses_nothing(audio_service: AudioService, bot: Bot) -> None:
    """Nothing is said to be held that is not; what was acknowledged before is still there."""
    await bot.post(to_bytes(PCM))
    await audio_service.sessions.ledger.close()

    answer = await bot.post(to_bytes(PCM))

    assert (500, "storage_failed") == (answer.status, answer.body["code"])
    assert "8000" == answer.headers["Upload-Offset"]
    await audio_service.stop()
    await audio_service.start()
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_a_long_body_takes_little_memory(audio_service: AudioService, bot: Bot) -> None:
    """Twenty minutes of audio in one chunked body is never held in memory."""
    process = psutil.Process()
    await bot.post(bytes(2 * MAX_RATE_HZ))
    before = process.memory_info().rss
    second = bytes(2 * RATE_HZ)

    async def body() -> AsyncIterator[bytes]:
        for _ in range(1_200):
            yield second

    answer = await bot.post(body(), "bob")

    assert 1_200 * RATE_HZ == answer.body["through"]
    assert process.memory_info().rss - before < 15e6


def wav(pcm: np.ndarray, rate_hz: int = RATE_HZ) -> bytes:
    """A mono WAV file."""
    data = to_bytes(pcm)
    head = struct.pack("<HHIIHH", 1, 1, rate_hz, min(2 * rate_hz, 2**32 - 1), 2, 16)
    return (
        b"RIFF"
        + struct.pack("<I", 36 + len(data))
        + b"WAVEfmt "
        + struct.pack("<I", 16)
        + head
        + b"data"
        + struct.pack("<I", len(data))
        + data
    )
