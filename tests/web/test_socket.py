"""The audio WebSocket on a real port, with a real ledger behind it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSCloseCode, WSMsgType, WSServerHandshakeError

from meeting_service import metrics
from meeting_service.checksums import seal
from meeting_service.protocol import SUBPROTOCOL, AudioMessage, Bye, CloseCode, DeclareGap, End, Hello
from tests.audio_service import RATE_HZ, AudioService, Bot, noise, to_bytes

PCM = noise(8_000)
ANN = {"stream": 1, "participant": "ann", "name": "Ann", "encoding": "s16le", "rate": RATE_HZ, "channels": 1}
BOB = {"stream": 2, "participant": "bob", "encoding": "s16le", "rate": RATE_HZ}


class Socket:
    """A client that does exactly what a test says."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.passed_over: list[dict[str, Any]] = []
        self.reason = ""
        """of the close, once it is"""

    async def say(self, kind: str, **fields: Any) -> None:
        """Send a text message."""
        await self.socket.send_str(json.dumps({"type": kind, **fields}))

    async def hello(self, *streams: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Open streams; returns the welcome."""
        await self.say("hello", streams=streams, **fields)
        return await self.hear("welcome")

    async def audio(self, offset: int, pcm: np.ndarray = PCM, stream: int = 1) -> None:
        """Send a piece."""
        await self.socket.send_bytes(AudioMessage(stream, offset, to_bytes(pcm)).encode())

    async def hear(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next message of a type that has these fields; others are passed over."""
        async with asyncio.timeout(20):
            while True:
                message: dict[str, Any] = await self.socket.receive_json()
                if message["type"] == kind and fields.items() <= message.items():
                    return message
                self.passed_over.append(message)

    async def closed(self) -> int | None:
        """The close code, once the server has closed; messages before it are passed over."""
        async with asyncio.timeout(20):
            while (message := await self.socket.receive()).type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self.passed_over.append(message.json())
        self.reason = message.extra or ""
        return self.socket.close_code


Dial = Callable[..., AbstractAsyncContextManager[Socket]]


@pytest.fixture
def limits() -> dict[str, float]:
    """What is short in these tests."""
    return {"window_s": 1}


@pytest.fixture
async def dial(audio_service: AudioService) -> AsyncIterator[Dial]:
    """Open a socket to a meeting."""
    async with ClientSession() as session:

        @asynccontextmanager
        async def dial(meeting_id: str = "m1", **options: Any) -> AsyncIterator[Socket]:
            url = f"{audio_service.url}/v1/meetings/{meeting_id}/audio"
            async with session.ws_connect(url, protocols=(SUBPROTOCOL,), max_msg_size=0, **options) as socket:
                yield Socket(socket)

        yield dial


async def test_audio_is_acknowledged_when_it_is_durable(audio_service: AudioService, dial: Dial) -> None:
    """Hello, audio, ack; and what was acknowledged is in the ledger."""
    async with dial() as socket:
        welcome = await socket.hello(ANN)
        await socket.audio(0)
        await socket.hear("ack", stream=1, through=8_000)

        assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])

    assert SUBPROTOCOL == socket.socket.protocol
    assert RATE_HZ == welcome["window_samples"]
    assert [{"stream": 1, "through": 0, "window_samples": RATE_HZ}] == welcome["streams"]


