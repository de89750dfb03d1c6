"""MeetingClient against a real service: plain requests, streams, events; restarts and bad networks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace

import numpy as np
import pytest

from meeting_service.audio import Encoding, RawFormat
from meeting_service.client import (
    AudioStream,
    ConnectionReport,
    ConnectionState,
    MeetingClient,
    Patience,
    PostedStream,
    Superseded,
    Unreachable,
)
from meeting_service.errors import (
    Conflict,
    Forbidden,
    InvalidAudio,
    MeetingEnded,
    MeetingServiceError,
    NotFound,
    ProtocolViolation,
)
from meeting_service.events import MeetingChanged, SentenceFinalized, StoredEvent
from meeting_service.meeting import MeetingState
from tests.audio_service import RATE_HZ, AudioService, noise, to_bytes
from tests.faults.proxy import HEALTHY, FaultProxy, Faults, random_cuts

PCM = noise(5 * RATE_HZ)
HASTE = Patience(delays_s=(0.01, 0.05), jitter_s=0.01, later_s=0.05, give_up_s=20, buffer_s=30)


@pytest.fixture
async def client(audio_service: AudioService) -> AsyncIterator[MeetingClient]:
    """A client of it that is in a hurry."""
    async with MeetingClient(audio_service.url, patience=HASTE) as client:
        yield client


def open_ann(client: MeetingClient, meeting_id: str = "m1") -> AudioStream:
    """Ann's stream."""
    return client.open_stream(meeting_id, "ann", rate=RATE_HZ, name="Ann")


async def write_all(stream: AudioStream, pcm: np.ndarray = PCM, seed: int = 1) -> None:
    """Write in pieces of random sizes."""
    rng, sent = np.random.default_rng(seed), 0
    while sent < len(pcm):
        end = sent + int(rng.integers(1, 4_000))
        await stream.write(pcm[sent:end])
        sent = end
        await asyncio.sleep(0)


# A meeting from beginning to end


async def test_a_meeting_from_a_bots_side(audio_service: AudioService) -> None:
    """Create, speak, end, read, take away."""
    speech = np.concatenate([noise(3 * RATE_HZ), np.zeros(2 * RATE_HZ, np.int16)])
    async with MeetingClient(audio_service.url) as client:
        meeting = await client.create_meeting(title="Weekly", id="weekly")
        async with client.open_stream(meeting.id, "ann", rate=RATE_HZ, name="Ann") as stream:
            await stream.write(speech)
        ended = await client.end(meeting.id)
        transcript = await client.transcript(meeting.id)
        subtitles = await client.export(meeting.id, "srt")

        assert ("weekly", "Weekly") == (meeting.id, meeting.title)
        assert MeetingState.ENDED == ended.state == (await client.get("weekly")).state
        assert transcript.sentences
        assert "Ann" == transcript.name_of("ann")
        assert transcript.sentences[0].text in subtitles
    assert np.array_equal(speech, (await audio_service.stored("ann", "weekly"))[0])


async def test_streams_share_a_socket(audio_service: AudioService, client: MeetingClient) -> None:
    """Several participants of one meeting, opened at different times."""
    bob = client.open_stream("m1", "bob", rate=8_000)
    async with open_ann(client) as ann, bob:
        await asyncio.gather(write_all(ann), write_all(bob, PCM[::-1]))

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])
    assert np.array_equal(PCM[::-1], (await audio_service.stored("bob"))[0])


async def test_a_stream_can_have_a_participant_per_channel(
    audio_service: AudioService, client: MeetingClient
) -> None:
    """Channels are people."""
    async with client.open_channels("m1", {"ann": "Ann", "bob": None}, rate=RATE_HZ) as stream:
        await stream.write(np.stack([PCM, PCM[::-1]], axis=1))

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])
    assert np.array_equal(PCM[::-1], (await audio_service.stored("bob"))[0])


@pytest.mark.parametrize("encoding", ["s16le", "s16be", "f32le"])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
async def test_arrays_are_written_in_the_streams_encoding(
    audio_service: AudioService, client: MeetingClient, encoding: str, dtype: type
) -> None:
    """Integers and floats give the same samples."""
    pcm = PCM[:4_000]
    array = pcm if dtype is np.int16 else pcm / np.float32(32_768)
    async with client.open_stream("m1", "ann", rate=RATE_HZ, encoding=encoding) as stream:
        await stream.write(array)

    assert np.array_equal(pcm, (await audio_service.stored("ann"))[0])


async def test_bytes_may_be_cut_anywhere(audio_service: AudioService, client: MeetingClient) -> None:
    """Half a sample waits for its other half."""
    data = to_bytes(PCM[:1_000])
    async with open_ann(client) as stream:
        for start in range(0, len(data), 333):
            await stream.write(data[start : start + 333])

    assert np.array_equal(PCM[:1_000], (await audio_service.stored("ann"))[0])


