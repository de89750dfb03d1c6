"""The error tree. Every error has a stable `code`; `web/errors.py` turns it into a status or close code.

MeetingServiceError
├── InvalidRequest        the caller sent something that cannot be read
│   ├── InvalidAudio      samples or a container that cannot be decoded
│   ├── UnsupportedMedia  a content type or encoding that is not spoken here
│   ├── BodyStalled       a request body that stood still
│   ├── Corrupted         not what was sent: a checksum does not match
│   ├── Unconditional     a change that does not say of which version
│   ├── ProtocolViolation a message that `meeting-audio.v1` does not allow
│   ├── NotInFile         a range that begins after a file's end
│   ├── UpgradeRequired   a WebSocket's address, asked for without the handshake
│   └── TooLarge          over a written limit
│       └── StreamTooLong
├── Forbidden             a web page of somebody else's asked for it
├── NotFound              no such meeting or participant
├── AudioRemoved          there was audio, and it is not kept any more
├── Conflict              right words, wrong moment
│   ├── Outdated          somebody else changed it meanwhile
│   ├── AudioHole         a piece that begins after what is held
│   ├── AudioDiffers      a piece that is not what is held at its place
│   ├── StreamEnded       the participant was ended while this sender went on
│   ├── MeetingEnded      the meeting takes no more audio
│   └── ParticipantGone   the participant was deleted and takes no more audio
├── Overloaded            try again later
│   ├── TooFast           this caller is over its own limit
│   ├── TooMany           as many as the settings allow are there
│   └── SearchTooSlow     a search that was ended before it had found all
├── StorageFailed         what was sent is not kept, or what was kept cannot be read
│   ├── DiskFull
│   └── AudioDamaged      kept audio is not as it was written
├── RecognitionFailed     the worker could not recognise
└── CannotStart           a setting, a model, a port or a folder that does not work
"""

from collections.abc import Mapping
from typing import ClassVar


class MeetingServiceError(Exception):
    """Something went wrong that the person calling can read about."""

    code: ClassVar[str] = "internal"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class InvalidRequest(MeetingServiceError):
    """The caller sent something that cannot be read."""

    code = "invalid_request"


class InvalidAudio(InvalidRequest):
    """Samples or a container that cannot be decoded."""

    code = "invalid_audio"


class UnsupportedMedia(InvalidRequest):
    """A content type or encoding that is not spoken here."""

    code = "unsupported_media"


class ProtocolViolation(InvalidRequest):
    """A message that `meeting-audio.v1` does not allow."""

    code = "protocol"


class Corrupted(InvalidRequest):
    """What arrived is not what was sent: its checksum does not match. Sending it again is the cure."""

    code = "corrupted"


class Unconditional(InvalidRequest):
    """A change that does not say of which version: it could overwrite somebody else's."""

    code = "unconditional"


class BodyStalled(InvalidRequest):
    """A request body that stood still for longer than it may."""

    code = "stalled"


class TooLarge(InvalidRequest):
    """Over a written limit."""

    code = "too_large"


class StreamTooLong(TooLarge):
    """Audio beyond `hours`, which one stream may have."""

    def __init__(self, hours: float) -> None:
        super().__init__(
            f"one stream may be {hours:g} hours long ([limits] meeting_h): end the participant, and go on in "
            "a new stream from 0"
        )


class NotInFile(InvalidRequest):
    """A range of bytes that begins after the end of a file, which has `size_bytes`."""

    code = "not_in_file"

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"the range begins after the file's end: it has {size_bytes} bytes")
        self.size_bytes = size_bytes


class UpgradeRequired(InvalidRequest):
    """A WebSocket's address, asked for without the handshake."""

    code = "upgrade_required"


class Forbidden(MeetingServiceError):
    """Not for whoever asks: another site's page, or a host name that is not this service's."""

    code = "forbidden"


class NotFound(MeetingServiceError):
    """No such meeting or participant."""

    code = "not_found"


class AudioRemoved(MeetingServiceError):
    """There was audio, and it is not kept any more; the text is."""

    code = "audio_removed"


class Conflict(MeetingServiceError):
    """Right words, wrong moment."""

    code = "conflict"


class Outdated(Conflict):
    """Somebody else changed it meanwhile; `current` is what it is now, at `version`."""

    code = "outdated"

    def __init__(self, what: str, version: int, current: Mapping[str, str | int | bool]) -> None:
        super().__init__(f"{what} was changed meanwhile: it is at version {version}")
        self.version = version
        self.current = {**current, "version": version}


class AudioHole(Conflict):
    """A piece begins after what is held; `expected` is the position to send from."""

    code = "audio_hole"

    def __init__(self, expected: int, offered: int) -> None:
        super().__init__(
            f"audio up to sample {expected} is held and this piece begins at {offered}: "
            f"send from {expected}, or declare the missing part a gap"
        )
        self.expected = expected
        self.offered = offered


class AudioDiffers(Conflict):
    """A piece is not the audio that is held at its place. What is held stays."""

    code = "audio_differs"


class StreamEnded(Conflict):
    """The sender's stream is over: ended from elsewhere, or another sender's now."""

    code = "stream_ended"


class MeetingEnded(Conflict):
    """The meeting takes no more audio."""

    code = "meeting_ended"


class ParticipantGone(Conflict):
    """The participant was deleted and takes no more audio, unless somebody makes them again."""

    code = "participant_gone"

    def __init__(self, detail: str = "this participant was deleted: no more audio is taken") -> None:
        super().__init__(detail)


class Overloaded(MeetingServiceError):
    """The service is full; try again after `retry_after_s`. Where that is None waiting does not help."""

    code = "overloaded"

    def __init__(self, detail: str, retry_after_s: int | None = 5) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class TooFast(Overloaded):
    """This caller is over its own limit."""

    code = "too_fast"


class TooMany(Overloaded):
    """As many as the settings allow are there already."""

    code = "too_many"


class SearchTooSlow(Overloaded):
    """A search took too long, or waited too long for others, and was ended."""

    code = "search_too_slow"


class StorageFailed(MeetingServiceError):
    """What was sent is not kept."""

    code = "storage_failed"


class DiskFull(StorageFailed):
    """There is no room for what was sent."""

    code = "disk_full"


class AudioDamaged(StorageFailed):
    """Audio that was kept is not as it was written; reading it again does not help."""

    code = "audio_damaged"


class RecognitionFailed(MeetingServiceError):
    """The worker could not recognise."""

    code = "recognition_failed"


class CannotStart(MeetingServiceError):
    """A setting, a model, a port or a folder that does not work; the detail says what to do."""

    code = "cannot_start"
