"""What the operator sees: one structured line per event, on standard error.

Everything goes through the standard library's root logger, so that libraries look the same as the
service. What people said, their names and their audio never get here; what slips in is dropped.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from meeting_service import failpoints
from meeting_service.settings import LoggingSettings

CONTENT_KEYS = frozenset({"text", "name", "title", "words", "sentence", "draft", "pcm", "samples", "body"})
"""fields that could hold what people said or who they are"""

QUIET = ("aiohttp.access", "aiosqlite", "alembic", "asyncio", "httpx", "huggingface_hub", "sqlalchemy")


def configure_logging(settings: LoggingSettings, stream: TextIO | None = None) -> None:
    """Send all logging to `stream` (standard error unless given); replaces what was configured before."""
    stream = stream or sys.stderr
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *_SHARED, _hand_over],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(settings, colors=stream.isatty()))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    level = settings.level.upper()
    root.setLevel(level)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    if failpoints.are_on():
        structlog.get_logger(__name__).warning("failpoints are on: this process may be made to die")


def drop_content(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Remove fields that may carry what people said."""
    for key in CONTENT_KEYS & event.keys():
        event[key] = "(not logged)"
    return event


_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    drop_content,
]
_hand_over: Processor = structlog.stdlib.ProcessorFormatter.wrap_for_formatter


def _formatter(settings: LoggingSettings, *, colors: bool) -> logging.Formatter:
    # Both renderers print plain tracebacks: the richer ones show local variables, which hold text.
    tail: list[Processor]
    if settings.json_lines:
        tail = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        plain = structlog.dev.plain_traceback
        tail = [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=plain, pad_event_to=0)]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_SHARED,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *tail],
    )
