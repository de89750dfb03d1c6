from meeting_service.bench.parts.catch_up import PEOPLE, CatchUp, describe, end_meeting, post_backlog
from meeting_service.bench.served import Served
from meeting_service.bench.turns import make_track


async def test_a_backlog_becomes_text(served: Served) -> None:
    """What was sent at once is final when the meeting has ended, and accounted for."""
    await post_backlog(served.url, [make_track(5, seed) for seed in range(PEOPLE)])

    assert 0 == await end_meeting(served.url)


def test_shows_every_backlog() -> None:
    """The longest one's rate, and a row for each."""
    figure = describe([CatchUp(60, 36, 3, 6, 0), CatchUp(600, 360, 3, 30, 0)])

    assert 20 == figure.value
    assert figure.rows is not None
    assert ("10", "6.0", "3.0", "30.0", "20", "0") == figure.rows.rows[1]
