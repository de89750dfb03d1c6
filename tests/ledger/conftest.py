"""A real ledger in a temporary folder."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from meeting_service.ledger import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the ledger is."""
    return tmp_path / "audio.db"


@pytest.fixture
async def ledger(path: Path) -> AsyncIterator[Ledger]:
    """An open ledger."""
    ledger = Ledger.open(path)
    yield ledger
    await ledger.close()
