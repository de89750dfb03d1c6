"""Is it alive, is it ready, what does it count: for supervisors and monitoring."""

from aiohttp import web

from meeting_service import __version__, metrics
from meeting_service.web import shapes
from meeting_service.web.bodies import json_reply
from meeting_service.web.keys import SESSIONS
from meeting_service.web.operations import Operation, Reply

HEALTH = Operation("Is it alive", {200: Reply("The process answers.", shapes.Health)}, tag="Operation")


async def healthz(_request: web.Request) -> web.Response:
    """GET /healthz."""
    return json_reply(shapes.Health(status="ok", version=__version__))


READY = Operation(
    "Is it ready",
    {
        200: Reply("Model warm, database writable, worker up.", shapes.Readiness),
        503: Reply("Not now; `state` and `detail` say what is missing.", shapes.Readiness),
    },
    tag="Operation",
)


async def readyz(request: web.Request) -> web.Response:
    """GET /readyz."""
    found = await request.app[SESSIONS].check_ready()
    shape = shapes.Readiness(
        ready=bool(found),
        state=found.condition,
        model=found.model,
        database=found.database,
        worker=found.worker,
        detail=found.detail,
    )
    headers = {} if shape.ready else {"Retry-After": "2"}
    return json_reply(shape, 200 if shape.ready else 503, headers)


METRICS = Operation(
    "Figures for monitoring",
    {200: Reply("Prometheus' text format.", media="text/plain")},
    tag="Operation",
)


async def metrics_text(request: web.Request) -> web.Response:
    """GET /metrics."""
    metrics.waiting_seconds.set(request.app[SESSIONS].streams.waiting_s)
    return web.Response(body=metrics.render(), headers={"Content-Type": metrics.CONTENT_TYPE})
