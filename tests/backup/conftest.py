"""A data folder as a service leaves it, with a meeting and audio in it."""

from pathlib import Path

import numpy as np
import pytest

from meeting_service.audio import AudioChunk
from meeting_service.clock import SystemClock
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.ledger import Ledger
from meeting_service.meeting import NewMeeting
from meeting_service.storage import Store

SAMPLES = 160_000


async def fill(folder: Path, meeting_id: str = "m") -> None:
    """Another meeting with a stream of audio, still live."""
    store, ledger = await Store.open(folder / STORE_FILE, SystemClock()), Ledger.open(folder / LEDGER_FILE)
    await store.create_meeting(NewMeeting(id=meeting_id, title=f"Meeting {meeting_id}"))
    await store.put_participant(meeting_id, "ann", "Ann")
    stream, _ = await store.open_stream(meeting_id, "ann", 16_000, 0)
    await ledger.append([AudioChunk(stream.id, 0, np.arange(SAMPLES).astype(np.int16))])
    await store.close()
    await ledger.close()


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """The folder; no service uses it."""
    await fill(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the backup goes."""
    return tmp_path / "backup.tar"
