"""What handlers find in the application."""

from typing import TYPE_CHECKING

from aiohttp import web

from meeting_service.clock import Clock
from meeting_service.settings import Settings

if TYPE_CHECKING:
    from meeting_service.sessions import SessionManager

SESSIONS: web.AppKey["SessionManager"] = web.AppKey("sessions")
SETTINGS: web.AppKey[Settings] = web.AppKey("settings", Settings)
CLOCK: web.AppKey[Clock] = web.AppKey("clock")
"""wall time as pages show it"""
