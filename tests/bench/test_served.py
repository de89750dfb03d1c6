import os
from pathlib import Path

import pytest
from aiohttp import ClientSession

from meeting_service.bench.processes import find_children
from meeting_service.bench.served import Served, read_log, serve
from meeting_service.errors import MeetingServiceError


async def test_is_ready(served: Served) -> None:
    """What is yielded answers that it is ready, and its two processes use something."""
    async with ClientSession() as session, session.get(f"{served.url}readyz") as response:
        assert 200 == response.status

    usage = served.usage()

    assert usage.cpu_s == usage.service.cpu_s + usage.worker.cpu_s > 0
    assert usage.rss_bytes > usage.worker.rss_bytes > 1 << 20


def test_says_why_it_did_not_start(tmp_path: Path) -> None:
    """A service that cannot start is told of with its own line, and nothing is left running."""
    before = find_children(os.getpid())

    with (
        pytest.raises(MeetingServiceError, match=r"did not start: .*no/such/model"),
        serve(tmp_path, tmp_path / "no/such/model"),
    ):
        pass

    assert before == find_children(os.getpid())


def test_reads_its_log(tmp_path: Path) -> None:
    """Entries are found by name; what is no entry is overlooked."""
    log = tmp_path / "log"
    log.write_text('loading …\n{"event": "batch", "n": 1}\n{"event": "other"}\n{"event": "batch", "n": 2}\n')

    assert [1, 2] == [entry["n"] for entry in read_log(log, "batch")]
