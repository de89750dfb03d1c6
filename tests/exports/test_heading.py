"""What stands above a transcript."""

from dataclasses import replace
from datetime import UTC, datetime

from meeting_service.exports import ExportOptions
from meeting_service.exports.heading import describe_time, length_ms
from meeting_service.meeting import Participant
from meeting_service.transcript import TranscriptGap
from tests.exports.meetings import EMPTY, LIVE, PLAIN


def test_the_length_is_of_what_was_heard() -> None:
    """Not of the time it took: sentences, gaps and silence that was received count."""
    silence = replace(EMPTY, participants=[Participant("m1", "ann", "Ann", until_ms=7_000)])
    gap = replace(EMPTY, gaps=[TranscriptGap("ann", 0, 8_000)])

    assert [0, 7_000, 8_000, 60_000] == [length_ms(t) for t in (EMPTY, silence, gap, PLAIN)]


def test_a_meeting_that_goes_on_says_until_when() -> None:
    """One that is over says how long it was, whenever it is taken away."""
    options = ExportOptions(as_of=datetime(2026, 3, 4, 14, 5, tzinfo=UTC))

    assert describe_time(LIVE, options).endswith("not over yet: the text as of 14:05 UTC")
    assert describe_time(LIVE, ExportOptions()).endswith("not over yet: the text so far")
    assert describe_time(PLAIN, options).endswith("00:01:00 long")
