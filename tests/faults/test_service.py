"""The harness itself: a service that can be killed, and is what it was when it is started again."""

from pathlib import Path

import pytest

from tests.faults.service import DidNotStart, FaultService


@pytest.mark.parametrize("forked", [False, True])
async def test_a_service_that_was_killed_comes_back(tmp_path: Path, forked: bool) -> None:
    """At the same address, with a recogniser of its own; asked to stop, it ends with 0."""
    service = FaultService(tmp_path, forked=forked)
    async with service:
        url, worker = service.url, service.worker_pid()
        await service.kill()
        assert not service.running
        await service.start()

        assert url == service.url
        assert None not in (worker, service.worker_pid())
        assert worker != service.worker_pid()
        assert 0 == await service.terminate()


@pytest.mark.parametrize("forked", [False, True])
async def test_a_service_that_does_not_start(tmp_path: Path, forked: bool) -> None:
    """What it said about it is told."""
    service = FaultService(tmp_path, forked=forked, limits={"window_s": 0})

    with pytest.raises(DidNotStart, match=r"limits\.window_s = '?0"):
        await service.start()
    await service.close()
