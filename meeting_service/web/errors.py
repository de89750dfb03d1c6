"""Errors become answers here and nowhere else: a status and a problem, a page, or a socket's close code."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from meeting_service import metrics
from meeting_service.errors import (
    AudioHole,
    MeetingServiceError,
    NotInFile,
    Outdated,
    Overloaded,
    UpgradeRequired,
)
from meeting_service.protocol import CloseCode
from meeting_service.web.assets import render_page

log = structlog.get_logger()

PROBLEM_TYPE = "application/problem+json"
_API_PATHS = ("/v1", "/openapi.json", "/healthz", "/readyz", "/metrics")


@dataclass(frozen=True, slots=True)
class Answer:
    """How an error code is said over HTTP and over a socket."""

    status: int
    close_code: CloseCode
    title: str


ANSWERS = {
    "invalid_request": Answer(422, CloseCode.PROTOCOL, "The request cannot be read"),
    "invalid_audio": Answer(422, CloseCode.PROTOCOL, "The audio cannot be decoded"),
    "corrupted": Answer(422, CloseCode.PROTOCOL, "Changed on the way"),
    "unsupported_media": Answer(415, CloseCode.PROTOCOL, "The content type is not spoken here"),
    "unconditional": Answer(428, CloseCode.PROTOCOL, "It must be said of which version the change is"),
    "protocol": Answer(422, CloseCode.PROTOCOL, "The protocol does not allow this message"),
    "stalled": Answer(408, CloseCode.PROTOCOL, "The body stood still"),
    "not_in_file": Answer(416, CloseCode.PROTOCOL, "Nothing is there in the file"),
    "too_large": Answer(413, CloseCode.TOO_BIG, "Over a limit"),
    "forbidden": Answer(403, CloseCode.FORBIDDEN, "Not allowed from there"),
    "upgrade_required": Answer(426, CloseCode.PROTOCOL, "A WebSocket is spoken there"),
    "method_not_allowed": Answer(405, CloseCode.PROTOCOL, "The address has other methods"),
    "not_found": Answer(404, CloseCode.NOT_FOUND, "Not found"),
    "audio_removed": Answer(410, CloseCode.NOT_FOUND, "The audio is not kept any more"),
    "conflict": Answer(409, CloseCode.CONFLICT, "Not possible now"),
    "outdated": Answer(412, CloseCode.CONFLICT, "Somebody else changed it meanwhile"),
    "audio_hole": Answer(409, CloseCode.CONFLICT, "Audio is missing before this piece"),
    "audio_differs": Answer(409, CloseCode.CONFLICT, "Other audio is held there"),
    "stream_ended": Answer(409, CloseCode.CONFLICT, "The stream is over"),
    "superseded": Answer(409, CloseCode.SUPERSEDED, "A newer socket sends this participant's audio"),
    "meeting_ended": Answer(409, CloseCode.ENDED, "The meeting has ended"),
    "participant_gone": Answer(409, CloseCode.ENDED, "The participant was deleted"),
    "overloaded": Answer(503, CloseCode.OVERLOADED, "The service is full"),
    "too_fast": Answer(429, CloseCode.TOO_FAST, "Too fast"),
    "too_many": Answer(429, CloseCode.TOO_FAST, "As many as there may be"),
    "search_too_slow": Answer(503, CloseCode.OVERLOADED, "The search took too long"),
    "storage_failed": Answer(500, CloseCode.FAILED, "What was sent could not be kept"),
    "audio_damaged": Answer(500, CloseCode.FAILED, "Kept audio is damaged"),
    "disk_full": Answer(507, CloseCode.DISK_FULL, "The disk is full"),
    "recognition_failed": Answer(500, CloseCode.FAILED, "Recognition failed"),
    "internal": Answer(500, CloseCode.FAILED, "Something went wrong here"),
}
"""By error code; each class of the error tree has its own."""


def answer_to(error: MeetingServiceError) -> Answer:
    """How this error is told."""
    return ANSWERS.get(error.code, ANSWERS["internal"])


def close_code(error: BaseException) -> CloseCode:
    """The WebSocket close code that tells of this error."""
    return answer_to(error).close_code if isinstance(error, MeetingServiceError) else CloseCode.FAILED


@dataclass(frozen=True, slots=True)
class Problem:
    """What the caller is told, whichever form it takes."""

    status: int
    code: str
    title: str
    detail: str
    current: Mapping[str, str | int | bool] | None = None
    """what is there now, where a change is of something else"""

    def to_json(self) -> dict[str, Any]:
        """The body of RFC 9457, with the code beside it."""
        beside = {} if self.current is None else {"current": dict(self.current)}
        return {
            **beside,
            "type": f"/docs#error-{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
        }


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into an answer; only the unexpected leaves a traceback in the log."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return _respond(request, _from_http(request, error), _kept_headers(error))
    except MeetingServiceError as error:
        return _respond(request, _from_error(error), extra_headers(error))
    except ConnectionResetError:
        return web.Response(status=HTTPStatus.BAD_REQUEST)  # read by nobody: the caller is gone
    except Exception:
        log.exception("request failed", method=request.method, route=_route(request))
        return _respond(request, _from_error(MeetingServiceError("this is in the log; try again later")), {})


def shorten_unreadable(record: logging.LogRecord) -> bool:
    """Log filter: a request that is no HTTP is one line without what was sent, for nothing failed here."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.levelno, record.levelname, record.exc_info = logging.WARNING, "WARNING", None
        record.msg, record.args = "unreadable request: %s", (type(error).__name__,)
    return True


