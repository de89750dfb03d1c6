"""Answers from one thread to futures of a loop in another."""

import asyncio
import threading

import pytest

from meeting_service.ledger.answers import Answers


def make_futures(count: int) -> list["asyncio.Future[int]"]:
    """Futures of the running loop."""
    return [asyncio.get_running_loop().create_future() for _ in range(count)]


def deliver_from_a_thread(answers: Answers) -> None:
    """As the writer does."""
    thread = threading.Thread(target=answers.deliver)
    thread.start()
    thread.join()


async def test_tells_results_and_errors_together() -> None:
    """Nothing is told before it is delivered; then everything is, each to whom it is for."""
    good, bad = make_futures(2)
    answers = Answers()
    answers.succeed(good, 7)
    answers.fail(bad, ValueError("no"))
    assert not good.done()

    deliver_from_a_thread(answers)

    assert 7 == await good
    with pytest.raises(ValueError, match="no"):
        await bad


async def test_the_first_answer_counts() -> None:
    """A second one, and one to who gave up, are overlooked."""
    answered, cancelled = make_futures(2)
    cancelled.cancel()
    answers = Answers()
    for value in (1, 2):
        answers.succeed(answered, value)
        answers.succeed(cancelled, value)

    deliver_from_a_thread(answers)

    assert 1 == await answered
    assert cancelled.cancelled()


def test_a_closed_loop_is_told_nothing() -> None:
    """Whose loop is gone waits no more."""
    loop = asyncio.new_event_loop()
    waiting = loop.create_future()
    loop.close()
    answers = Answers()
    answers.succeed(waiting, 1)

    answers.deliver()

    assert not waiting.done()
