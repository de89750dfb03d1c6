"""Sentences over HTTP: one with its history, corrected, and back again."""

from aiohttp import web

from meeting_service.errors import Conflict, InvalidRequest, NotFound, Outdated, Unconditional
from meeting_service.ingest import clean_sentence
from meeting_service.web import shapes
from meeting_service.web.bodies import Body, json_reply, read_body
from meeting_service.web.keys import SESSIONS
from meeting_service.web.operations import Operation, Reply
from meeting_service.web.preconditions import ETAG, IF_MATCH, etag, read_expected

TAG = "Transcript"


class CorrectionBody(Body):
    """What a sentence is to be."""

    text: str | None
    """1 to 2,000 characters; null: as it was recognised"""


READ = Operation(
    "Read a sentence with its history",
    {200: Reply("As it is shown, and every text it had.", shapes.SentenceHistory, headers=[ETAG])},
    tag=TAG,
    errors=[NotFound],
)


async def read(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/sentences/{sentence}."""
    return await _answer(request)


CORRECT = Operation(
    "Correct a sentence",
    {200: Reply("Corrected, or so already.", shapes.SentenceHistory, headers=[ETAG])},
    detail="What was recognised is kept. Words that stay keep their times, others take the room that is "
    "there; line breaks and runs of spaces become one space. Everybody who watches is told, as event "
    "`sentence` with `edited`. A correction is of one revision's sentence: those after it take it over where "
    "the same text was recognised again at the same time, and the former revision keeps it in any case. So "
    "does the current one when a former one is corrected later on, unless somebody has changed it since: "
    "`current_id` says whether.",
    tag=TAG,
    body=CorrectionBody,
    headers=[IF_MATCH],
    errors=[NotFound, InvalidRequest, Outdated, Unconditional],
)


async def correct(request: web.Request) -> web.Response:
    """PATCH /v1/meetings/{meeting}/sentences/{sentence}."""
    expected = read_expected(request)
    body = await read_body(request, CorrectionBody)
    text = None if body.text is None else clean_sentence(body.text)
    await request.app[SESSIONS].editing.correct(*_place(request), text, expected)
    return await _answer(request)


UNDO = Operation(
    "Undo a correction",
    {200: Reply("As it was before the last correction.", shapes.SentenceHistory, headers=[ETAG])},
    detail="When asked again, as it was before the one before that.",
    tag=TAG,
    headers=[IF_MATCH],
    errors=[NotFound, InvalidRequest, Conflict, Outdated, Unconditional],
)


async def undo(request: web.Request) -> web.Response:
    """POST /v1/meetings/{meeting}/sentences/{sentence}/undo."""
    await request.app[SESSIONS].editing.undo(*_place(request), read_expected(request))
    return await _answer(request)


def _place(request: web.Request) -> tuple[str, str]:
    return request.match_info["meeting"], request.match_info["sentence"]


async def _answer(request: web.Request) -> web.Response:
    sessions = request.app[SESSIONS]
    history = await sessions.store.edits.get_history(*_place(request))
    people = await sessions.store.list_participants(request.match_info["meeting"])
    return json_reply(shapes.history_to_shape(history, people), headers=etag(history.sentence.version))
