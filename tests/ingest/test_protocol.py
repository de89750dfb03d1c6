"""The server's side of an audio socket, without a socket: `protocol`, `messages` and `incoming`."""

import json
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from meeting_service.errors import ProtocolViolation, TooFast, TooLarge
from meeting_service.ingest.incoming import (
    MAX_WAITING,
    SILENCE_WAIT_S,
    TOO_FAST_GRACE_S,
    Finish,
    Missing,
    Piece,
)
from meeting_service.ingest.messages import parse_client_message
from meeting_service.ingest.protocol import AudioProtocol, ProtocolLimits
from meeting_service.protocol import (
    Ack,
    AudioMessage,
    Bye,
    DeclareGap,
    End,
    Hello,
    Nack,
    Open,
    Refusal,
    ServerMessage,
    StreamWelcome,
    Welcome,
    parse_audio_message,
)

RATE_HZ = 8_000
WINDOW_S = 1
LIMITS = ProtocolLimits(streams=4, window_s=WINDOW_S, stream_s=100)
ANN = {"stream": 1, "participant": "ann", "encoding": "s16le", "rate": RATE_HZ}
BOB = {"stream": 2, "participant": "bob", "encoding": "s16le", "rate": RATE_HZ}


def say(kind: str, **fields: Any) -> str:
    """A text message."""
    return json.dumps({"type": kind, **fields})


def audio(offset: int, samples: int, stream: int = 1) -> bytes:
    """A binary message whose samples are their own positions."""
    pcm = np.arange(offset, offset + samples).astype("<i2")
    return AudioMessage(stream, offset, pcm.tobytes()).encode()


def silence(offset: int, samples: int, stream: int = 1) -> bytes:
    """A binary message of zeros."""
    return AudioMessage(stream, offset, bytes(2 * samples)).encode()


def greet(protocol: AudioProtocol, *streams: dict[str, Any], through: int = 0, **hello: Any) -> None:
    """Say hello and open what it asks for."""
    specs = protocol.receive_text(say("hello", streams=streams, **hello), 0)
    for spec in specs:
        protocol.open_stream(spec, through)
    protocol.welcome(specs)


@pytest.fixture
def protocol() -> AudioProtocol:
    """A connection with ann's stream open at 0 and nothing to tell."""
    protocol = AudioProtocol(LIMITS)
    greet(protocol, ANN)
    protocol.messages()
    return protocol


def store_all(protocol: AudioProtocol) -> list[Any]:
    """Store everything that waits, as the runtime does; returns the work in its order."""
    done = []
    while work := list(protocol.take_work()):
        for stream, item in work:
            done.append(item)
            through = stream.welcome().through
            if isinstance(item, Piece):
                through = item.start + item.samples
            elif isinstance(item, Missing):
                through = item.end
            stream.stored(through)
    return done


# Messages


@pytest.mark.parametrize(
    "message",
    [
        DeclareGap(1, 5, 9),
        End(2**32 - 1),
        Bye(),
    ],
)
def test_what_a_client_encodes_is_read(message: DeclareGap | End | Bye) -> None:
    """Both sides speak the same words."""
    assert message == parse_client_message(message.encode())


def test_a_hello_carries_everything_about_streams() -> None:
    """Participants per channel, names and times survive the wire."""
    text = say(
        "hello",
        text=True,
        streams=[
            ANN | {"name": " Ann\n", "captured_at": "2026-01-31T10:30:00+01:00"},
            {"stream": 2, "participants": ["x", "y"], "encoding": "f32le", "rate": 48_000, "channels": 2},
        ],
    )
    hello = parse_client_message(text)

    assert isinstance(hello, Hello)
    assert hello.text
    assert ("Ann",) == hello.streams[0].names
    assert hello.streams[0].captured_at is not None
    assert "2026-01-31T09:30:00+00:00" == hello.streams[0].captured_at.isoformat()
    assert hello == parse_client_message(hello.encode())
    assert Open(hello.streams) == parse_client_message(Open(hello.streams).encode())
    alone = json.dumps({"type": "open", **hello.streams[1].to_wire()})
    assert Open(hello.streams[1:2]) == parse_client_message(alone)


