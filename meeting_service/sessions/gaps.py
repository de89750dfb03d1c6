"""Gaps that are kept with the audio but not shown: the service ended, or storage failed, in between."""

from bisect import bisect_right
from collections import deque
from collections.abc import Iterator, Sequence

from meeting_service.audio import Gap
from meeting_service.meeting import Stream
from meeting_service.transcript import TranscriptGap


def show_gap(stream: Stream, gap: Gap) -> TranscriptGap:
    """A gap of a stream as one of the meeting."""
    start_ms, end_ms = stream.offset_ms(gap.start_sample), stream.offset_ms(gap.end_sample)
    return TranscriptGap(stream.participant_id, start_ms, end_ms)


def find_unshown(
    stream: Stream, kept: Sequence[Gap], shown: Sequence[TranscriptGap], start: int = 0
) -> Iterator[TranscriptGap]:
    """What no shown gap of the participant covers, in order; in one pass over both.

    Args:
        stream: whose gaps they are.
        kept: with its audio, in order; neighbours may have been joined.
        shown: in the meeting, by start; of several streams, so they may touch and overlap.
        start: the sample from which on to look.
    """
    mine = deque(gap for gap in shown if gap.participant_id == stream.participant_id)
    covered_ms = stream.offset_ms(start)
    for whole in (show_gap(stream, gap) for gap in _list_after(kept, start)):
        start_ms = max(whole.start_ms, covered_ms)
        while mine and mine[0].start_ms < whole.end_ms:
            gap = mine.popleft()
            if start_ms < gap.start_ms:
                yield TranscriptGap(stream.participant_id, start_ms, gap.start_ms)
            covered_ms = max(covered_ms, gap.end_ms)
            start_ms = max(start_ms, covered_ms)
        if start_ms < whole.end_ms:
            yield TranscriptGap(stream.participant_id, start_ms, whole.end_ms)


def is_new(kept: Sequence[Gap], through: int, end: int) -> bool:
    """Whether a gap up to `end` would be one more, where `through` is held: not what joins the last."""
    return end > through and not (kept and kept[-1].end_sample == through)


def _list_after(kept: Sequence[Gap], start: int) -> Sequence[Gap]:
    return kept[bisect_right(kept, start, key=lambda gap: gap.end_sample) :]