@pytest.mark.parametrize("seed", range(3))
async def test_cuts_between_messages_do_not_matter(
    audio_service: AudioService, dial: Dial, seed: int
) -> None:
    """Pieces of any length, sent twice and with overlaps, are the stream once."""
    rng = np.random.default_rng(seed)
    async with dial() as socket:
        await socket.hello(ANN)
        sent = 0
        while sent < len(PCM):
            start, end = max(0, sent - int(rng.integers(500))), sent + int(rng.integers(1, 2_000))
            await socket.audio(start, PCM[start:end])
            sent = end
        await socket.hear("ack", through=8_000)

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_many_participants_share_a_socket(audio_service: AudioService, dial: Dial) -> None:
    """Streams in the hello and opened later, each with its own positions."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.say("open", **BOB)
        await socket.hear("welcome", streams=[{"stream": 2, "through": 0, "window_samples": RATE_HZ}])
        await socket.audio(0)
        await socket.audio(0, PCM[::-1], stream=2)
        for stream in (1, 2):
            await socket.audio(8_000, PCM, stream)
        await socket.say("end", stream=1)
        await socket.say("end", stream=2)
        await socket.hear("ack", stream=2, through=16_000, ended=True)

    assert np.array_equal(np.concatenate([PCM, PCM]), (await audio_service.stored("ann"))[0])
    assert np.array_equal(np.concatenate([PCM[::-1], PCM]), (await audio_service.stored("bob"))[0])
    people = await audio_service.sessions.list_participants("m1")
    assert [("ann", "Ann"), ("bob", "bob")] == sorted((person.id, person.name) for person in people)


async def test_each_channel_can_be_a_participant(audio_service: AudioService, dial: Dial) -> None:
    """One stream with a channel per person."""
    both = np.stack([PCM, PCM[::-1]], axis=1)
    spec = {"stream": 7, "participants": ["ann", "bob"], "encoding": "s16le", "rate": RATE_HZ, "channels": 2}
    async with dial() as socket:
        await socket.hello(spec)
        await socket.audio(0, both, stream=7)
        await socket.hear("ack", stream=7, through=8_000)

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])
    assert np.array_equal(PCM[::-1], (await audio_service.stored("bob"))[0])


async def test_a_new_socket_goes_on_where_the_last_one_was(audio_service: AudioService, dial: Dial) -> None:
    """The welcome says from which sample; the stream is the same."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.hear("ack", through=8_000)
    async with dial() as socket:
        welcome = await socket.hello(ANN)
        await socket.audio(8_000)
        await socket.hear("ack", through=16_000)

    assert 8_000 == welcome["streams"][0]["through"]
    assert 1 == len(await audio_service.stored("ann"))


async def test_a_hole_is_told_and_filled(audio_service: AudioService, dial: Dial) -> None:
    """Nack says from where to send again; nothing behind the hole was kept."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(4_000, PCM[4_000:])
        await socket.hear("nack", stream=1, expected=0)
        await socket.audio(0)
        await socket.hear("ack", through=8_000)

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_a_gap_is_shown(audio_service: AudioService, dial: Dial) -> None:
    """Declared gaps are silence in the ledger and a gap in the transcript."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.socket.send_str(DeclareGap(1, 8_000, 24_000).encode())
        await socket.audio(24_000)
        await socket.hear("ack", through=32_000)

    silence = np.zeros(16_000, np.int16)
    assert np.array_equal(np.concatenate([PCM, silence, PCM]), (await audio_service.stored("ann"))[0])
    assert 1 == len((await audio_service.sessions.get_transcript("m1")).gaps)


async def test_bye_is_answered_when_all_is_stored(audio_service: AudioService, dial: Dial) -> None:
    """A polite client is closed with 1000 after its last ack."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.socket.send_str(Bye().encode())

        assert CloseCode.DONE == await socket.closed()

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_a_participant_who_ended_may_come_back(audio_service: AudioService, dial: Dial) -> None:
    """Under a new number, as a new stream that begins at 0."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.socket.send_str(End(1).encode())
        await socket.hear("ack", ended=True)
        await socket.say("open", **(ANN | {"stream": 2}))
        await socket.hear("welcome")
        await socket.audio(0, PCM[::-1], stream=2)
        await socket.hear("ack", stream=2, through=8_000)

    first, second = await audio_service.stored("ann")
    assert np.array_equal(PCM, first)
    assert np.array_equal(PCM[::-1], second)


async def test_everything_again_on_a_new_socket_changes_nothing(
    audio_service: AudioService, dial: Dial
) -> None:
    """As by a bot that missed the acknowledged end."""
    for _ in range(2):
        async with dial() as socket:
            assert 0 == (await socket.hello(ANN))["streams"][0]["through"]
            await socket.audio(0)
            await socket.hear("ack", through=8_000)
            await socket.say("end", stream=1)
            await socket.hear("ack", ended=True)

    [held] = await audio_service.stored("ann")
    assert np.array_equal(PCM, held)