async def test_an_unfinished_sample_at_the_end_is_told(client: MeetingClient) -> None:
    """It is the bot's mistake."""
    stream = open_ann(client)
    await stream.write(b"abc")

    with pytest.raises(InvalidAudio):
        await stream.finish()


async def test_gaps_are_declared(audio_service: AudioService, client: MeetingClient) -> None:
    """The bot was away for a second."""
    async with open_ann(client) as stream:
        await stream.write(PCM[:100])
        await stream.declare_gap(RATE_HZ)
        await stream.write(PCM[100:200])

    silence = np.zeros(RATE_HZ, np.int16)
    assert np.array_equal(
        np.concatenate([PCM[:100], silence, PCM[100:200]]), (await audio_service.stored("ann"))[0]
    )


async def test_drain_waits_for_durability(audio_service: AudioService, client: MeetingClient) -> None:
    """What is drained is in the ledger, and the stream goes on."""
    async with open_ann(client) as stream:
        await stream.write(PCM)
        await stream.drain()

        assert len(PCM) == stream.through == len((await audio_service.stored("ann"))[0])


async def test_a_meeting_is_as_good_as_its_id(client: MeetingClient) -> None:
    """Whatever was made or got can be handed on as it is, and means the same connection."""
    meeting = await client.create_meeting(id="given")
    async with (
        client.open_stream(meeting, "ann", rate=RATE_HZ) as ann,
        client.open_stream("given", "ben", rate=RATE_HZ) as ben,
    ):
        await ann.write(to_bytes(PCM))
        await ann.drain()
        assert len(PCM) == await client.received(meeting, "ann")

    bookmark = await client.edits.add_bookmark(meeting, 100)
    assert [bookmark] == await client.edits.list_bookmarks("given")
    assert (1, 2) == (ann.number, ben.number)
    assert MeetingState.ENDED is (await client.end(meeting)).state


# What does not work out


async def test_errors_of_requests_have_their_classes(client: MeetingClient) -> None:
    """A problem is the error that the service raised."""
    with pytest.raises(NotFound):
        await client.get("nowhere")
    with pytest.raises(NotFound):
        await client.transcript("../escape?x")


async def test_a_service_that_is_not_there_is_unreachable() -> None:
    """One clear line."""
    async with MeetingClient("http://127.0.0.1:9", patience=HASTE) as client:
        with pytest.raises(
            Unreachable, match=r"nothing listens at http://127.0.0.1:9: is the service running\?"
        ):
            await client.get("m1")


async def test_an_address_that_is_not_the_root_is_told(audio_service: AudioService) -> None:
    """With what was given and what is wanted."""
    async with MeetingClient(f"{audio_service.url}/v1", patience=HASTE) as client:
        with pytest.raises(
            NotFound, match=f"there is no service at {audio_service.url}/v1/: its root is wanted"
        ):
            await client.create_meeting()


async def test_a_stream_to_nobody_gives_up() -> None:
    """After its patience."""
    patience = Patience(delays_s=(0.01,), jitter_s=0, give_up_s=0.05)
    async with MeetingClient("http://127.0.0.1:9", patience=patience) as client:
        stream = open_ann(client)
        await stream.write(PCM)

        with pytest.raises(Unreachable):
            await stream.finish()


@pytest.mark.parametrize(
    ("meeting_id", "rate", "error"),
    [("nowhere", RATE_HZ, NotFound), ("ended", RATE_HZ, MeetingEnded), ("m1", 7, ProtocolViolation)],
)
async def test_a_stream_that_cannot_be_is_told(
    audio_service: AudioService,
    client: MeetingClient,
    meeting_id: str,
    rate: int,
    error: type[MeetingServiceError],
) -> None:
    """Final close codes are raised, not retried."""
    await audio_service.create_meeting("ended")
    await audio_service.sessions.end_meeting("ended")

    with pytest.raises(error):
        await client.open_stream(meeting_id, "ann", rate=rate).ready()


async def test_an_older_client_stops_when_it_is_superseded(
    audio_service: AudioService, client: MeetingClient
) -> None:
    """It does not take the stream back."""
    old = open_ann(client)
    await old.write(PCM)
    await old.drain()
    async with MeetingClient(audio_service.url, patience=HASTE) as other, open_ann(other) as new:
        await new.write(PCM[::-1])
        await new.drain()
        with pytest.raises(Superseded):
            await old.finish()

    assert np.array_equal(np.concatenate([PCM, PCM[::-1]]), (await audio_service.stored("ann"))[0])


async def test_a_finished_stream_takes_nothing_more(client: MeetingClient) -> None:
    """The participant left."""
    async with open_ann(client) as stream:
        await stream.write(PCM)

    with pytest.raises(Conflict):
        await stream.write(PCM)


