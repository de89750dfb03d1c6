"""What can go wrong for a bot: the service's own error tree, and what only a client knows."""

import errno
from typing import Any

from aiohttp import ClientConnectorError
from yarl import URL

from meeting_service.errors import (
    AudioDiffers,
    AudioHole,
    BodyStalled,
    Conflict,
    Corrupted,
    DiskFull,
    Forbidden,
    InvalidAudio,
    InvalidRequest,
    MeetingEnded,
    MeetingServiceError,
    NotFound,
    Outdated,
    Overloaded,
    ParticipantGone,
    ProtocolViolation,
    StorageFailed,
    StreamEnded,
    TooFast,
    TooLarge,
    TooMany,
    UnsupportedMedia,
)
from meeting_service.protocol import CloseCode


class Unreachable(MeetingServiceError):
    """Nobody answers at the service's address."""

    code = "unreachable"


class ServiceFailed(MeetingServiceError):
    """Something went wrong in the service, which may be right the next time."""


class Superseded(Conflict):
    """A newer socket sends this participant's audio."""

    code = "superseded"


PASSING = (Corrupted, Overloaded, ServiceFailed, StorageFailed, Unreachable)
"""what may be over at the next attempt"""
DOUBTS = 3
"""refusals in a row that a bad network may have caused, after which they are believed"""
_BY_CODE = {
    cls.code: cls
    for cls in (
        AudioDiffers,
        BodyStalled,
        Conflict,
        Corrupted,
        DiskFull,
        Forbidden,
        InvalidAudio,
        InvalidRequest,
        MeetingEnded,
        NotFound,
        Overloaded,
        ParticipantGone,
        ProtocolViolation,
        ServiceFailed,
        StorageFailed,
        StreamEnded,
        Superseded,
        TooFast,
        TooLarge,
        TooMany,
        UnsupportedMedia,
    )
} | {AudioHole.code: Conflict}
_BY_BARE_STATUS = {403: Forbidden, 404: NotFound, 422: Corrupted}
"""of an answer to HEAD, which has no body: what was asked has no fields that could be wrong"""
_BY_CLOSE_CODE = {
    CloseCode.PROTOCOL: ProtocolViolation,
    CloseCode.NOT_FOUND: NotFound,
    CloseCode.CONFLICT: Conflict,
    CloseCode.ENDED: MeetingEnded,
    CloseCode.TOO_BIG: TooLarge,
    CloseCode.SUPERSEDED: Superseded,
}


def failure_to_error(address: URL, failure: Exception) -> Unreachable:
    """What it means that a request to the address broke."""
    if isinstance(failure, ClientConnectorError) and failure.errno == errno.ECONNREFUSED:
        return Unreachable(f"nothing listens at {address.origin()}: is the service running?")
    reason = failure.strerror if isinstance(failure, OSError) else None
    return no_answer(address, reason or str(failure) or type(failure).__name__)


def no_answer(address: URL, detail: str) -> Unreachable:
    """No answer came from there, or none to rely on."""
    return Unreachable(f"{address.origin()} does not answer: {detail}")


def code_to_error(code: str, detail: str) -> MeetingServiceError:
    """The error that a `code` of the service names; a plain one for a code that is not known here."""
    return _BY_CODE.get(code, MeetingServiceError)(detail)


def close_code_to_error(code: int, detail: str) -> MeetingServiceError:
    """The error a final close code stands for."""
    kind = _BY_CLOSE_CODE.get(CloseCode(code)) if code in set(CloseCode) else None
    return (kind or MeetingServiceError)(detail)


def problem_to_error(status: int, problem: Any) -> MeetingServiceError:
    """The error that an HTTP answer tells; `problem` is its JSON body, if it had one."""
    if not isinstance(problem, dict):
        kind = ServiceFailed if status >= 500 else _BY_BARE_STATUS.get(status, MeetingServiceError)
        return kind(f"the service answered with status {status}")
    code, detail = str(problem.get("code")), str(problem.get("detail", f"status {status}"))
    if code == Outdated.code and isinstance(current := problem.get("current"), dict):
        version = int(current.get("version", 0))
        outdated = Outdated("it", version, current)
        outdated.detail = detail
        return outdated
    if code == AudioHole.code and isinstance(expected := problem.get("through"), int):
        hole = AudioHole(expected, expected)
        hole.detail = detail
        return hole
    return code_to_error(code, detail)