async def test_text_comes_back_on_the_socket(dial: Dial) -> None:
    """A client that asks for text gets the sentences of its streams."""
    speech, pause = noise(3 * RATE_HZ), np.zeros(2 * RATE_HZ, np.int16)
    pcm = np.concatenate([speech, pause])
    async with dial() as socket:
        await socket.hello(ANN, text=True)
        for start in range(0, len(pcm), 8_000):
            await socket.audio(start, pcm[start : start + 8_000])
            await socket.hear("ack", through=start + 8_000)
        await socket.say("end", stream=1)

        text = await _hear_final(socket)
        assert (1, "ann") == (text["stream"], text["participant"])
        assert text["final"]
        assert text["start_ms"] < text["end_ms"]


async def _hear_final(socket: Socket) -> dict[str, Any]:
    while not (finals := [message for message in socket.passed_over if "final" in message]):
        socket.passed_over.append(await socket.hear("text"))
    return finals[0]


# Refusals


BAD_HELLOS = {
    "no JSON": "x",
    "an unknown field": json.dumps({"type": "hello", "streams": [], "colour": "red"}),
    "a type of tomorrow": json.dumps({"type": "dance"}),
    "bye before hello": json.dumps({"type": "bye"}),
    "0 Hz": json.dumps({"type": "hello", "streams": [ANN | {"rate": 0}]}),
    "a name of nothing": json.dumps({"type": "hello", "streams": [ANN | {"name": "\n"}]}),
}


@pytest.mark.parametrize("name", BAD_HELLOS)
async def test_what_the_protocol_does_not_allow_closes_with_4400(dial: Dial, name: str) -> None:
    """The error says what, the close code says it is no use to come back."""
    async with dial() as socket:
        await socket.socket.send_str(BAD_HELLOS[name])

        error = await socket.hear("error")
        assert ("protocol", CloseCode.PROTOCOL) == (error["code"], await socket.closed())
        assert f"protocol: {error['detail']}" == socket.reason


