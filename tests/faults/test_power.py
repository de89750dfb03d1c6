"""What was told is on disk: by the order of system calls, and after a cut of the power."""

import asyncio
from pathlib import Path

import pytest

from tests.faults.durability import cut, find_unsynced, find_unsynced_folders
from tests.faults.powered import Trace, record
from tests.faults.tracing import require_strace

PIECES = 30
MOMENTS = 50


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """A busy run of the service."""
    require_strace()
    return asyncio.run(record(tmp_path_factory.mktemp("synced"), PIECES))


@pytest.fixture(scope="module")
def unsynced(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    """The same with a SQLite that does not sync its commits."""
    require_strace()
    return asyncio.run(record(tmp_path_factory.mktemp("unsynced"), PIECES, synced=False))


def test_what_is_told_was_synced_before(trace: Trace) -> None:
    """Every acknowledgement, by post or socket, and every final sentence follows the sync of its bytes."""
    assert [] == list(find_unsynced(trace))


def test_new_files_are_there_after_a_cut(trace: Trace) -> None:
    """The names of the databases and of the folder are synced before anything is told of what they hold."""
    assert [] == list(find_unsynced_folders(trace))


def test_a_power_cut_loses_nothing_that_was_told(trace: Trace, tmp_path: Path) -> None:
    """Whatever part of the unsynced writes is on disk, all that was told is there and nothing is damaged."""
    assert [] == list(cut(trace, MOMENTS, 1, tmp_path))


def test_the_order_of_unsynced_commits_is_found_out(unsynced: Trace) -> None:
    """These tests see a service that acknowledges before it syncs."""
    assert len(list(find_unsynced(unsynced))) > PIECES


def test_the_loss_of_unsynced_commits_is_found_out(unsynced: Trace, tmp_path: Path) -> None:
    """A cut loses what was told by a service that does not sync."""
    assert list(cut(unsynced, 5, 1, tmp_path))
