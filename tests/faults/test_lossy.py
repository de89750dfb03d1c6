"""Bots and service in two network namespaces, with a line between them that loses and reorders packets."""

import asyncio
from pathlib import Path

from tests.faults.lossy import require_namespaces, run_lossy


async def test_lost_and_reordered_packets_change_nothing(tmp_path: Path) -> None:
    """A meeting over it is byte for byte the one beside it."""
    await asyncio.to_thread(require_namespaces)

    told = await run_lossy(tmp_path, 1, 4.0)

    assert [] == told["failures"]
    assert told["lost"] > 0
    assert told["overtaking"] > 0
