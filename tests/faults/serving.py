"""The service as `serve` runs it, but for its recogniser: the child hashes (`hashing`), without MLX.

Run as `python -m tests.faults.serving --port PORT --data FOLDER`; settings come from the environment.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from meeting_service.app import serve
from meeting_service.errors import CannotStart
from meeting_service.logs import configure_logging
from meeting_service.preflight import check_folder, listen
from meeting_service.runtime import check_unused, configure_child
from meeting_service.settings import load_settings
from meeting_service.worker.home import ChildWorker


def run(words: Sequence[str]) -> int:
    """Serve until told to stop; the exit code of the process, which says in a line why it cannot start."""
    try:
        _serve(words)
    except CannotStart as error:
        print(error.detail, file=sys.stderr)  # noqa: T201 - what a command line does
        return 1
    return 0


def _serve(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--data", required=True)
    parser.add_argument("--child", default="tests.faults.hashing", help="the module that recognises")
    arguments = parser.parse_args(words)
    settings = load_settings(
        overrides={
            "server": {"port": arguments.port},
            "data": {"directory": arguments.data},
            "model": {"name": "demo"},
        }
    )
    listener = listen(settings.server.host, settings.server.port)
    check_folder(settings.data.directory)
    check_unused(settings.data.directory)
    configure_logging(settings.logging)
    worker = ChildWorker(configure_child(settings), module=arguments.child, notes=settings.data.directory)
    asyncio.run(serve(settings, _announce, listener=listener, worker=worker))


def _announce(url: str) -> None:
    print(f"meeting-service is ready: {url}", flush=True)  # noqa: T201 - what the harness reads


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
