"""The harness itself: a service that can be killed, and is what it was when it is started again."""

import socket
import sys
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


@pytest.mark.skipif(sys.platform != "linux", reason="only there a port can be kept without listening")
def test_a_services_port_is_its_own_before_it_starts(tmp_path: Path) -> None:
    """Nobody else is given it between a kill and the next start."""
    service, other = FaultService(tmp_path / "a"), FaultService(tmp_path / "b")

    assert 0 not in (service.port, other.port)
    assert service.port != other.port
    with socket.socket() as taker, pytest.raises(OSError, match="in use"):
        taker.bind(("127.0.0.1", service.port))


@pytest.mark.parametrize("forked", [False, True])
async def test_a_service_that_does_not_start(tmp_path: Path, forked: bool) -> None:
    """What it said about it is told."""
    service = FaultService(tmp_path, forked=forked, limits={"window_s": 0})

    with pytest.raises(DidNotStart, match=r"limits\.window_s = '?0"):
        await service.start()
    await service.close()
