"""Where the service listens."""

import http.client
import json

from meeting_service.doctor.finding import Finding, Level
from meeting_service.errors import CannotStart
from meeting_service.preflight import check_port
from meeting_service.settings import Settings

_ANSWER_S = 1.0
_HEALTH_BYTES = 4_096


def check_listening(settings: Settings) -> Finding:
    """Whether the port is free, or taken by a service of this kind."""
    host, port = settings.server.host, settings.server.port
    try:
        check_port(host, port)
    except CannotStart:
        if (version := _find_service(host, port)) is None:
            raise
        return Finding("port", Level.OK, f"meeting-service {version} is running on {host} port {port}")
    return Finding("port", Level.OK, f"{port} on {host} is free")


def _find_service(host: str, port: int) -> str | None:
    """The version of the service that answers there, if one does."""
    connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_S)
    try:
        connection.request("GET", "/healthz")
        health = json.loads(connection.getresponse().read(_HEALTH_BYTES))
        return str(health["version"])
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return None
    finally:
        connection.close()
