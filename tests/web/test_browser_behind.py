"""A page of a service whose recogniser cannot keep up, and then can."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp.test_utils import TestClient, TestServer
from playwright.async_api import expect

from meeting_service.app import build_app
from meeting_service.data_folder import LEDGER_FILE
from meeting_service.meeting import NewMeeting
from meeting_service.recognition import Hypothesis, Window
from meeting_service.settings import Settings
from meeting_service.web.keys import SESSIONS
from meeting_service.worker.inline import InlineWorker
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.sessions.conftest import talk
from tests.web.browser import Window as BrowserWindow
from tests.web.conftest import Client, Service, StartService

pytestmark = pytest.mark.browser

RATE_HZ = 16_000


class StalledRecogniser:
    """Recognises nothing until it may."""

    def __init__(self) -> None:
        self.may = asyncio.Event()

    async def recognise(self, _model: str, windows: Sequence[Window]) -> list[Hypothesis]:
        """As soon as it may."""
        await self.may.wait()
        return FakeRecogniser().recognise(windows)


@pytest.fixture
def recogniser() -> StalledRecogniser:
    """Stalled."""
    return StalledRecogniser()


@pytest.fixture
async def slow(settings: Settings, recogniser: StalledRecogniser) -> AsyncIterator[Client]:
    """A service with it, its worker's own loop included."""
    path = settings.data.directory / LEDGER_FILE
    worker = InlineWorker(path, settings, recogniser.recognise, LoudnessDetector)
    async with TestClient(TestServer(build_app(settings, worker=worker))) as client:
        yield client
        recogniser.may.set()


async def test_the_page_says_that_it_catches_up(
    slow: Client, recogniser: StalledRecogniser, window: BrowserWindow
) -> None:
    """A badge while text lags, also after a reload; it goes when all is recognised."""
    sessions = slow.app[SESSIONS]
    await sessions.create_meeting(NewMeeting(id="m", title="Planning"))
    audio = await sessions.open_input("m", ["ann"], RATE_HZ, names=["Ann"])
    await window.page.goto(str(slow.make_url("/meetings/m")))
    badge = window.page.locator("#behind")
    await expect(badge).to_be_hidden()
    await audio.append(talk(1, 30), None)
    await expect(badge).to_contain_text("s behind")
    await expect(badge).to_be_visible()
    await window.page.reload()
    await expect(badge).to_be_visible()
    recogniser.may.set()

    await expect(badge).to_be_hidden()
    assert await window.page.locator(".sentence").count() > 0


async def test_a_lost_connection_is_not_behind(start_service: StartService, window: BrowserWindow) -> None:
    """What was said before does not count after it; whoever is behind then says so again."""
    service: Service = await start_service()
    await service.open_meeting("ann")
    await window.page.goto(f"{service.url}/meetings/m")
    service.worker.fall_behind("ann", 7_400)
    badge = window.page.locator("#behind")
    await expect(badge).to_have_text("Catching up, 7 s behind")
    service.cut_connections()
    await expect(badge).to_have_text("Catching up, 7 s behind")
    await expect(badge).to_be_visible()
    service.worker.fall_behind("ann", 0)
    await expect(badge).to_be_hidden()