def _from_error(error: MeetingServiceError) -> Problem:
    answer = answer_to(error)
    current = error.current if isinstance(error, Outdated) else None
    return Problem(answer.status, error.code, answer.title, error.detail, current)


def _from_http(request: web.Request, error: web.HTTPException) -> Problem:
    status = HTTPStatus(error.status)
    slash = ", perhaps without the slash at the end" if request.path.endswith("/") else ""
    offered = error.headers.get("Allow", "").replace(",", ", ")
    details = {
        HTTPStatus.NOT_FOUND: f"there is nothing at this address{slash}; /docs lists every route",
        HTTPStatus.METHOD_NOT_ALLOWED: f"{request.method} is not offered here, only {offered}",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the body is larger than it may be",
    }
    code = "too_large" if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE else status.name.lower()
    title = ANSWERS[code].title if code in ANSWERS else status.phrase
    return Problem(status, code, title, details.get(status, status.description.lower()))


def extra_headers(error: MeetingServiceError) -> dict[str, str]:
    """What is told beside the body of a problem."""
    if isinstance(error, AudioHole):
        return {"Upload-Offset": str(error.expected)}
    if isinstance(error, Outdated):
        return {"ETag": f'"{error.version}"'}
    if isinstance(error, Overloaded) and error.retry_after_s is not None:
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, UpgradeRequired):
        return {"Upgrade": "websocket"}
    if isinstance(error, NotInFile):
        return {"Content-Range": f"bytes */{error.size_bytes}"}
    return {}


def _kept_headers(error: web.HTTPException) -> dict[str, str]:
    kept = ("Allow", "Retry-After")
    return {name: error.headers[name] for name in kept if name in error.headers}


def _respond(request: web.Request, problem: Problem, headers: dict[str, str]) -> web.Response:
    metrics.http_errors.labels(problem.code).inc()
    if request.path.startswith(_API_PATHS):
        return web.json_response(
            problem.to_json(), status=problem.status, headers=headers, content_type=PROBLEM_TYPE
        )
    response = render_page(request, "error.html", {"problem": problem})
    response.set_status(problem.status)
    response.headers.update(headers)
    return response


def _route(request: web.Request) -> str:
    # The path itself may hold what a caller chose as an id.
    resource = request.match_info.route.resource
    return resource.canonical if resource else "(none)"