async def test_a_violation_loses_nothing_of_what_came_before(audio_service: AudioService, dial: Dial) -> None:
    """Audio before the bad message is stored and acknowledged."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.say("dance")
        await socket.hear("ack", through=8_000)

        assert CloseCode.PROTOCOL == await socket.closed()

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


@pytest.mark.parametrize("encoding", ["s16le", "f32le"])
async def test_audio_that_cannot_be_is_ignored(
    audio_service: AudioService, dial: Dial, encoding: str
) -> None:
    """Half samples and NaN are refused, the socket stays, and the same place can be sent again."""
    floats = (PCM / np.float32(32_768)).astype("<f4")
    good = to_bytes(PCM) if encoding == "s16le" else floats.tobytes()
    floats[5] = np.nan
    bad = good + b"x" if encoding == "s16le" else floats.tobytes()
    async with dial() as socket:
        await socket.hello(ANN | {"encoding": encoding})
        await socket.socket.send_bytes(AudioMessage(1, 0, bad).encode())
        await socket.hear("error", code="invalid_audio", stream=1)
        await socket.socket.send_bytes(AudioMessage(1, 0, good).encode())
        await socket.hear("ack", through=8_000)

    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_an_unknown_meeting_closes_with_4404(dial: Dial) -> None:
    """After the handshake, so that every client sees the code."""
    async with dial("nowhere") as socket:
        assert CloseCode.NOT_FOUND == await socket.closed()


async def test_an_ended_meeting_closes_with_4410(audio_service: AudioService, dial: Dial) -> None:
    """Before any audio, and when it ends under a socket."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.hear("ack", through=8_000)
        await audio_service.sessions.end_meeting("m1")

        assert CloseCode.ENDED == await socket.closed()
    async with dial() as socket:
        assert CloseCode.ENDED == await socket.closed()
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_another_rate_is_a_conflict(dial: Dial) -> None:
    """A hello of which nothing can be opened ends the connection."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.hear("ack", through=8_000)
        async with dial() as other:
            await other.say("hello", streams=[ANN | {"rate": 48_000}])

            assert CloseCode.CONFLICT == await other.closed()
            assert [("error", 1)] == [(said["type"], said["stream"]) for said in other.passed_over]
            assert other.reason.startswith("conflict: the open stream of participant ann is at 16000 Hz")


async def test_a_stream_that_cannot_be_opened_harms_no_other(audio_service: AudioService, dial: Dial) -> None:
    """In the hello or later, it is refused alone."""
    async with ClientSession() as session:
        await Bot(session, audio_service.url).post(to_bytes(PCM), "bob")
    wrong = BOB | {"rate": 48_000}
    async with dial() as socket:
        await socket.say("hello", streams=[wrong, ANN])
        await socket.hear("error", code="conflict", stream=2)
        await socket.hear("welcome", streams=[{"stream": 1, "through": 0, "window_samples": RATE_HZ}])
        await socket.say("open", **(wrong | {"stream": 3}))
        await socket.hear("error", code="conflict", stream=3)
        await socket.audio(0, stream=2)
        await socket.audio(0)

        await socket.hear("ack", stream=1, through=8_000)


async def test_a_newer_socket_takes_a_stream_over(audio_service: AudioService, dial: Dial) -> None:
    """The older one is closed with 4430 when it has no other stream."""
    async with dial() as old, dial() as new:
        await old.hello(ANN, BOB)
        await old.audio(0)
        await old.hear("ack", stream=1, through=8_000)

        welcome = await new.hello(ANN)
        assert 8_000 == welcome["streams"][0]["through"]
        await old.hear("error", code="superseded", stream=1)
        await old.audio(8_000)  # on its way when it was taken over: overlooked
        await old.audio(0, stream=2)
        await old.hear("ack", stream=2, through=8_000)
        await new.say("open", **BOB)

        assert CloseCode.SUPERSEDED == await old.closed()
        assert "superseded" == old.reason
        await new.audio(8_000)
        await new.hear("ack", stream=1, through=16_000)
    assert 1 == len(await audio_service.stored("ann"))


async def test_a_sick_client_harms_nobody_else(audio_service: AudioService, dial: Dial) -> None:
    """Garbage without end and acknowledgements that nobody reads are one socket's trouble."""
    async with dial() as sick, dial() as well:
        await sick.hello(BOB)
        await well.hello(ANN)
        for number in range(300):
            await sick.socket.send_bytes(AudioMessage(2, number, b"x").encode())
            await well.audio(number * 10, PCM[number * 10 : number * 10 + 10])
        await well.hear("ack", through=3_000)

    assert np.array_equal(PCM[:3_000], (await audio_service.stored("ann"))[0])


async def test_a_message_that_is_too_large_closes_with_4413(audio_service: AudioService, dial: Dial) -> None:
    """Whatever its kind; audio before it is stored, and why it is closed is said."""
    most = audio_service.settings.limits.message_bytes
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.socket.send_bytes(bytes(most + 1))

        error = await socket.hear("error", code="too_large")
        assert CloseCode.TOO_BIG == await socket.closed()
        assert f"too_large: {error['detail']}" == socket.reason
        assert f"{most} bytes" in socket.reason
    async with ClientSession() as session:
        await Bot(session, audio_service.url).wait_for(8_000)


async def test_a_text_that_is_none_closes_with_a_reason(dial: Dial) -> None:
    """The library's own refusal says why, too."""
    async with dial() as socket:
        await socket.socket.send_frame(b"\xff", WSMsgType.TEXT)

        assert WSCloseCode.INVALID_TEXT == await socket.closed()
        assert "a text message is not UTF-8" == socket.reason


async def test_a_length_that_may_be_damage_is_no_final_refusal(
    audio_service: AudioService, dial: Dial
) -> None:
    """Who seals what they say takes an error for said of what they sent: of a length nobody knows."""
    async with dial() as socket:
        await socket.socket.send_str(seal(Hello([]).encode()))
        await socket.hear("welcome")
        await socket.socket.send_bytes(bytes(audio_service.settings.limits.message_bytes + 1))

        assert CloseCode.TOO_BIG == await socket.closed()
        assert [] == [message for message in socket.passed_over if message["type"] == "error"]
        assert socket.reason.startswith("too_large: ")


