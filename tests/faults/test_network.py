"""Bots through a bad network: the transcript is that of a good one."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.campaigns.network import hold, hold_calm
from tests.faults.checker import Exports
from tests.faults.network import Stage
from tests.faults.proxy import Faults
from tests.faults.weathers import corruption, mixed_once

SECONDS = 5.0


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """What the meeting is in good weather."""
    return asyncio.run(hold_calm(tmp_path_factory.mktemp("calm"), SECONDS))


async def test_bots_go_through_cuts_silence_and_a_restart(calm: Exports, tmp_path: Path) -> None:
    """Our client by socket and by requests, and the documented bot: nothing is lost, twice or changed."""

    async def weather(stage: Stage) -> None:
        await mixed_once(stage, (Faults(swallow_down=True), None, Faults(refuse=True), Faults(piece_bytes=1)))

    found, back_s = await hold(tmp_path, "mixed", weather, 1, SECONDS, calm, speed=2)

    assert [] == found
    assert back_s, "the client has noticed nothing"


async def test_changed_bytes_never_become_audio(calm: Exports, tmp_path: Path) -> None:
    """A byte in ten thousand is another one, in both directions, wherever it stands."""
    found, _ = await hold(tmp_path, "corruption", corruption, 1, SECONDS, calm)

    assert [] == found
