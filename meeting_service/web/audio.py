"""Audio over HTTP: append a piece, or ask how far the stream is."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from aiohttp import web

from meeting_service import metrics
from meeting_service.errors import (
    InvalidRequest,
    MeetingServiceError,
    StreamTooLong,
    TooLarge,
)
from meeting_service.ingest import check_participant_id
from meeting_service.sessions import AudioInput
from meeting_service.web.audio_head import AudioHead, read_audio_head
from meeting_service.web.audio_operations import ChannelsQuery
from meeting_service.web.bodies import read_query
from meeting_service.web.errors import PROBLEM_TYPE, Problem, answer_to, extra_headers
from meeting_service.web.held_bodies import HELD_BODIES
from meeting_service.web.keys import SESSIONS, SETTINGS
from meeting_service.web.senders import SENDERS, OtherSender
from meeting_service.web.stopping import CLOSING
from meeting_service.web.upload import Upload


async def append(request: web.Request) -> web.Response:
    """`POST /v1/meetings/{meeting}/participants/{participant}/audio`: channels are mixed down."""
    return await _append(request, [check_participant_id(request.match_info["participant"])])


async def append_channels(request: web.Request) -> web.Response:
    """`POST /v1/meetings/{meeting}/audio?participants=ann,bob`: one participant per channel."""
    listed = read_query(request, ChannelsQuery).participants
    if not listed:
        raise InvalidRequest("participants: say whose channels these are, such as ?participants=ann,bob")
    participant_ids = [check_participant_id(item) for item in listed.split(",")]
    if len(set(participant_ids)) < len(participant_ids):
        raise InvalidRequest("participants: each may be there once")
    return await _append(request, participant_ids)


async def offset(request: web.Request) -> web.Response:
    """`HEAD …/audio`: where the participant's stream continues."""
    participant_id = check_participant_id(request.match_info["participant"])
    through, _ = await request.app[SESSIONS].get_received(request.match_info["meeting"], participant_id)
    return web.Response(headers={"Upload-Offset": str(through), "Cache-Control": "no-store"})


async def _append(request: web.Request, participant_ids: Sequence[str]) -> web.Response:
    await request.app[SESSIONS].check_live(request.match_info["meeting"])
    head = read_audio_head(request.headers)
    limits = request.app[SETTINGS].limits

    async def open_input(rate_hz: int, channels: int) -> AudioInput:
        if len(participant_ids) not in (1, channels):
            raise InvalidRequest(
                f"{len(participant_ids)} participants for {channels} channels of audio: name one for each "
                "channel, or a single one for all of them mixed down"
            )
        return await request.app[SESSIONS].open_input(
            request.match_info["meeting"],
            participant_ids,
            rate_hz,
            captured_at=head.captured_at,
            may_repeat=head.offset is not None,
            exact=head.exact,
        )

    upload = Upload(head, open_input, limits, request.app[HELD_BODIES], request.app[CLOSING])
    try:
        if (request.content_length or 0) > limits.audio_request_bytes:
            raise TooLarge(f"one request may carry {limits.audio_request_bytes} bytes of audio")
        async with _turn(request, head, participant_ids):
            return _answer(upload, await upload.run(request.content))
    except MeetingServiceError as error:
        told = upload.input is not None or isinstance(error, OtherSender | TooLarge)
        return _refuse(upload, error, await _find_through(request, participant_ids) if told else None)


@asynccontextmanager
async def _turn(request: web.Request, head: AudioHead, participant_ids: Sequence[str]) -> AsyncIterator[None]:
    """A piece that says where it begins can be stored beside any other; one that does not waits its turn."""
    if head.offset is not None:
        yield
        return
    patience_s = request.app[SETTINGS].limits.body_idle_s
    meeting_id = request.match_info["meeting"]
    async with request.app[SENDERS].appending(meeting_id, participant_ids, patience_s):
        yield


def _answer(upload: Upload, through: int) -> web.Response:
    through_ms = upload.input.ms(through) if upload.input else 0
    return web.json_response(
        {"through": through, "through_ms": through_ms}, headers={"Upload-Offset": str(through)}
    )


async def _find_through(request: web.Request, participant_ids: Sequence[str]) -> int | None:
    """Where each of the participants can go on, as `HEAD` says; None where that cannot be known."""
    sessions, meeting_id = request.app[SESSIONS], request.match_info["meeting"]
    with suppress(MeetingServiceError):
        return min([(await sessions.get_received(meeting_id, p))[0] for p in participant_ids])
    return None


def _refuse(upload: Upload, error: MeetingServiceError, through: int | None) -> web.Response:
    """The problem, with how far the stream is: what came before is kept."""
    metrics.http_errors.labels(error.code).inc()
    answer = answer_to(error)
    detail = error.detail
    if through is not None and isinstance(error, TooLarge) and not isinstance(error, StreamTooLong):
        detail += f": go on in a new request from Upload-Offset {through}"
    body: dict[str, Any] = Problem(answer.status, error.code, answer.title, detail).to_json()
    headers = extra_headers(error)
    if through is not None:
        headers["Upload-Offset"] = str(through)
        body["through"] = through
        if upload.input is not None:
            body["through_ms"] = upload.input.ms(through)
    return web.json_response(body, status=answer.status, headers=headers, content_type=PROBLEM_TYPE)
