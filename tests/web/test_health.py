from tests.web.conftest import Client, Service


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
        "model": True,
        "database": True,
        "worker": True,
        "detail": "told what to say",
    }
    assert waiting.status == 503
    assert waiting.headers["Retry-After"]
    assert not (await waiting.json())["worker"]


async def test_figures_are_there_for_monitoring(client: Client) -> None:
    """Prometheus' format; errors are counted by code."""
    await client.get("/v1/meetings/none")
    response = await client.get("/metrics")
    text = await response.text()

    assert response.content_type == "text/plain"
    assert 'meeting_http_errors_total{code="not_found"}' in text
    assert "meeting_watchers" in text