async def test_a_stream_left_with_an_error_is_not_ended(
    audio_service: AudioService, client: MeetingClient
) -> None:
    """A bot that crashes may come back."""

    async def crash() -> None:
        async with open_ann(client) as stream:
            await stream.write(PCM)
            await stream.drain()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await crash()

    [person] = await audio_service.sessions.list_participants("m1")
    assert person.present


# Restarts and bad networks


async def test_a_restart_of_the_service_loses_nothing(
    audio_service: AudioService, client: MeetingClient
) -> None:
    """The stream goes on where it was, on the same port and folder."""
    async with open_ann(client) as stream:
        await write_all(stream, PCM[:40_000])
        await audio_service.stop()
        await write_all(stream, PCM[40_000:60_000])
        await audio_service.start()
        await write_all(stream, PCM[60_000:])

    [stored] = await audio_service.stored("ann")
    assert np.array_equal(PCM, stored)


@pytest.mark.parametrize("seed", range(4))
async def test_connections_that_break_lose_nothing(audio_service: AudioService, seed: int) -> None:
    """Cut after random bytes, again and again, two streams arrive whole."""
    async with FaultProxy(audio_service.port) as proxy, MeetingClient(proxy.url, patience=HASTE) as client:
        proxy.faults = Faults(cuts=random_cuts(seed, 300, 60_000, 8))
        async with open_ann(client) as ann, client.open_stream("m1", "bob", rate=RATE_HZ) as bob:
            await asyncio.gather(write_all(ann, seed=seed), write_all(bob, PCM[::-1], seed=seed))

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])
    assert np.array_equal(PCM[::-1], (await audio_service.stored("bob"))[0])


@pytest.mark.parametrize("dead", [Faults(swallow_up=True), Faults(swallow_down=True)])
async def test_a_dead_connection_is_noticed_and_told(audio_service: AudioService, dead: Faults) -> None:
    """It is open and leads nowhere: what is written meanwhile arrives by the next one."""
    reports: list[ConnectionReport] = []
    patience = Patience(delays_s=(0.01,), jitter_s=0, silence_s=1, give_up_s=20)
    async with (
        FaultProxy(audio_service.port) as proxy,
        MeetingClient(proxy.url, patience=patience, report=reports.append) as client,
        open_ann(client) as stream,
    ):
        await stream.write(PCM[:20_000])
        await stream.drain()
        proxy.faults = dead
        await stream.write(PCM[20_000:])
        while reports[-1].state is not ConnectionState.LOST:  # noqa: ASYNC110 it is told to a function
            await asyncio.sleep(0.01)
        proxy.faults = HEALTHY
        await stream.drain()

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])
    assert all(report.error for report in reports if report.state is ConnectionState.LOST)
    first, *_, last = reports
    assert (ConnectionState.CONNECTING, ConnectionState.CLOSED) == (first.state, last.state)


async def test_an_end_is_asked_for_again(audio_service: AudioService, client: MeetingClient) -> None:
    """The answer is lost, the service away for a moment: the meeting has ended all the same."""
    async with FaultProxy(audio_service.port) as proxy, MeetingClient(proxy.url, patience=HASTE) as through:
        proxy.faults = Faults(cuts=iter([350, 60, 400]))
        ended = await through.end("m1")

    assert MeetingState.ENDED is ended.state


class ForeignHost(FaultProxy):
    """A network that has so many requests ask for another host."""

    def __init__(self, port: int, times: int) -> None:
        super().__init__(port)
        self._times = times

    def _corrupt(self, data: bytes, probability: float) -> bytes:
        if self._times and b"Host: 127." in data:
            self._times -= 1
            return data.replace(b"Host: 127.", b"Host: 117.")
        return data


async def test_a_host_name_that_the_network_changed_ends_nothing(audio_service: AudioService) -> None:
    """A refusal for it is believed when it comes again and again."""
    async with ForeignHost(audio_service.port, 2) as proxy, MeetingClient(proxy.url) as client:
        await client.get("m1")
    async with (
        ForeignHost(audio_service.port, 2) as proxy,
        MeetingClient(proxy.url, patience=HASTE) as client,
    ):
        assert isinstance(await anext(client.events("m1")), StoredEvent)
    async with (
        ForeignHost(audio_service.port, 99) as proxy,
        MeetingClient(proxy.url, patience=HASTE) as client,
    ):
        with pytest.raises(Forbidden, match="host name"):
            await client.get("m1")
        with pytest.raises(Forbidden, match="host name"):
            await anext(client.events("m1"))


