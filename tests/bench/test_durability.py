"""Audio made durable as fast as it goes, and the load that comes from another process."""

from pathlib import Path

import pytest

from meeting_service.bench.durability import Turn, Turns, append_raw, compare
from meeting_service.bench.load import LoadRequest, send_load
from meeting_service.bench.senders import send
from meeting_service.bench.served import Served
from meeting_service.bench.unsynced import CountedConnection, UnsyncedConnection, connecting_with
from meeting_service.errors import MeetingServiceError
from meeting_service.ledger.schema import open_writer


def test_only_one_side_syncs(tmp_path: Path) -> None:
    """The ledger's own connection has full sync, the other has none; later ones are as they were."""
    found = {}
    for kind in (CountedConnection, UnsyncedConnection):
        with connecting_with(kind):
            connection = open_writer(tmp_path / f"{kind.__name__}.db")
        found[kind] = connection.execute("PRAGMA synchronous").fetchone()[0]
        connection.close()
    plain = open_writer(tmp_path / "plain.db")
    plain.close()

    assert {CountedConnection: 2, UnsyncedConnection: 0} == found
    assert not isinstance(plain, CountedConnection)


def test_takes_turns(tmp_path: Path) -> None:
    """Each side gives a turn a round, many streams share a sync, and nothing is left behind."""
    turns = compare(tmp_path / "here", 8, rounds=2, seconds=0.05)

    assert [2, 2, 2] == [len(turns.synced), len(turns.unsynced), len(turns.raw)]
    assert all(turn.group > 1 for turn in turns.synced)
    assert [turn.group for turn in turns.raw] == [round(turn.group) for turn in turns.synced]
    assert [] == list(tmp_path.iterdir())


def test_compares_turns_beside_each_other() -> None:
    """A moment in which everything is slow does not count against one side."""
    turns = Turns(1, [Turn(60, 1, 1), Turn(6, 1, 1), Turn(70, 1, 1)], [Turn(100, 1, 1), Turn(10, 1, 1)] * 2)
    del turns.unsynced[3]

    assert 0.6 == turns.ratio(turns.unsynced)


def test_appends_in_groups(tmp_path: Path) -> None:
    """What is appended is counted in pieces."""
    turn = append_raw(tmp_path / "raw", 3, 0.02)

    assert 0 == turn.pieces % 3
    assert turn.pieces * 6_400 == (tmp_path / "raw").stat().st_size


async def test_every_piece_of_a_load_is_acknowledged(served: Served) -> None:
    """As requests and flat out; at the speed of life five pieces a second come from everybody."""
    for name, http, flat_out in (("requests", True, False), ("flat", False, True)):
        result = await send(LoadRequest(served.url, name, 3, 0.8, http=http, flat_out=flat_out))

        assert ("", 0) == (result.failure, result.unacknowledged)
        assert len(result.delays_ms) >= 3 * 3
        assert result.joining_s > 0


def test_a_load_comes_from_another_process(served: Served) -> None:
    """What it is asked goes there, and what came of it comes back."""
    result = send_load(LoadRequest(served.url, "sockets", 3, 0.8))

    assert ("", 0) == (result.failure, result.unacknowledged)
    assert len(result.delays_ms) >= 3 * 3


def test_a_load_that_cannot_be_sent_is_an_error() -> None:
    """With the line that says why."""
    with pytest.raises(MeetingServiceError, match="the load could not be sent"):
        send_load(LoadRequest("http://127.0.0.1:1/", "nowhere", 1, 0.1))
