"""A disk that is full or fails under a meeting: nothing false is told, and it goes on by itself."""

import asyncio
from pathlib import Path

import pytest

from tests.faults import checker
from tests.faults.campaigns.failing import check_failing_calls
from tests.faults.checker import Exports
from tests.faults.failing import READS, SYNCS, WRITES, hold_with_failing_disk
from tests.faults.filling import SECONDS_A_ROUND, Fullness, hold_with_full_disks
from tests.faults.script import make_script
from tests.faults.small_disk import require_mounts
from tests.faults.tracing import require_strace
from tests.faults.troubled import hold_undisturbed

SCRIPT = make_script(3 * SECONDS_A_ROUND)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Exports:
    """The files of a meeting in which nothing is wrong."""
    return asyncio.run(hold_undisturbed(tmp_path_factory.mktemp("undisturbed"), SCRIPT))


async def test_a_full_disk(tmp_path: Path, undisturbed: Exports) -> None:
    """Audio is refused with words, reading and deleting go on, and all is as if the disk had had room."""
    require_mounts()
    rounds = [Fullness.RESERVE, Fullness.TEXT, Fullness.BOTH]
    exports, failures = await hold_with_full_disks(tmp_path, SCRIPT, rounds)

    assert [] == [*failures, *checker.check_exports(exports, undisturbed)]


async def test_a_failing_disk(tmp_path: Path, undisturbed: Exports) -> None:
    """The same where syncs and writes fail, and where the recogniser cannot read."""
    require_strace()
    exports, failures = await hold_with_failing_disk(tmp_path, SCRIPT, [SYNCS, WRITES, READS])

    assert [] == [*failures, *checker.check_exports(exports, undisturbed)]


async def test_every_tenth_sync_fails(tmp_path: Path) -> None:
    """Nothing is told that a power cut could take, even where what a failed sync was to keep is forgotten."""
    require_strace()
    assert [] == await check_failing_calls(tmp_path, "fdatasync:error=EIO:when=9+10", seed=1)
