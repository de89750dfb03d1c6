"""`meeting-audio.v1`: the messages of the audio WebSocket, spoken by server and client alike.

Text messages are JSON objects with a `type`; binary messages are audio, `u32 stream | u64 offset | payload`,
little-endian. Positions are samples of the stream at the rate it is sent in. Nothing here touches a socket.

- A stream that is opened with `"crc32":true` has a `u32` between offset and payload: the CRC-32 of the rest
  of the message. A client whose hello is sealed (its last field is `"crc32":"…"`, see `checksums`) seals
  every text message and gets every one sealed. What does not match is answered with the error `corrupted`
  and a close with 4400: of all errors with that code this one is cured by coming back.

- `hello` and each `open` are answered by a `welcome` for the streams they name: where each continues and its
  window, the audio it may have sent and not yet seen acknowledged. A stream's number is used once per socket.
- Audio that was received already is acknowledged again. What is held stays: other audio in its place ends
  the stream with the error `audio_differs`. Audio behind a hole is not kept; a `nack` says where to go on.
  Audio above the window is refused with `too_fast`; a `nack` follows when there is room.
- `error` with a `stream` is about that stream: `invalid_audio` and `too_fast` refuse a message, anything else
  ends the stream and leaves the socket. `error` without one says why the socket is about to be closed. A
  hello of which no stream can be opened ends the socket, too, with the close code of the last one's error.
- A close says why in its reason, as `code: detail`.
- `end` is answered by an `ack` with `"ended":true` when all audio of the stream is durable. `bye` is answered
  by a close with 1000 when all audio of the socket is; streams that were not ended stay open for a later one.
- After an `end` a participant who comes back begins a new stream at 0. What it sends from there that is the
  former stream again, as from a client that missed the last `ack`, is acknowledged and makes no second copy.
- A newer socket takes a participant's stream over; the older one is closed when it has no other stream left.

| code | means | reconnect? |
| --- | --- | --- |
| 1000 | done | no |
| 1011 | the service failed at this connection | yes |
| 1012 | restarting | yes, and resume |
| 1013 | overloaded | yes, later |
| 4400 | a message the protocol does not allow | no |
| 4401 | who are you | no |
| 4403 | not yours | no |
| 4404 | no such meeting | no |
| 4409 | conflict: another rate than the open stream's | no |
| 4410 | the meeting has ended | no |
| 4413 | too big: a message, or a stream | no |
| 4429 | too fast: more audio than the window; or too many participants or sockets | yes, later |
| 4430 | a newer socket took this stream over | no |
| 4507 | the disk is full | yes, later |
"""

import json
import struct
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from meeting_service.audio import RawFormat
from meeting_service.errors import Corrupted, ProtocolViolation

SUBPROTOCOL = "meeting-audio.v1"
MAX_POSITION = 2**63 - 1
"""the largest position a ledger can hold"""

_AUDIO_HEADER = struct.Struct("<IQ")
_CRC32 = struct.Struct("<I")
AUDIO_HEADER_BYTES = _AUDIO_HEADER.size


class CloseCode(IntEnum):
    """Why a socket was closed."""

    DONE = 1000
    FAILED = 1011
    RESTARTING = 1012
    OVERLOADED = 1013
    PROTOCOL = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    CONFLICT = 4409
    ENDED = 4410
    TOO_BIG = 4413
    TOO_FAST = 4429
    SUPERSEDED = 4430
    DISK_FULL = 4507


RETRY_AT_ONCE = frozenset({CloseCode.FAILED, CloseCode.RESTARTING})
RETRY_LATER = frozenset({CloseCode.OVERLOADED, CloseCode.TOO_FAST, CloseCode.DISK_FULL})


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """What a client says about a stream it opens."""

    stream: int
    """the client's own number for it on this socket"""
    format: RawFormat
    participants: Sequence[str]
    """one, whose channels are mixed down, or one per channel"""
    names: Sequence[str | None] = (None,)
    """display names, as many as participants"""
    captured_at: datetime | None = None
    crc32: bool = False
    """whether its audio messages carry a checksum"""

    def to_wire(self) -> dict[str, Any]:
        """The object that goes into `hello` and `open`."""
        fields: dict[str, Any] = {
            "stream": self.stream,
            "encoding": self.format.encoding.value,
            "rate": self.format.rate_hz,
            "channels": self.format.channels,
        }
        if len(self.participants) == 1:
            fields["participant"] = self.participants[0]
            fields |= {} if self.names[0] is None else {"name": self.names[0]}
        else:
            fields |= {"participants": list(self.participants), "names": list(self.names)}
        if self.captured_at is not None:
            fields["captured_at"] = self.captured_at.isoformat()
        if self.crc32:
            fields["crc32"] = True
        return fields


@dataclass(frozen=True, slots=True)
class Hello:
    """The first message of a client."""

    streams: Sequence[StreamSpec]
    text: bool = False
    """whether the client wants the text of its streams"""
    meeting: str | None = None
    """where the client thinks it is, so that an address that a network changed is found out"""

    def encode(self) -> str:
        """The text message."""
        where = {} if self.meeting is None else {"meeting": self.meeting}
        return _encode("hello", streams=[spec.to_wire() for spec in self.streams], text=self.text, **where)


