"""Work beside a running service."""

import asyncio

import pytest
import typer

from meeting_service.cli.service import RunningService
from meeting_service.errors import StorageFailed


async def serve_until(stopped: asyncio.Event, *, fail: bool = False) -> None:
    """Stand in for the service."""
    await stopped.wait()
    if fail:
        raise StorageFailed("the disk is gone")


async def test_work_is_done_beside_the_service() -> None:
    """Work that ends first leaves the service running."""
    stopped, done = asyncio.Event(), asyncio.Event()
    serving = asyncio.create_task(serve_until(stopped))

    async def work() -> None:
        done.set()

    await RunningService("http://x/", serving, stopped).do_beside(work())

    assert done.is_set()
    assert not serving.done()
    stopped.set()
    await serving


async def test_work_is_given_up_when_the_service_stops() -> None:
    """A service that was told to stop takes the work with it, as an interrupt."""
    stopped = asyncio.Event()
    serving = asyncio.create_task(serve_until(stopped))
    stopped.set()

    with pytest.raises(typer.Exit) as left:
        await RunningService("http://x/", serving, stopped).do_beside(asyncio.Event().wait())

    assert left.value.exit_code == 130


async def test_the_service_failing_is_the_failure() -> None:
    """A service that breaks down says why."""
    stopped = asyncio.Event()
    serving = asyncio.create_task(serve_until(stopped, fail=True))
    stopped.set()

    with pytest.raises(StorageFailed, match="the disk is gone"):
        await RunningService("http://x/", serving, stopped).do_beside(asyncio.Event().wait())


async def test_the_work_failing_is_the_failure() -> None:
    """Work that fails says why, whatever the service does."""
    stopped = asyncio.Event()
    serving = asyncio.create_task(serve_until(stopped))

    async def work() -> None:
        raise StorageFailed("no room")

    with pytest.raises(StorageFailed, match="no room"):
        await RunningService("http://x/", serving, stopped).do_beside(work())

    stopped.set()
    await serving


async def test_work_that_fails_while_the_service_stops() -> None:
    """Work that fails because the service is being stopped is an interrupt, not a failure."""
    stopped = asyncio.Event()
    serving = asyncio.create_task(serve_until(stopped))

    async def work() -> None:
        stopped.set()
        raise StorageFailed("the connection is gone")

    with pytest.raises(typer.Exit) as left:
        await RunningService("http://x/", serving, stopped).do_beside(work())

    assert left.value.exit_code == 130