BAD_MESSAGES = {
    "no JSON": "hello",
    "a list": "[]",
    "NaN": '{"type":"gap","stream":1,"from":NaN,"to":2}',
    "too deep": "[" * 100_000,
    "a number of a million digits": '{"type":"end","stream":' + "1" * 1_000_000 + "}",
    "no type": "{}",
    "an unknown type": say("shout"),
    "a type that is no text": '{"type":1}',
    "an unknown field": say("bye", now=True),
    "an unknown field of a stream": say("hello", streams=[ANN | {"volume": 3}]),
    "no streams": say("hello"),
    "streams that are none": say("hello", streams=[1]),
    "text that is no flag": say("hello", streams=[], text=1),
    "a stream number too large": say("end", stream=2**32),
    "a stream number that is true": say("end", stream=True),
    "a negative stream": say("end", stream=-1),
    "a fraction of a sample": say("gap", stream=1, **{"from": 0.5, "to": 2}),
    "a gap backwards": say("gap", stream=1, **{"from": 2, "to": 1}),
    "a gap of nothing": say("gap", stream=1, **{"from": 2, "to": 2}),
    "0 Hz": say("open", **(ANN | {"rate": 0})),
    "1 GHz": say("open", **(ANN | {"rate": 1_000_000_000})),
    "200 channels": say("open", **(ANN | {"channels": 200})),
    "an unknown encoding": say("open", **(ANN | {"encoding": "mp3"})),
    "no participant": say("open", stream=1, encoding="s16le", rate=8_000),
    "a participant with a line break": say("open", **(ANN | {"participant": "a\nb"})),
    "half a character": say("open", **(ANN | {"participant": "\ud800"})),
    "a name of nothing": say("open", **(ANN | {"name": "\u202e"})),
    "a name that is too long": say("open", **(ANN | {"name": "x" * 81})),
    "a name that is a number": say("open", **(ANN | {"name": 7})),
    "more channels than participants": say(
        "open", stream=1, participants=["a", "b"], encoding="s16le", rate=8_000, channels=3
    ),
    "a participant twice": say("open", stream=1, participants=["a", "a"], encoding="s16le", rate=8_000),
    "no participants": say("open", stream=1, participants=[], encoding="s16le", rate=8_000),
    "more names than participants": say(
        "open", stream=1, participants=["a"], names=["x", "y"], encoding="s16le", rate=8_000
    ),
    "both participant and participants": say("open", participants=["b"], **ANN),
    "a time without zone": say("open", **(ANN | {"captured_at": "2026-01-31T09:30:00"})),
    "a time that is a number": say("open", **(ANN | {"captured_at": 1})),
}


@pytest.mark.parametrize("name", BAD_MESSAGES)
def test_messages_are_read_strictly(name: str) -> None:
    """What is not allowed is refused with words, whatever it is."""
    with pytest.raises(ProtocolViolation) as caught:
        parse_client_message(BAD_MESSAGES[name])

    assert 10 < len(caught.value.detail) < 300