async def test_storage_that_fails_acknowledges_nothing(audio_service: AudioService, dial: Dial) -> None:
    """The socket is closed so that the client comes back; what was acknowledged is there."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.hear("ack", through=8_000)
        await audio_service.sessions.ledger.close()
        await socket.audio(8_000)
        await socket.hear("error", code="storage_failed")

        assert CloseCode.FAILED == await socket.closed()
        assert [] == [message for message in socket.passed_over if message["type"] == "ack"]
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_who_is_too_fast_is_told_where_to_go_on(audio_service: AudioService, dial: Dial) -> None:
    """Above the window audio is refused, and a nack invites it again."""
    pcm = noise(40_000)
    async with dial() as socket:
        await socket.hello(ANN)
        for start in range(0, 40_000, 8_000):
            await socket.audio(start, pcm[start : start + 8_000])
        await socket.hear("error", code="too_fast", stream=1)
        expected = 0
        while expected < 40_000:
            expected = (await socket.hear("nack", stream=1))["expected"]
            await socket.audio(expected, pcm[expected : expected + 8_000])
            await socket.hear("ack", through=expected + 8_000)
            expected += 8_000
            if expected < 40_000:
                await socket.audio(expected + 1, pcm[:1])

    assert np.array_equal(pcm, (await audio_service.stored("ann"))[0])


async def test_a_participant_ended_from_elsewhere_ends_the_stream_only(
    audio_service: AudioService, dial: Dial
) -> None:
    """The stream is refused from then on, and can be opened anew."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.hear("ack", through=8_000)
        await audio_service.sessions.end_participant("m1", "ann", wait=False)
        await socket.audio(8_000)
        await socket.hear("error", code="stream_ended", stream=1)
        await socket.say("open", **(ANN | {"stream": 2}))

        await socket.hear("welcome", streams=[{"stream": 2, "through": 0, "window_samples": RATE_HZ}])


async def test_other_audio_where_some_is_held_ends_the_stream_only(dial: Dial) -> None:
    """With the code that a post gets; what is held stays, and another stream goes on after it."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.hear("ack", through=8_000)
        await socket.audio(0, PCM[::-1])
        await socket.hear("error", code="audio_differs", stream=1)
        await socket.say("open", **(ANN | {"stream": 2}))

        await socket.hear("welcome", streams=[{"stream": 2, "through": 8_000, "window_samples": RATE_HZ}])


async def test_a_post_without_offset_does_not_mix_with_a_socket(
    audio_service: AudioService, dial: Dial
) -> None:
    """While a socket sends for a participant, a post has to say where it begins."""
    async with dial() as socket, ClientSession() as session:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.hear("ack", through=8_000)
        bot = Bot(session, audio_service.url)

        refused = await bot.post(to_bytes(PCM))
        assert (409, "8000") == (refused.status, refused.headers["Upload-Offset"])
        assert 200 == (await bot.post(to_bytes(PCM), Upload_Offset="0")).status
    assert np.array_equal(PCM, (await audio_service.stored("ann"))[0])


async def test_a_foreign_page_may_not_open_a_socket(dial: Dial) -> None:
    """A browser on another site is refused before the handshake."""
    with pytest.raises(WSServerHandshakeError) as caught:
        async with dial(origin="http://evil.example"):
            pass

    assert 403 == caught.value.status


async def test_a_plain_request_is_asked_to_upgrade(audio_service: AudioService) -> None:
    """GET without a WebSocket."""
    async with (
        ClientSession() as session,
        session.get(f"{audio_service.url}/v1/meetings/m1/audio") as response,
    ):
        assert 426 == response.status


async def test_a_client_that_says_nothing_is_sent_away(tmp_path: Path) -> None:
    """Without a hello a socket is not kept."""
    async with AudioService.on(tmp_path, body_idle_s=1) as audio_service, ClientSession() as session:
        await audio_service.create_meeting()
        url = f"{audio_service.url}/v1/meetings/m1/audio"
        async with session.ws_connect(url, protocols=(SUBPROTOCOL,)) as socket:
            assert CloseCode.PROTOCOL == await Socket(socket).closed()


async def test_an_idle_client_learns_that_the_meeting_is_over(
    audio_service: AudioService, dial: Dial
) -> None:
    """At once, although it sends nothing that could be refused."""
    async with dial() as ended, dial() as other:
        await ended.hello(ANN)
        await other.hello(ANN | {"participant": "bob"})
        await audio_service.sessions.end_meeting("m1")

        assert {CloseCode.ENDED} == {await ended.closed(), await other.closed()}


async def test_an_idle_client_learns_that_the_meeting_was_deleted(
    audio_service: AudioService, dial: Dial
) -> None:
    """As of a meeting that never was."""
    async with dial() as socket:
        await socket.hello(ANN)
        await audio_service.sessions.delete_meeting("m1")

        assert CloseCode.NOT_FOUND == await socket.closed()


async def test_the_last_words_come_before_the_end(audio_service: AudioService, dial: Dial) -> None:
    """A client that wants text is sent away only when the meeting's text is told."""
    async with dial() as socket:
        await socket.hello(ANN, text=True)
        await socket.audio(0, noise(RATE_HZ))
        await socket.hear("ack", through=RATE_HZ)
        await audio_service.sessions.end_meeting("m1")

        assert (await _hear_final(socket))["final"]
        assert CloseCode.ENDED == await socket.closed()


