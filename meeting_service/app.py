"""The service as a web application and as a process: start, stop, signals.

What stands behind the web is wired in `runtime`; the routes are listed in `web.routes`.
"""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from aiohttp import web

from meeting_service.clock import Clock, SystemClock
from meeting_service.preflight import listen
from meeting_service.runtime import child_worker, run_sessions
from meeting_service.settings import Settings
from meeting_service.web.keys import CLOCK, SESSIONS, SETTINGS
from meeting_service.web.routes import setup_web
from meeting_service.web.socket import close_sockets
from meeting_service.worker.home import Worker

KEEPALIVE_S = 75.0


def build_app(
    settings: Settings, *, worker: Worker | None = None, clock: Clock | None = None
) -> web.Application:
    """The whole service as an application; `worker` and `clock` are replaced by tests only."""
    app = web.Application(client_max_size=settings.limits.body_bytes)
    app[SETTINGS] = settings
    app[CLOCK] = clock = clock or SystemClock()
    setup_web(app)
    app.cleanup_ctx.append(_sessions_context(settings, worker, clock))
    app.on_shutdown.append(_tell_everyone)
    return app


def _sessions_context(
    settings: Settings, worker: Worker | None, clock: Clock
) -> Callable[[web.Application], AsyncIterator[None]]:
    async def context(app: web.Application) -> AsyncIterator[None]:
        async with run_sessions(settings, worker or child_worker(settings), clock) as sessions:
            app[SESSIONS] = sessions
            yield

    return context


async def _tell_everyone(app: web.Application) -> None:
    app[SESSIONS].broadcaster.close_all()
    await close_sockets(app)


async def serve(
    settings: Settings,
    on_ready: Callable[[str], None],
    stop: asyncio.Event | None = None,
    *,
    listener: socket.socket | None = None,
    worker: Worker | None = None,
) -> None:
    """Run the service until SIGTERM, SIGINT or `stop`. A second signal ends at once.

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
        shutdown_timeout=settings.server.shutdown_s,
        access_log=None,
    )
    with listener, _stop_on_signals(stop):
        try:
            await runner.setup()
            await web.SockSite(runner, listener).start()
            on_ready(_url(listener))
            await stop.wait()
        finally:
            await runner.cleanup()


@contextmanager
def _stop_on_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def stop_or_die() -> None:
        if stop.is_set():
            os._exit(1)
        stop.set()

    signals = (signal.SIGTERM, signal.SIGINT)
    for number in signals:
        loop.add_signal_handler(number, stop_or_die)
    try:
        yield
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
