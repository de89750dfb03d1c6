"""Gaps that the audio has and the meeting does not show yet."""

from typing import Any

import pytest

from meeting_service.audio import Gap
from meeting_service.errors import StreamEnded
from meeting_service.meeting import NewMeeting, Stream
from meeting_service.sessions.gaps import find_unshown
from meeting_service.settings import Settings
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


def test_gaps_that_touch_and_overlap_cover_together() -> None:
    """One may have been shown of each of several streams; what lies before is not asked."""
    shown = [
        TranscriptGap("ann", *span) for span in [(500, 1_000), (600, 650), (1_000, 1_100), (1_150, 1_200)]
    ]
    kept = [Gap(1, 0, 300), Gap(1, 400, 700)]

    assert [(1_100, 1_150)] == [(gap.start_ms, gap.end_ms) for gap in find_unshown(STREAM, kept, shown)]
    assert [(1_160, 1_200)] == [(gap.start_ms, gap.end_ms) for gap in find_unshown(STREAM, kept, [], 660)]


class Watched(TranscriptGap):
    """Counts how often somebody looks at one."""

    looks = 0

    def __getattribute__(self, name: str) -> Any:
        Watched.looks += 1
        return super().__getattribute__(name)


def test_of_many_gaps_each_is_looked_at_once() -> None:
    """A sender that declares thousands holds up nobody."""
    spans = range(0, 20_000, 20)
    kept = [Gap(1, start, start + 10) for start in spans]
    shown = [Watched("ann", 500 + start, 510 + start) for start in spans]

    assert [] == list(find_unshown(STREAM, kept, shown))
    assert Watched.looks <= 10 * len(spans)


async def test_a_stream_ends_before_it_has_too_many_gaps(run_service: RunService, settings: Settings) -> None:
    """A gap that goes on from the one before it is none more; what comes after the end begins anew."""
    limits = settings.limits.model_copy(update={"gaps": 2})
    async with run_service(settings.model_copy(update={"limits": limits})) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        for second in (1, 3):
            await audio.append(talk(1, 1), None)
            await audio.declare_gap(second * RATE_HZ, (second + 1) * RATE_HZ)
        assert 5 * RATE_HZ == await audio.declare_gap(4 * RATE_HZ, 5 * RATE_HZ)
        await audio.append(talk(1, 1), None)
        for _ in range(2):
            with pytest.raises(StreamEnded):
                await audio.declare_gap(6 * RATE_HZ, 7 * RATE_HZ)
        again = await sessions.open_input("m", ["ann"], RATE_HZ)
        await again.append(talk(1, 1), 0)

        assert [True, False] == [stream.ended for stream in await sessions.store.list_streams("m")]
        assert 3 == len(await sessions.list_gaps("m"))


@pytest.mark.parametrize("restart", [True, False])
async def test_a_gap_that_only_the_audio_has_is_shown(run_service: RunService, *, restart: bool) -> None:
    """After the next start, and also when it is declared again; once."""
    async with run_service() as sessions:
        meeting, _ = await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ, captured_at=meeting.started_at)
        await audio.append(talk(1, 4), 0)
        (stream,) = await sessions.store.list_streams("m")
        await sessions.ledger.record_gaps([Gap(stream.id, 4 * RATE_HZ, 7 * RATE_HZ)])
        assert [] == await sessions.list_gaps("m")
        if not restart:
            for _ in range(2):
                await audio.declare_gap(4 * RATE_HZ, 7 * RATE_HZ)
            assert [TranscriptGap("ann", 4_000, 7_000)] == await sessions.list_gaps("m")
    async with run_service() as sessions:
        assert [TranscriptGap("ann", 4_000, 7_000)] == await sessions.list_gaps("m")