@dataclass(frozen=True, slots=True)
class Open:
    """More streams. On the wire `streams` holds them; a single one may stand in the message itself."""

    streams: Sequence[StreamSpec]

    def encode(self) -> str:
        """The text message."""
        return _encode("open", streams=[spec.to_wire() for spec in self.streams])


@dataclass(frozen=True, slots=True)
class DeclareGap:
    """Audio from `start` up to `end` will never come."""

    stream: int
    start: int
    end: int

    def encode(self) -> str:
        """The text message."""
        return _encode("gap", stream=self.stream, **{"from": self.start, "to": self.end})


@dataclass(frozen=True, slots=True)
class End:
    """No more audio of this stream: its participant left."""

    stream: int

    def encode(self) -> str:
        """The text message."""
        return _encode("end", stream=self.stream)


@dataclass(frozen=True, slots=True)
class Bye:
    """The client leaves; streams it did not end stay open for a later socket."""

    def encode(self) -> str:
        """The text message."""
        return _encode("bye")


ClientMessage = Hello | Open | DeclareGap | End | Bye


@dataclass(frozen=True, slots=True)
class StreamWelcome:
    """Where a stream continues, and how far ahead of the acknowledgements it may run."""

    stream: int
    through: int
    window_samples: int


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to `hello` and to each `open`, for the streams they name."""

    streams: Sequence[StreamWelcome]

    def encode(self) -> str:
        """The text message; its own `window_samples` is the least of its streams'."""
        streams = [asdict(stream) for stream in self.streams]
        least = min((stream.window_samples for stream in self.streams), default=0)
        return _encode("welcome", streams=streams, window_samples=least)


@dataclass(frozen=True, slots=True)
class Ack:
    """Everything before `through` is durable."""

    stream: int
    through: int
    ended: bool = False
    """whether this is the stream's last acknowledgement, the answer to `end`"""

    def encode(self) -> str:
        """The text message."""
        last = {"ended": True} if self.ended else {}
        return _encode("ack", stream=self.stream, through=self.through, **last)


@dataclass(frozen=True, slots=True)
class Nack:
    """Audio came that begins after what was received: send from `expected`."""

    stream: int
    expected: int

    def encode(self) -> str:
        """The text message."""
        return _encode("nack", stream=self.stream, expected=self.expected)


@dataclass(frozen=True, slots=True)
class SpokenText:
    """What a participant of the stream is saying, or has said; times in ms of the meeting."""

    stream: int
    participant: str
    text: str
    final: bool
    start_ms: int
    end_ms: int

    def encode(self) -> str:
        """The text message."""
        return _encode(
            "text",
            stream=self.stream,
            participant=self.participant,
            start_ms=self.start_ms,
            end_ms=self.end_ms,
            **{"final" if self.final else "draft": self.text},
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something was not accepted: a message, a stream, or, if a close follows, the connection."""

    code: str
    detail: str
    stream: int | None = None

    def encode(self) -> str:
        """The text message."""
        about = {} if self.stream is None else {"stream": self.stream}
        return _encode("error", code=self.code, detail=self.detail, **about)


ServerMessage = Welcome | Ack | Nack | SpokenText | Refusal


@dataclass(frozen=True, slots=True)
class AudioMessage:
    """A binary message."""

    stream: int
    offset: int
    payload: bytes

    def encode(self) -> bytes:
        """The binary message."""
        return _AUDIO_HEADER.pack(self.stream, self.offset) + self.payload

    def with_crc32(self) -> "AudioMessage":
        """The same for a stream whose messages carry a checksum, in front of the audio."""
        return AudioMessage(self.stream, self.offset, _CRC32.pack(self._crc32(self.payload)) + self.payload)

    def without_crc32(self) -> "AudioMessage":
        """The same with the checksum checked and taken off.

        Raises:
            Corrupted: it is not of this message.
        """
        given, payload = self.payload[: _CRC32.size], self.payload[_CRC32.size :]
        if given != _CRC32.pack(self._crc32(payload)):
            raise Corrupted("an audio message does not have the checksum it was sent with")
        return AudioMessage(self.stream, self.offset, payload)

    def _crc32(self, payload: bytes) -> int:
        return zlib.crc32(payload, zlib.crc32(_AUDIO_HEADER.pack(self.stream, self.offset)))


def parse_audio_message(data: bytes) -> AudioMessage:
    """Read a binary message.

    Raises:
        ProtocolViolation: it is shorter than its header, or its offset cannot be a position.
    """
    if len(data) < AUDIO_HEADER_BYTES:
        raise ProtocolViolation(
            f"a binary message begins with {AUDIO_HEADER_BYTES} bytes of header, this has {len(data)}"
        )
    stream, offset = _AUDIO_HEADER.unpack_from(data)
    if offset > MAX_POSITION:
        raise ProtocolViolation(f"{offset} is not a position in a stream")
    return AudioMessage(stream, offset, data[AUDIO_HEADER_BYTES:])


def _encode(kind: str, **fields: Any) -> str:
    return json.dumps({"type": kind, **fields}, separators=(",", ":"), ensure_ascii=False)
