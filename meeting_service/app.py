"""The service as a web application and as a process: start, stop, signals.

What stands behind the web is wired in `runtime`; the routes are listed in `web.routes`.
"""

import asyncio
import gc
import socket
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from meeting_service.clock import Clock, SystemClock
from meeting_service.ending import stop_on_signals
from meeting_service.failpoints import reach
from meeting_service.preflight import listen
from meeting_service.runtime import child_worker, run_sessions
from meeting_service.settings import Settings
from meeting_service.web.keys import CLOCK, SESSIONS, SETTINGS
from meeting_service.web.routes import setup_web
from meeting_service.web.socket import close_sockets
from meeting_service.web.stopping import CLOSING, STOPPING
from meeting_service.worker.home import Worker

KEEPALIVE_S = 75.0
STOP_SHARE = 0.2
"""of the time a stop may take: for sockets and last words, then for requests, then for those that are cut"""


def build_app(
    settings: Settings, *, worker: Worker | None = None, clock: Clock | None = None
) -> web.Application:
    """The whole service as an application; `worker` and `clock` are replaced by tests only."""
    app = web.Application(client_max_size=settings.limits.body_bytes)
    app[SETTINGS] = settings
    app[CLOCK] = clock = clock or SystemClock()
    setup_web(app)
    app.cleanup_ctx.append(_sessions_context(settings, worker, clock))
    app.on_shutdown.append(_stop_in_steps)
    return app


def _sessions_context(
    settings: Settings, worker: Worker | None, clock: Clock
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        async with run_sessions(settings, worker or child_worker(settings), clock) as sessions:
            app[SESSIONS] = sessions
            yield

    return context


async def _stop_in_steps(app: web.Application) -> None:
    """Take no more audio and keep what came; give last words a moment; then send away whoever waits."""
    patience_s = app[SETTINGS].server.shutdown_s * STOP_SHARE
    app[CLOSING].set()
    await asyncio.gather(close_sockets(app, patience_s), app[SESSIONS].settle(patience_s))
    app[STOPPING].set()
    reach("in_shutdown")
    app[SESSIONS].broadcaster.close_all()


async def serve(
    settings: Settings,
    on_ready: Callable[[str], None],
    stop: asyncio.Event | None = None,
    *,
    listener: socket.socket | None = None,
    worker: Worker | None = None,
) -> None:
    """Run the service until SIGTERM, SIGINT or `stop`; a signal counts from the first moment of the start.

    After one the process ends within `server.shutdown_s`; a second one ends it at once.

    Args:
        settings: all of them.
        on_ready: gets the URL.
        stop: set by who wants the service to end.
        listener: where to listen, if it is taken already; closed at the end.
        worker: replaced by tests only.

    Raises:
        CannotStart: with the one line to print.
    """
    stop = stop or asyncio.Event()
    # Taken before the model is loaded, so that a used port is told at once.
    listener = listener or listen(settings.server.host, settings.server.port)
    runner = web.AppRunner(
        build_app(settings, worker=worker),
        auto_decompress=False,
        keepalive_timeout=KEEPALIVE_S,
        shutdown_timeout=settings.server.shutdown_s * STOP_SHARE,
        access_log=None,
    )
    with listener, stop_on_signals(stop, settings.server.shutdown_s):
        try:
            if await _start(runner, listener, stop):
                _spare_the_collector()
                on_ready(_url(listener))
                await stop.wait()
        finally:
            await runner.cleanup()


def _spare_the_collector() -> None:
    """Have it look no more at what stays as long as the process; it would, at every full collection.

    With 200 participants that took a third of the CPU, and every sender waited for it.
    """
    gc.collect()
    gc.freeze()


async def _start(runner: web.AppRunner, listener: socket.socket, stop: asyncio.Event) -> bool:
    """Load and listen; False if `stop` came first, and then nothing is left of it."""
    starting = asyncio.create_task(_listen(runner, listener), name="start")
    asked = asyncio.create_task(stop.wait(), name="stop while starting")
    try:
        await asyncio.wait({starting, asked}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        asked.cancel()
        starting.cancel()  # does nothing to a start that is done
        await asyncio.wait({starting, asked})
    return not starting.cancelled() and starting.result()


async def _listen(runner: web.AppRunner, listener: socket.socket) -> bool:
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return True


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
