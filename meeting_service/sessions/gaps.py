"""Gaps that are kept with the audio but not shown: the service ended, or storage failed, in between."""

from collections.abc import Iterator, Sequence

from meeting_service.audio import Gap
from meeting_service.meeting import Stream
from meeting_service.transcript import TranscriptGap


def show_gap(stream: Stream, gap: Gap) -> TranscriptGap:
    """A gap of a stream as one of the meeting."""
    start_ms, end_ms = stream.offset_ms(gap.start_sample), stream.offset_ms(gap.end_sample)
    return TranscriptGap(stream.participant_id, start_ms, end_ms)


def find_unshown(
    stream: Stream, kept: Sequence[Gap], shown: Sequence[TranscriptGap]
) -> Iterator[TranscriptGap]:
    """What no shown gap of the participant covers, in order.

    Args:
        stream: whose gaps they are.
        kept: with its audio; neighbours may have been joined.
        shown: in the meeting, by start.
    """
    mine = [gap for gap in shown if gap.participant_id == stream.participant_id]
    for whole in (show_gap(stream, gap) for gap in kept):
        start_ms = whole.start_ms
        for gap in mine:
            if start_ms < min(gap.start_ms, whole.end_ms):
                yield TranscriptGap(stream.participant_id, start_ms, min(gap.start_ms, whole.end_ms))
            start_ms = max(start_ms, gap.end_ms)
        if start_ms < whole.end_ms:
            yield TranscriptGap(stream.participant_id, start_ms, whole.end_ms)
