"""What the audio routes promise."""

from meeting_service.errors import (
    AudioHole,
    BodyStalled,
    Conflict,
    Corrupted,
    DiskFull,
    InvalidAudio,
    InvalidRequest,
    MeetingEnded,
    NotFound,
    Overloaded,
    StorageFailed,
    TooFast,
    TooLarge,
    TooMany,
    UnsupportedMedia,
    UpgradeRequired,
)
from meeting_service.web import shapes
from meeting_service.web.bodies import Query
from meeting_service.web.operations import Header, Operation, Reply

TAG = "Audio"
MEDIA = (
    "audio/pcm;rate=16000;encoding=s16le;channels=1",
    "audio/L16;rate=16000;channels=1",
    "audio/wav",
    "audio/flac",
    "audio/ogg",
    "audio/webm",
    "audio/mpeg",
)
_POSITION = {"type": "integer", "minimum": 0}
_THROUGH = Header("Upload-Offset", "samples held", _POSITION)
_HEADERS = (
    Header("Upload-Offset", "sample at which this piece begins; without it the piece is appended", _POSITION),
    Header("Gap", "true: what is missing before Upload-Offset never existed", {"type": "boolean"}),
    Header(
        "Captured-At",
        "when the first sample of the stream was captured; without it, when it arrived. Where it cannot be "
        "by the service's clock, the stream is placed relative to the meeting's others",
        {"type": "string", "format": "date-time"},
    ),
    Header(
        "Content-Digest",
        "sha-256=:…: of the body (RFC 9530), of at most 8 MiB: it is kept as a whole or, where it does not "
        "match, not at all",
    ),
    Header("Checksum", "crc32=… of method, path and headers: see docs/bots.md; the answer then has one too"),
)
_ERRORS = (
    NotFound,
    MeetingEnded,
    AudioHole,
    Conflict,
    InvalidRequest,
    InvalidAudio,
    Corrupted,
    UnsupportedMedia,
    BodyStalled,
    TooLarge,
    TooFast,
    TooMany,
    Overloaded,
    StorageFailed,
    DiskFull,
)
_KEPT = "Held and durable. A stream of this length may be sent again: what is held is skipped."


class ChannelsQuery(Query):
    """Whose channels these are."""

    participants: str = ""
    """participant ids, one per channel, separated by commas"""


APPEND = Operation(
    "Append audio of a participant",
    {200: Reply(_KEPT, shapes.Through, headers=[_THROUGH])},
    detail="A request is one piece of the stream; the next one continues it. PCM may be cut anywhere "
    "(rate 8000 to 96000; encoding s16le, s16be, f32le, mulaw or alaw); of containers each request is a "
    "whole file. Several channels are mixed down. The body may be chunked and take as long as the meeting "
    "does. An error keeps what came before it, and says how far that is.",
    tag=TAG,
    body_media=MEDIA,
    headers=_HEADERS,
    errors=_ERRORS,
)

OFFSET = Operation(
    "Ask where a participant's stream continues",
    {
        200: Reply(
            "Samples held; 0 where the next audio begins a stream: at first, and after an end.",
            headers=[_THROUGH],
        )
    },
    tag=TAG,
    errors=[NotFound],
)

APPEND_CHANNELS = Operation(
    "Append audio with a participant per channel",
    {200: Reply(_KEPT, shapes.Through, headers=[_THROUGH])},
    detail="As for one participant, of as many as there are channels. Of a single one named here all "
    "channels are mixed down, too; any other number than that of the channels is refused.",
    tag=TAG,
    body_media=MEDIA,
    query=ChannelsQuery,
    headers=_HEADERS,
    errors=_ERRORS,
)

SOCKET = Operation(
    "Send audio over a WebSocket",
    {101: Reply("Subprotocol meeting-audio.v1: many participants on one socket.")},
    detail="Text messages are JSON, binary messages are audio: u32 stream, u64 offset, payload, "
    'little-endian. The first message is {"type": "hello", "streams": [{"stream": 1, "participant": "ann", '
    '"encoding": "s16le", "rate": 48000, "channels": 1}]}. The service says where each stream continues, '
    "then how much is durable; what was not acknowledged is sent again after a reconnect. "
    "An error that names a stream concerns that one; others close the socket with the codes listed below.",
    tag=TAG,
    errors=[NotFound, UpgradeRequired],
)
