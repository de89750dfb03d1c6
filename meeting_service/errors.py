"""The error tree. Every error has a stable `code`; `web/errors.py` turns it into a status or close code.

MeetingServiceError
├── InvalidRequest        the caller sent something that cannot be read
│   ├── InvalidAudio      samples or a container that cannot be decoded
│   ├── UnsupportedMedia  a content type or encoding that is not spoken here
│   ├── BodyStalled       a request body that stood still
│   ├── ProtocolViolation a message that `meeting-audio.v1` does not allow
│   └── TooLarge          over a written limit
├── Forbidden             a web page of somebody else's asked for it
├── NotFound              no such meeting or participant
├── Conflict              right words, wrong moment
│   ├── AudioHole         a piece that begins after what is held
│   └── MeetingEnded      the meeting takes no more audio
├── Overloaded            try again later
│   ├── TooFast           this caller is over its own limit
│   └── TooMany           as many as the settings allow are there
├── StorageFailed         what was sent is not kept
│   └── DiskFull
├── RecognitionFailed     the worker could not recognise
└── CannotStart           a setting, a model, a port or a folder that does not work
"""

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


class BodyStalled(InvalidRequest):
    """A request body that stood still for longer than it may."""

    code = "stalled"


class TooLarge(InvalidRequest):
    """Over a written limit."""

    code = "too_large"


class Forbidden(MeetingServiceError):
    """Not for whoever asks: another site's page, or a host name that is not this service's."""

    code = "forbidden"


class NotFound(MeetingServiceError):
    """No such meeting or participant."""

    code = "not_found"


class Conflict(MeetingServiceError):
    """Right words, wrong moment."""

    code = "conflict"


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


class MeetingEnded(Conflict):
    """The meeting takes no more audio."""

    code = "meeting_ended"


class Overloaded(MeetingServiceError):
    """The service is full; try again after `retry_after_s`."""

    code = "overloaded"

    def __init__(self, detail: str, retry_after_s: int = 5) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class TooFast(Overloaded):
    """This caller is over its own limit."""

    code = "too_fast"


class TooMany(Overloaded):
    """As many as the settings allow are there already."""

    code = "too_many"


class StorageFailed(MeetingServiceError):
    """What was sent is not kept."""

    code = "storage_failed"


class DiskFull(StorageFailed):
    """There is no room for what was sent."""

    code = "disk_full"


class RecognitionFailed(MeetingServiceError):
    """The worker could not recognise."""

    code = "recognition_failed"


class CannotStart(MeetingServiceError):
    """A setting, a model, a port or a folder that does not work; the detail says what to do."""

    code = "cannot_start"
