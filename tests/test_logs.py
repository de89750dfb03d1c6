"""What reaches the operator's log, and what must not."""

import io
import json
import logging

import pytest
import structlog

from meeting_service.logs import CONTENT_KEYS, configure_logging
from meeting_service.settings import LoggingSettings

pytestmark = pytest.mark.usefixtures("restored_logging")


def configured(level: str = "info", *, as_json: bool = True) -> io.StringIO:
    """Configure logging into a buffer."""
    stream = io.StringIO()
    configure_logging(LoggingSettings.model_validate({"level": level, "json": as_json}), stream)
    return stream


def test_json_lines() -> None:
    """An event is one JSON object with its level, logger, time and fields."""
    stream = configured()

    structlog.get_logger("meeting_service.ledger").info("committed", stream_id=3)

    line = json.loads(stream.getvalue())
    assert {key: line[key] for key in ("event", "level", "logger", "stream_id")} == {
        "event": "committed",
        "level": "info",
        "logger": "meeting_service.ledger",
        "stream_id": 3,
    }
    assert line["timestamp"].endswith("Z")


def test_libraries_look_the_same() -> None:
    """What a library logs through the standard library is a line of the same kind."""
    stream = configured()

    logging.getLogger("some.library").warning("slow %s", "disk")

    line = json.loads(stream.getvalue())
    assert (line["event"], line["level"], line["logger"]) == ("slow disk", "warning", "some.library")


def test_level_is_kept() -> None:
    """What is below the level is not written, and chatty libraries begin at warning."""
    stream = configured("warning")
    structlog.get_logger("x").info("quiet")
    logging.getLogger("alembic.runtime").info("quiet")

    assert stream.getvalue() == ""


@pytest.mark.parametrize("as_json", [True, False])
def test_content_is_dropped(as_json: bool) -> None:
    """Fields that may hold what people said are never written."""
    stream = configured(as_json=as_json)

    structlog.get_logger("x").info("event", meeting="m1", **dict.fromkeys(CONTENT_KEYS, "secret words"))

    assert "m1" in stream.getvalue()
    assert "secret" not in stream.getvalue()


@pytest.mark.parametrize("as_json", [True, False])
def test_tracebacks_hold_no_locals(as_json: bool) -> None:
    """A traceback names lines of code, not the values that were in hand."""
    stream = configured(as_json=as_json)
    heard = "".join(["secret", " words"])
    try:
        raise RuntimeError(f"{len(heard)} characters")
    except RuntimeError:
        structlog.get_logger("x").exception("failed")

    assert "RuntimeError: 12 characters" in stream.getvalue()
    assert "secret words" not in stream.getvalue()
