"""The two sides of a decoding thread."""

import threading

import numpy as np
import pytest

from meeting_service.ingest.exchange import MAX_TURN_VALUES, Closed, Exchange

BIG = np.broadcast_to(np.int16(0), (MAX_TURN_VALUES // 2, 1))


def start(exchange: Exchange, blocks_a_read: int, failure: Exception | None = None) -> threading.Thread:
    """A thread that puts out so many big blocks for every read."""

    def work() -> None:
        try:
            while exchange.read(10):
                for _ in range(blocks_a_read):
                    exchange.put_out(BIG)
        except Closed:
            pass
        exchange.stop(failure)

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_a_turn_returns_all_that_its_bytes_give() -> None:
    """When the thread asks for more than it has, the turn is over."""
    exchange = Exchange()
    thread = start(exchange, 1)

    assert len(exchange.hand_over(b"x")) == 1
    assert len(exchange.hand_over(b"x" * 10)) == 1
    assert exchange.hand_over(b"") == []
    assert not exchange.pending
    assert exchange.hand_over(b"", ended=True) == []
    thread.join()


def test_a_turn_is_bounded() -> None:
    """Bytes that decode to very much are fetched in several turns, and the thread waits in between."""
    exchange = Exchange()
    thread = start(exchange, 9)
    turns = [len(exchange.hand_over(b"x"))]
    while exchange.pending:
        turns.append(len(exchange.hand_over(b"")))
    exchange.hand_over(b"", ended=True)
    thread.join()

    assert sum(turns) == 9
    assert max(turns) <= 3


def test_what_was_decoded_comes_before_what_went_wrong() -> None:
    """A failure is raised only when there is nothing left to return."""
    exchange = Exchange()
    thread = start(exchange, 1, ValueError("broken"))

    assert len(exchange.hand_over(b"x", ended=True)) == 1
    assert exchange.pending
    with pytest.raises(ValueError, match="broken"):
        exchange.hand_over(b"")
    thread.join()


def test_closing_wakes_whoever_waits() -> None:
    """A thread that waits for bytes, or for room, goes."""
    reading, writing = Exchange(), Exchange()
    threads = [start(reading, 1), start(writing, 9)]
    writing.hand_over(b"x")
    reading.close()
    writing.close()
    for thread in threads:
        thread.join(timeout=10)

    assert not any(thread.is_alive() for thread in threads)
