"""What a child writes down of what it does, read by somebody else."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from meeting_service.worker.blackboard import SIZE, Blackboard, Item, Kind, make_shared_memory

ABORTS = """
import os, sys
from meeting_service.worker.blackboard import Blackboard
board = Blackboard.open(*map(int, sys.argv[1:]))
board.beat()
with board.recognising([(7, 1280), (-8, 2**40)], 0.5), board.hearing(9, 16000):
    os.abort()
"""
IN_WORK = {Item(Kind.WINDOW, 7, 1_280), Item(Kind.WINDOW, -8, 2**40)}


@pytest.fixture
def shared() -> Iterator[int]:
    """Memory that two processes may share."""
    fd = make_shared_memory()
    yield fd
    os.close(fd)


def test_what_was_in_work_outlives_the_process(shared: int, tmp_path: Path) -> None:
    """It is read from the memory, and what was recognised from the file beside it too."""
    with (tmp_path / "in-work").open("wb") as file:
        fds = (shared, file.fileno())
        died = subprocess.run([sys.executable, "-c", ABORTS, *map(str, fds)], pass_fds=fds, check=False)

    doing = Blackboard.open(shared).read()
    copy = Blackboard(bytearray((tmp_path / "in-work").read_bytes().ljust(SIZE, b"\0"))).read()
    assert died.returncode < 0
    assert (1, 1, 0.5) == (doing.beats, doing.batch, doing.expected_s)
    assert IN_WORK | {Item(Kind.BLOCK, 9, 16_000)} == set(doing.items)
    assert IN_WORK == set(copy.items)


def test_what_is_done_is_in_work_no_more(shared: int) -> None:
    """Also where it failed with an exception: then the process lives."""
    board = Blackboard.open(shared)
    with pytest.raises(ZeroDivisionError), board.recognising([(1, 0)], 1.0), board.hearing(1, 0):
        _ = 1 / 0

    assert () == tuple(board.read().items)
    assert (1, 0.0) == (board.read().batch, board.read().expected_s)


def test_a_try_is_nobody_s(shared: int) -> None:
    """Something runs, which may get stuck, and no audio is to blame."""
    board = Blackboard.open(shared)
    with board.recognising([], 2.0):
        assert ((), 2.0) == (tuple(board.read().items), board.read().expected_s)


def test_more_windows_than_there_is_room_for(shared: int) -> None:
    """Nobody overwrites what is not theirs; the last ones go unsuspected."""
    board = Blackboard.open(shared)
    with board.recognising([(n, n) for n in range(1_000)], 1.0):
        assert 100 < len(board.read().items) < 1_000


def test_a_file_that_cannot_be_written_is_no_trouble(shared: int, tmp_path: Path) -> None:
    """As on a full disk: the memory has it all the same."""
    (tmp_path / "in-work").touch()
    fd = os.open(tmp_path / "in-work", os.O_RDONLY)
    board = Blackboard.open(shared, fd)
    try:
        with board.recognising([(1, 0)], 1.0):
            assert [Item(Kind.WINDOW, 1, 0)] == board.read().items
    finally:
        os.close(fd)