@given(st.text(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_no_text_breaks_the_parser(text: str) -> None:
    """Any text is a message or a violation."""
    with suppress(ProtocolViolation):
        parse_client_message(text)


@given(st.binary(max_size=40))
def test_no_bytes_break_the_parser(data: bytes) -> None:
    """Any binary message is audio or a violation."""
    try:
        assert data == parse_audio_message(data).encode()
    except ProtocolViolation:
        assert len(data) < 12 or int.from_bytes(data[4:12], "little") >= 2**63


# The order of things


@pytest.mark.parametrize("first", [say("bye"), say("end", stream=1), say("open", **ANN)])
def test_hello_is_first(first: str) -> None:
    """Nothing is taken before it."""
    with pytest.raises(ProtocolViolation):
        AudioProtocol(LIMITS).receive_text(first, 0)


def test_audio_before_hello_is_a_violation() -> None:
    """Nobody knows whose it is."""
    with pytest.raises(ProtocolViolation):
        AudioProtocol(LIMITS).receive_audio(audio(0, 10), 0)


def test_hello_comes_once(protocol: AudioProtocol) -> None:
    """More streams are opened with open."""
    with pytest.raises(ProtocolViolation):
        protocol.receive_text(say("hello", streams=[BOB]), 0)


@pytest.mark.parametrize(
    "spec", [ANN, BOB | {"stream": 1}, ANN | {"stream": 3}], ids=["again", "number", "participant"]
)
def test_numbers_and_participants_are_used_once(protocol: AudioProtocol, spec: dict[str, Any]) -> None:
    """One stream number, one participant, on one socket."""
    with pytest.raises(ProtocolViolation):
        protocol.receive_text(say("open", **spec), 0)


def test_a_socket_carries_so_many_participants(protocol: AudioProtocol) -> None:
    """The limit counts participants, not streams."""
    with pytest.raises(TooLarge):
        protocol.receive_text(
            say("open", stream=2, participants=list("wxyz"), encoding="s16le", rate=8_000), 0
        )


def test_a_welcome_says_where_streams_continue() -> None:
    """Each with its window in its own samples."""
    protocol = AudioProtocol(LIMITS)
    greet(protocol, ANN, BOB | {"rate": 16_000}, through=77)

    [welcome] = protocol.messages()
    assert Welcome([StreamWelcome(1, 77, 8_000), StreamWelcome(2, 77, 16_000)]) == welcome
    assert 8_000 == json.loads(welcome.encode())["window_samples"]


def test_audio_of_an_unknown_stream_is_a_violation(protocol: AudioProtocol) -> None:
    """A number that was never opened."""
    with pytest.raises(ProtocolViolation):
        protocol.receive_audio(audio(0, 10, stream=9), 0)


def test_what_still_comes_for_an_abandoned_stream_is_overlooked(protocol: AudioProtocol) -> None:
    """The client could not know yet."""
    protocol.abandon(1, Refusal("superseded", "gone", 1))

    protocol.receive_audio(audio(0, 10), 0)
    protocol.receive_text(say("end", stream=1), 0)

    assert [Refusal("superseded", "gone", 1)] == protocol.messages()
    assert [] == store_all(protocol)


def test_nothing_is_acknowledged_before_it_is_stored(protocol: AudioProtocol) -> None:
    """An ack follows storage, not arrival."""
    protocol.receive_audio(audio(0, 100), 0)
    assert [] == protocol.messages()

    store_all(protocol)

    assert [Ack(1, 100)] == protocol.messages()


def test_small_messages_are_stored_together(protocol: AudioProtocol) -> None:
    """What came since the last time is one piece."""
    for offset in range(0, 100, 10):
        protocol.receive_audio(audio(offset, 10), 0)

    [piece] = store_all(protocol)

    assert list(range(100)) == piece.pcm().tolist()


def test_what_came_already_is_handed_out_again(protocol: AudioProtocol) -> None:
    """Whoever knows what is held can compare it; what follows on joins it."""
    protocol.receive_audio(audio(0, 100), 0)
    store_all(protocol)
    protocol.messages()

    protocol.receive_audio(audio(50, 30), 0)
    protocol.receive_audio(audio(50, 50), 0)
    protocol.receive_audio(audio(100, 50), 0)

    again, rest = store_all(protocol)
    assert (50, list(range(50, 80))) == (again.start, again.pcm().tolist())
    assert (50, list(range(50, 150))) == (rest.start, rest.pcm().tolist())
    assert [Ack(1, 150)] == protocol.messages()


def test_a_message_of_nothing_is_acknowledged(protocol: AudioProtocol) -> None:
    """A sender may ask that way how far it is."""
    protocol.receive_audio(audio(0, 0), 0)

    assert [Ack(1, 0)] == protocol.messages()
    assert [] == store_all(protocol)


def test_pieces_that_wait_are_bounded(protocol: AudioProtocol) -> None:
    """Who sends the same again and again is told to wait, and goes on when it is stored."""
    for _ in range(MAX_WAITING + 1):
        protocol.receive_audio(audio(0, 10), 0)

    [refusal] = protocol.messages()
    assert isinstance(refusal, Refusal)
    assert TooFast.code == refusal.code
    assert MAX_WAITING == len(store_all(protocol))
    assert [Ack(1, 10), Nack(1, 10)] == protocol.messages()


def test_a_hole_is_told_once_and_again_after_a_while(protocol: AudioProtocol) -> None:
    """A flood behind a hole is not answered with a flood."""
    told: list[ServerMessage] = []
    for now_s in (0.0, 0.1, 0.2, 1.5):
        protocol.receive_audio(audio(50, 10), now_s)
        told += protocol.messages()

    assert [Nack(1, 0), Nack(1, 0)] == told


def test_half_samples_are_refused_and_the_stream_lives(protocol: AudioProtocol) -> None:
    """The message is ignored, the next one is a hole."""
    protocol.receive_audio(audio(0, 10) + b"x", 0)
    protocol.receive_audio(audio(10, 10), 0)

    refusal, nack = protocol.messages()
    assert isinstance(refusal, Refusal)
    assert ("invalid_audio", 1, Nack(1, 0)) == (refusal.code, refusal.stream, nack)


def test_a_sample_that_is_no_number_refuses_its_message() -> None:
    """The whole message is ignored and the sample named."""
    protocol = AudioProtocol(LIMITS)
    greet(protocol, ANN | {"encoding": "f32le"})
    protocol.messages()
    floats = np.zeros(10, "<f4")
    floats[7] = np.nan

    protocol.receive_audio(AudioMessage(1, 0, floats.tobytes()).encode(), 0)

    [refusal] = protocol.messages()
    assert isinstance(refusal, Refusal)
    assert "sample 7" in refusal.detail
    assert [] == store_all(protocol)


def test_refusals_that_nobody_reads_end_the_connection(protocol: AudioProtocol) -> None:
    """They are bounded."""
    for _ in range(100):
        protocol.receive_audio(audio(0, 10) + b"x", 0)

    with pytest.raises(TooFast):
        protocol.receive_audio(audio(0, 10) + b"x", 0)


def test_a_gap_takes_its_turn(protocol: AudioProtocol) -> None:
    """Audio before it, the gap, audio after it; the part that is there already is left out."""
    protocol.receive_audio(audio(0, 10), 0)
    protocol.receive_text(say("gap", stream=1, **{"from": 5, "to": 50}), 0)
    protocol.receive_audio(audio(50, 10), 0)

    before, missing, after = store_all(protocol)

    assert (0, Missing(10, 50), 50) == (before.start, missing, after.start)


def test_a_gap_after_a_hole_is_a_hole(protocol: AudioProtocol) -> None:
    """It does not say what became of the audio before it."""
    protocol.receive_text(say("gap", stream=1, **{"from": 5, "to": 50}), 0)

    assert [Nack(1, 0)] == protocol.messages()


def test_gaps_that_wait_are_bounded(protocol: AudioProtocol) -> None:
    """A flood of gaps costs no memory."""
    for start in range(MAX_WAITING):
        protocol.receive_text(say("gap", stream=1, **{"from": start, "to": start + 1}), 0)

    with pytest.raises(TooFast):
        protocol.receive_text(say("gap", stream=1, **{"from": MAX_WAITING, "to": 2 * MAX_WAITING}), 0)


@pytest.mark.parametrize("end", [100 * RATE_HZ + 1, 2**62])
def test_a_stream_has_a_longest_length(protocol: AudioProtocol, end: int) -> None:
    """A gap over years is not recorded."""
    with pytest.raises(TooLarge):
        protocol.receive_text(say("gap", stream=1, **{"from": 0, "to": end}), 0)


def test_the_end_is_acknowledged_last(protocol: AudioProtocol) -> None:
    """After all audio is stored; then the stream is forgotten."""
    protocol.receive_audio(audio(0, 10), 0)
    protocol.receive_text(say("end", stream=1), 0)

    piece, finish = store_all(protocol)

    assert (Piece, Finish) == (type(piece), type(finish))
    assert [Ack(1, 10, ended=True)] == protocol.messages()
    assert () == tuple(protocol.specs)


def test_after_the_end_comes_nothing(protocol: AudioProtocol) -> None:
    """Audio for a stream that was ended is a violation."""
    protocol.receive_text(say("end", stream=1), 0)

    with pytest.raises(ProtocolViolation):
        protocol.receive_audio(audio(0, 10), 0)


def test_bye_lets_what_came_be_stored(protocol: AudioProtocol) -> None:
    """The connection is done when all is stored; what comes later is overlooked."""
    protocol.receive_audio(audio(0, 10), 0)
    protocol.receive_text(say("bye"), 0)
    protocol.receive_audio(audio(10, 10), 0)
    assert not protocol.done

    [piece] = store_all(protocol)

    assert (10, True) == (piece.samples, protocol.done)


# The window


def test_above_the_window_audio_is_refused_until_there_is_room(protocol: AudioProtocol) -> None:
    """The client is told, and where to go on as soon as it may."""
    protocol.receive_audio(audio(0, 8_000), 0)
    protocol.receive_audio(audio(8_000, 100), 0)
    protocol.receive_audio(audio(8_100, 100), 0)
    [refusal] = protocol.messages()
    assert isinstance(refusal, Refusal)
    assert "too_fast" == refusal.code

    store_all(protocol)

    assert [Ack(1, 8_000), Nack(1, 8_000)] == protocol.messages()


def test_who_goes_on_above_the_window_is_sent_away(protocol: AudioProtocol) -> None:
    """After a grace."""
    protocol.receive_audio(audio(0, 8_000), 0)
    protocol.receive_audio(audio(8_000, 100), 0)
    protocol.receive_audio(audio(8_000, 100), TOO_FAST_GRACE_S)

    with pytest.raises(TooFast):
        protocol.receive_audio(audio(8_000, 100), TOO_FAST_GRACE_S + 0.1)


def test_urgency_is_a_second_of_audio_or_a_control_message(protocol: AudioProtocol) -> None:
    """Otherwise the runtime may gather more."""
    protocol.receive_audio(audio(0, 100), 0)
    assert not protocol.urgent

    protocol.receive_text(say("end", stream=1), 0)

    assert protocol.urgent


def test_audio_tells_whether_it_should_be_stored_at_once(protocol: AudioProtocol) -> None:
    """A message that fills a second does; one that only begins it does not."""
    assert not protocol.receive_audio(audio(0, 4_000), 0)
    assert protocol.receive_audio(audio(4_000, 4_000), 0.1)


def test_digital_silence_waits_for_more(protocol: AudioProtocol) -> None:
    """It is given out once it has waited, as one piece."""
    protocol.receive_audio(silence(0, 100), 5.0)
    protocol.receive_audio(silence(100, 100), 5.1)
    assert [] == list(protocol.take_work(5.1))

    [(_, piece)] = protocol.take_work(5.0 + SILENCE_WAIT_S)

    assert isinstance(piece, Piece)
    assert 200 == piece.samples


def test_silence_does_not_hold_up_what_follows(protocol: AudioProtocol) -> None:
    """Sound behind it, the end of the stream and the client's leaving have it stored at once."""
    protocol.receive_audio(silence(0, 100), 5.0)
    protocol.receive_audio(audio(100, 100), 5.0)
    [(stream, sound)] = protocol.take_work(5.0)
    stream.stored(200)
    protocol.receive_audio(silence(200, 100), 6.0)
    protocol.receive_text(say("end", stream=1), 6.0)
    [(stream, ended)] = protocol.take_work(6.0)

    assert isinstance(sound, Piece)
    assert 200 == sound.samples
    assert isinstance(ended, Piece)


def test_silence_does_not_hold_up_a_goodbye(protocol: AudioProtocol) -> None:
    """Who leaves waits for nothing."""
    protocol.receive_audio(silence(0, 100), 5.0)
    protocol.receive_text(Bye().encode(), 5.0)

    assert 1 == len(list(protocol.take_work(5.0)))


class AnyClient(RuleBasedStateMachine):
    """A client that sends its stream in any cuts, overlaps, repeats and skips; storage takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol = AudioProtocol(LIMITS)
        greet(self.protocol, ANN)
        self.protocol.messages()
        self.held: list[int] = []
        self.acknowledged = 0
        self.out: Any = None

    @rule(offset=st.integers(0, 500), samples=st.integers(0, 300))
    def send(self, offset: int, samples: int) -> None:
        """Somewhere, also where it does not fit."""
        self.protocol.receive_audio(audio(offset, samples), 0)

    @precondition(lambda self: self.out is None)
    @rule()
    def take(self) -> None:
        """Storage begins with what waits."""
        self.out = next(self.protocol.take_work(), None)

    @precondition(lambda self: self.out is not None)
    @rule()
    def store(self) -> None:
        """Storage is done."""
        stream, piece = self.out
        assert piece.start <= len(self.held)
        self.held[piece.start : piece.end] = piece.pcm().tolist()
        stream.stored(len(self.held))
        self.out = None

    @rule()
    def listen(self) -> None:
        """Acknowledgements never go back and never run ahead."""
        for message in self.protocol.messages():
            if isinstance(message, Ack):
                assert self.acknowledged <= message.through <= len(self.held)
                self.acknowledged = message.through

    @invariant()
    def what_is_held_is_the_stream(self) -> None:
        """Every sample once, in its place."""
        assert list(range(len(self.held))) == self.held


AnyClient.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestAnyClient = AnyClient.TestCase