async def test_a_full_buffer_makes_writes_wait(audio_service: AudioService) -> None:
    """While the service is away, a bot's memory is bounded."""
    patience = Patience(delays_s=(0.01,), jitter_s=0, give_up_s=20, buffer_s=1)
    async with MeetingClient(audio_service.url, patience=patience) as client, open_ann(client) as stream:
        await stream.ready()
        await audio_service.stop()
        await stream.write(PCM[:RATE_HZ])
        writing = asyncio.create_task(stream.write(PCM[RATE_HZ:]))
        _, waiting = await asyncio.wait({writing}, timeout=0.2)
        assert {writing} == waiting
        assert RATE_HZ == stream.pending_samples
        await audio_service.start()
        await writing

    assert np.array_equal(PCM, np.concatenate(await audio_service.stored("ann")))


async def test_a_cancelled_write_has_taken_nothing(audio_service: AudioService) -> None:
    """A bot that lost patience writes the same piece again; also half a sample stays where it was."""
    patience = Patience(delays_s=(0.01,), jitter_s=0, give_up_s=20, buffer_s=1)
    data = to_bytes(PCM)
    async with MeetingClient(audio_service.url, patience=patience) as client, open_ann(client) as stream:
        await stream.ready()
        await audio_service.stop()
        await stream.write(data[: 2 * RATE_HZ + 1])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.write(data[2 * RATE_HZ + 1 :]), 0.01)
        assert RATE_HZ == stream.pending_samples
        await audio_service.start()
        await stream.write(data[2 * RATE_HZ + 1 :])

    assert np.array_equal(PCM, np.concatenate(await audio_service.stored("ann")))


async def test_posted_pieces_survive_a_restart(audio_service: AudioService, client: MeetingClient) -> None:
    """Over plain HTTP a piece is posted until it is held."""
    stream = PostedStream(client, "m1", "ann", RawFormat(Encoding.S16LE, RATE_HZ))
    await stream.write(to_bytes(PCM[:40_000]))
    await audio_service.stop()
    writing = asyncio.create_task(stream.write(to_bytes(PCM[40_000:])))
    await asyncio.sleep(0)
    await audio_service.start()
    await writing
    await stream.finish()

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


# Events


async def test_events_are_told_once_and_in_order_over_a_restart(
    audio_service: AudioService, client: MeetingClient
) -> None:
    """Nothing is missed, nothing repeated, and the end of the meeting ends them."""
    seen: list[int] = []
    texts: list[str] = []

    async def watch() -> None:
        async for event in client.events("m1"):
            if isinstance(event, StoredEvent):
                seen.append(event.seq)
                if isinstance(event.event, SentenceFinalized):
                    texts.append(event.event.sentence.text)

    watching = asyncio.create_task(watch())
    speech = np.concatenate([noise(3 * RATE_HZ), np.zeros(2 * RATE_HZ, np.int16)])
    async with open_ann(client) as stream:
        await stream.write(speech)
        await stream.drain()
        await audio_service.stop()
        await audio_service.start()
        await stream.write(speech)
    await client.end("m1")
    await watching

    assert list(range(1, len(seen) + 1)) == seen
    spoken = [sentence.text for sentence in (await client.transcript("m1")).sentences]
    assert spoken
    assert sorted(spoken) == sorted(texts)


class BrokenFrame(FaultProxy):
    """A network that, once it is told to, changes the length of the next piece of an event stream."""

    breaks = False

    def _corrupt(self, data: bytes, probability: float) -> bytes:
        if not (self.breaks and b"\r\ncheck: " in data):
            return data
        self.breaks = False
        return data.replace(b"\r\ncheck: ", b"\r\x00check: ")


async def test_events_go_on_after_a_broken_frame(audio_service: AudioService) -> None:
    """What does not even look like an answer any more is left, however alive its connection seems."""
    patience = replace(HASTE, event_silence_s=1.0)
    async with (
        BrokenFrame(audio_service.port) as proxy,
        MeetingClient(proxy.url, patience=patience) as client,
    ):
        async with asyncio.timeout(60), aclosing(client.events("m1")) as events:
            first = await anext(events)
            proxy.breaks = True
            await client.put_participant("m1", "ann")
            second = await anext(events)

        assert [1, 2] == [event.seq for event in (first, second) if isinstance(event, StoredEvent)]
        assert not proxy.breaks


async def test_events_of_no_meeting_are_not_found(client: MeetingClient) -> None:
    """At once, without waiting for it to appear."""
    with pytest.raises(NotFound):
        await anext(client.events("nowhere"))


async def test_events_resume_after_a_number(audio_service: AudioService, client: MeetingClient) -> None:
    """A watcher that knows the first two gets the third."""
    await audio_service.sessions.rename_meeting("m1", "One")
    await audio_service.sessions.rename_meeting("m1", "Two")
    events = client.events("m1", after=2)
    event = await anext(events)
    await events.aclose()

    assert isinstance(event, StoredEvent)
    assert isinstance(event.event, MeetingChanged)
    assert (3, "Two") == (event.seq, event.event.meeting.title)
