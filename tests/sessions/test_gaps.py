"""Gaps that the audio has and the meeting does not show yet."""

import pytest

from meeting_service.audio import Gap
from meeting_service.meeting import NewMeeting, Stream
from meeting_service.sessions.gaps import find_unshown
from meeting_service.transcript import TranscriptGap
from tests.sessions.conftest import RATE_HZ, RunService, talk

STREAM = Stream(id=1, meeting_id="m", participant_id="ann", rate_hz=1_000, anchor_ms=500)


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        ([], [(600, 900)]),
        ([(600, 900)], []),
        ([(600, 700), (700, 900)], []),
        ([(650, 700)], [(600, 650), (700, 900)]),
        ([(550, 650), (800, 1_000)], [(650, 800)]),
        ([(0, 100), (950, 990)], [(600, 900)]),
    ],
)
def test_what_is_not_covered_is_missing(shown: list[tuple[int, int]], missing: list[tuple[int, int]]) -> None:
    """However the gaps were cut when they were shown; those of others cover nothing."""
    mine = [TranscriptGap("ann", *span) for span in shown]
    found = find_unshown(STREAM, [Gap(1, 100, 400)], [*mine, TranscriptGap("ben", 0, 2_000)])

    assert missing == [(gap.start_ms, gap.end_ms) for gap in found]


@pytest.mark.parametrize("restart", [True, False])
async def test_a_gap_that_only_the_audio_has_is_shown(run_service: RunService, *, restart: bool) -> None:
    """After the next start, and also when it is declared again; once."""
    async with run_service() as sessions:
        meeting, _ = await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ, captured_at=meeting.started_at)
        await audio.append(talk(1, 4), 0)
        (stream,) = await sessions.store.list_streams("m")
        await sessions.ledger.record_gap(Gap(stream.id, 4 * RATE_HZ, 7 * RATE_HZ))
        assert [] == await sessions.list_gaps("m")
        if not restart:
            for _ in range(2):
                await audio.declare_gap(4 * RATE_HZ, 7 * RATE_HZ)
            assert [TranscriptGap("ann", 4_000, 7_000)] == await sessions.list_gaps("m")
    async with run_service() as sessions:
        assert [TranscriptGap("ann", 4_000, 7_000)] == await sessions.list_gaps("m")
