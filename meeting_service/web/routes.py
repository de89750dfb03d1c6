"""Every route of the service, on one page."""

import logging
from functools import cache

from aiohttp import web

from meeting_service.clock import SystemClock
from meeting_service.web import (
    accounts,
    assets,
    audio,
    bookmarks,
    checked,
    docs,
    health,
    held_bodies,
    listing,
    live,
    managing,
    meetings,
    openapi,
    pages,
    participants,
    playback,
    revisions,
    searches,
    security,
    senders,
    sentences,
    socket,
    stopping,
    talk,
    transcripts,
)
from meeting_service.web.audio_operations import APPEND, APPEND_CHANNELS, OFFSET, SOCKET
from meeting_service.web.errors import answer_errors, shorten_unreadable
from meeting_service.web.keys import CLOCK
from meeting_service.web.operations import Route
from meeting_service.web.unknown import refuse_unknown

MEETING = "/v1/meetings/{meeting}"
PARTICIPANT = "/v1/meetings/{meeting}/participants/{participant}"
SENTENCE = "/v1/meetings/{meeting}/sentences/{sentence}"
BOOKMARK = "/v1/meetings/{meeting}/bookmarks/{bookmark}"

ROUTES = (
    Route("POST", "/v1/meetings", meetings.create, meetings.CREATE),
    Route("GET", "/v1/meetings", meetings.list_all, meetings.LIST),
    Route("GET", MEETING, meetings.read, meetings.READ),
    Route("PATCH", MEETING, meetings.rename, meetings.RENAME),
    Route("DELETE", MEETING, meetings.delete, meetings.DELETE),
    Route("POST", f"{MEETING}/end", meetings.end, meetings.END),
    Route("GET", f"{MEETING}/account", accounts.read, accounts.READ),
    Route("PUT", PARTICIPANT, participants.put, participants.PUT),
    Route("PATCH", PARTICIPANT, participants.rename, participants.RENAME),
    Route("DELETE", PARTICIPANT, participants.delete, participants.DELETE),
    Route("POST", f"{PARTICIPANT}/end", participants.end, participants.END),
    Route("PUT", f"{PARTICIPANT}/merge", participants.merge, participants.MERGE),
    Route("DELETE", f"{PARTICIPANT}/merge", participants.part, participants.PART),
    Route("POST", f"{PARTICIPANT}/audio", audio.append, APPEND),
    Route("HEAD", f"{PARTICIPANT}/audio", audio.offset, OFFSET),
    Route("POST", f"{MEETING}/audio", audio.append_channels, APPEND_CHANNELS),
    Route("GET", f"{MEETING}/audio", socket.audio_socket, SOCKET),
    Route("GET", f"{MEETING}/audio.{{format}}", playback.download, playback.DOWNLOAD),
    Route("GET", f"{MEETING}/transcript", transcripts.read, transcripts.READ),
    Route("GET", f"{MEETING}/transcript.{{format}}", transcripts.download, transcripts.DOWNLOAD),
    Route("GET", SENTENCE, sentences.read, sentences.READ),
    Route("PATCH", SENTENCE, sentences.correct, sentences.CORRECT),
    Route("POST", f"{SENTENCE}/undo", sentences.undo, sentences.UNDO),
    Route("POST", f"{MEETING}/bookmarks", bookmarks.create, bookmarks.CREATE),
    Route("GET", f"{MEETING}/bookmarks", bookmarks.list_all, bookmarks.LIST),
    Route("GET", BOOKMARK, bookmarks.read, bookmarks.READ),
    Route("PATCH", BOOKMARK, bookmarks.change, bookmarks.CHANGE),
    Route("DELETE", BOOKMARK, bookmarks.delete, bookmarks.DELETE),
    Route("GET", "/v1/search", searches.search, searches.SEARCH),
    Route("GET", "/v1/schemas/transcript.json", transcripts.schema, transcripts.SCHEMA),
    Route("GET", f"{MEETING}/events", live.events, live.EVENTS),
    Route("POST", f"{MEETING}/retranscribe", revisions.retranscribe, revisions.RETRANSCRIBE),
    Route("GET", f"{MEETING}/revisions", revisions.list_all, revisions.LIST),
    Route("GET", f"{MEETING}/revisions/{{revision}}", revisions.read, revisions.READ),
    Route("DELETE", f"{MEETING}/revisions/{{revision}}", revisions.delete, revisions.DELETE),
    Route("GET", "/v1/models", revisions.models, revisions.MODELS),
    Route("GET", "/healthz", health.healthz, health.HEALTH),
    Route("GET", "/readyz", health.readyz, health.READY),
    Route("GET", "/metrics", health.metrics_text, health.METRICS),
    Route("GET", "/openapi.json", openapi.openapi),
    Route("GET", "/docs", docs.docs),
    Route("GET", "/", listing.meetings),
    Route("GET", "/meetings/{meeting}", pages.meeting),
    Route("GET", "/meetings/{meeting}/manage", managing.manage),
    Route("POST", "/meetings/{meeting}/rename", managing.rename),
    Route("POST", "/meetings/{meeting}/delete", managing.delete),
    Route("GET", "/talk", talk.new),
    Route("POST", "/talk", talk.start),
    Route("GET", "/meetings/{meeting}/talk", talk.talk),
    Route("GET", "/static/{version}/{path:.+}", assets.asset),
)


def setup_web(app: web.Application) -> None:
    """Put the routes and all they need into an application; `SESSIONS` and `SETTINGS` are the caller's."""
    app.setdefault(CLOCK, SystemClock())
    stopping.setup(app)
    senders.setup(app)
    held_bodies.setup(app)
    playback.setup(app)
    assets.setup_templates(app)
    app[openapi.DOCUMENT] = _describe()
    logging.getLogger("aiohttp.server").addFilter(shorten_unreadable)
    app.middlewares.extend(
        (checked.seal_answers, answer_errors, checked.check_requests, security.refuse_foreign_pages)
    )
    app.on_response_prepare.append(security.add_headers)
    for route in ROUTES:
        _add(app, route)


@cache
def _describe() -> openapi.Schema:
    """The same for every application of a process."""
    return openapi.describe(ROUTES)


def _add(app: web.Application, route: Route) -> None:
    handler = refuse_unknown(route)
    # HEAD is what GET answers without its body; where GET never ends there is none.
    if route.method == "GET":
        endless = route.handler in (live.events, socket.audio_socket)
        app.router.add_get(route.path, handler, allow_head=not endless)
    else:
        app.router.add_route(route.method, route.path, handler)
