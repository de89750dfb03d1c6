import sqlite3
from contextlib import closing

from meeting_service.data_folder import STORE_FILE
from meeting_service.sessions.writable import FRESH_S
from meeting_service.settings import Settings
from tests.storage.conftest import FakeClock
from tests.web.conftest import Client, Service, StartService


async def test_the_process_says_it_is_alive(client: Client) -> None:
    """200 whatever else is."""
    response = await client.get("/healthz")

    assert (response.status, (await response.json())["status"]) == (200, "ok")


async def test_ready_means_that_audio_would_be_recognised(service: Service) -> None:
    """200 with every part named; 503 while the worker is away, saying so."""
    ready = await service.client.get("/readyz")
    service.worker.ready = False
    waiting = await service.client.get("/readyz")

    assert ready.status == 200
    assert (await ready.json()) == {
        "ready": True,
        "state": "ready",
        "model": True,
        "database": True,
        "worker": True,
        "detail": "told what to say",
    }
    assert waiting.status == 503
    assert waiting.headers["Retry-After"]
    assert not (await waiting.json())["worker"]
    assert "recogniser_down" == (await waiting.json())["state"]


async def test_ready_means_that_text_would_be_kept(start_service: StartService, settings: Settings) -> None:
    """503 while the database cannot be written, saying so; a lock that is let go is noticed."""
    clock = FakeClock()
    service = await start_service(clock=clock)
    with closing(sqlite3.connect(settings.data.directory / STORE_FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = await service.client.get("/readyz")
        other.execute("ROLLBACK")
    clock.advance(seconds=FRESH_S)
    ready = await service.client.get("/readyz")

    assert (503, False) == (waiting.status, (await waiting.json())["database"])
    assert "cannot be written" in (await waiting.json())["detail"]
    assert "storage_failing" == (await waiting.json())["state"]
    assert 200 == ready.status


async def test_it_says_how_far_it_is_behind(service: Service) -> None:
    """It is ready all the same; figures and detail name the stream furthest behind."""
    await service.open_meeting("ann", "bob")
    service.worker.fall_behind("ann", 4_000)
    service.worker.fall_behind("bob", 12_000)
    await service.say("bob", 0, 900, "After that.")
    ready = await service.client.get("/readyz")
    figures = await (await service.client.get("/metrics")).text()

    assert "told what to say; catching up, 12 s behind" == (await ready.json())["detail"]
    assert (200, "catching_up") == (ready.status, (await ready.json())["state"])
    assert "meeting_behind_seconds 12.0" in figures
    assert "meeting_streams_behind 2.0" in figures
    service.worker.fall_behind("bob", 0)
    service.worker.fall_behind("ann", 0)
    await service.say("bob", 1_000, 1_900, "And that.")
    assert "told what to say" == (await (await service.client.get("/readyz")).json())["detail"]


async def test_figures_are_there_for_monitoring(client: Client) -> None:
    """Prometheus' format; errors are counted by code."""
    await client.get("/v1/meetings/none")
    response = await client.get("/metrics")
    text = await response.text()

    assert response.content_type == "text/plain"
    assert 'meeting_http_errors_total{code="not_found"}' in text
    assert "meeting_watchers" in text