@pytest.mark.parametrize("asked", [(), ("meeting-audio.v2",)])
async def test_another_subprotocol_is_refused(audio_service: AudioService, asked: tuple[str, ...]) -> None:
    """With the name of the one to ask for."""
    async with (
        ClientSession() as session,
        session.ws_connect(f"{audio_service.url}/v1/meetings/m1/audio", protocols=asked) as opened,
    ):
        socket = Socket(opened)
        error = await socket.hear("error")

        assert SUBPROTOCOL in error["detail"]
        assert CloseCode.PROTOCOL == await socket.closed()


@pytest.mark.parametrize(("meeting", "code"), [("m1", "protocol"), ("none", "not_found")])
async def test_the_close_that_was_told_is_what_is_counted(dial: Dial, meeting: str, code: str) -> None:
    """Whatever the client answers."""
    before = _count_closes(code)
    async with dial(meeting) as socket:
        await socket.say("dance")
        await socket.closed()
    async with asyncio.timeout(20):
        while _count_closes(code) == before:  # noqa: ASYNC110 what an operator can see is the figure
            await asyncio.sleep(0.01)

    assert before + 1 == _count_closes(code)


def _count_closes(code: str) -> float:
    name = "meeting_audio_socket_closes_total"
    return metrics.registry.get_sample_value(name, {"code": code}) or 0.0


async def test_a_meeting_has_so_many_sockets(tmp_path: Path) -> None:
    """More than its participants could need are sent away."""
    async with AudioService.on(tmp_path, participants=1) as audio_service, ClientSession() as session:
        await audio_service.create_meeting()
        url, asked = f"{audio_service.url}/v1/meetings/m1/audio", (SUBPROTOCOL,)
        async with (
            session.ws_connect(url, protocols=asked) as one,
            session.ws_connect(url, protocols=asked) as two,
        ):
            await Socket(one).hello()
            await Socket(two).hello()
            async with session.ws_connect(url, protocols=asked) as three:
                assert CloseCode.TOO_FAST == await Socket(three).closed()


async def test_a_stop_stores_what_came_and_says_1012(audio_service: AudioService, dial: Dial) -> None:
    """After a restart the client goes on where it was."""
    async with dial() as socket:
        await socket.hello(ANN)
        await socket.audio(0)
        await socket.hear("ack", through=8_000)
        await socket.audio(8_000)
        stopping = asyncio.create_task(audio_service.stop())

        assert CloseCode.RESTARTING == await socket.closed()
        await stopping
    await audio_service.start()
    async with dial() as socket:
        through = (await socket.hello(ANN))["streams"][0]["through"]
        assert through in (8_000, 16_000)
        await socket.audio(through, np.concatenate([PCM, PCM, PCM])[through:])
        await socket.hear("ack", through=24_000)

    assert np.array_equal(np.concatenate([PCM, PCM, PCM]), (await audio_service.stored("ann"))[0])
