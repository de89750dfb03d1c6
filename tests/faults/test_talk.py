"""Who takes part from a browser loses nothing when the service is killed while they speak."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
from aiohttp import ClientSession
from playwright.async_api import expect

from meeting_service.audio import Pcm
from meeting_service.data_folder import LEDGER_FILE
from meeting_service.ledger import LedgerReader
from tests.faults.service import FaultService
from tests.web.browser import PATIENCE_MS
from tests.web.talking import RATE_HZ, hum, open_person, open_talker, open_talking_browser, write_recording

pytestmark = pytest.mark.browser
expect.set_options(timeout=PATIENCE_MS)
NOWHERE = np.zeros(0, np.intp)


def read_held(folder: Path) -> Pcm:
    """What the ledger holds of the first stream, without gaps: a starved machine hears nothing for a time."""
    reader = LedgerReader(folder / LEDGER_FILE)
    try:
        found = reader.take_inventory(1)
        assert found is not None
        held = reader.read(1, 0, found.through)
        gaps = [np.arange(gap.start_sample, gap.end_sample) for gap in found.gaps]
        return np.delete(held, np.concatenate([NOWHERE, *gaps]))
    finally:
        reader.close()


async def test_a_kill_takes_nothing_of_who_speaks_in_a_browser(tmp_path: Path) -> None:
    """The page says that it keeps what is said; then the service holds every sample the microphone gave."""
    recording = write_recording(tmp_path / "ann.wav", hum(2), silence_s=0)
    async with (
        FaultService(tmp_path, forked=True) as service,
        open_talking_browser(recording) as browser,
        ClientSession() as session,
    ):
        address = f"{service.url}/v1/meetings"
        await session.post(address, json={"id": "m"})
        talker = await open_talker(await open_person(browser), service.url, "m")
        await talker.join("Ann")
        await talker.wait_level("> 40")
        await talker.wait_produced(1.0)
        await service.kill()
        await expect(talker.state).to_contain_text("kept and sent later")
        await talker.wait_produced(1.0)
        await service.start()
        await expect(talker.state).to_have_text("Live: what you say is written down.")
        await talker.press("Leave")
        await expect(talker.state).to_have_text("You left.")
        produced = await talker.produced()
        held = await asyncio.to_thread(read_held, service.data)

    assert [told for told in talker.window.complaints if not told.startswith("WebSocket connection")] == []
    assert len(held) > 2 * RATE_HZ
    assert len(produced) - len(held) < RATE_HZ / 2  # the microphone is open before its owner has joined
    assert np.array_equal(produced[len(produced) - len(held) :], held)
