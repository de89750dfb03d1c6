"""Where every sample of a stream went: received, missing, silent, spoken, transcribed, or yet to be heard.

Two witnesses who do not know of each other are held against one another: the pieces that the ledger holds
(`Inventory`) and what recognition wrote down beside the text (`Record`). What they disagree about is
unaccounted, which is an error. Everything is counted in samples, so nothing is lost in rounding.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from meeting_service.audio import RECOGNITION_RATE_HZ, Gap
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.transcript import TranscriptGap

_SAMPLES_PER_MS = RECOGNITION_RATE_HZ // 1_000

Interval = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What the ledger holds of one stream, piece by piece; samples at the stream's own rate."""

    through: int
    """samples that were acknowledged, gaps included"""
    gaps: Sequence[Gap] = ()
    """by position, neighbours joined"""
    faulty_samples: int = 0
    """of `through`, those that no piece holds, that two hold, or whose sound is not there"""


@dataclass(frozen=True, slots=True)
class Record:
    """What the meeting's database says of one stream, in one revision of the text."""

    stream: Stream
    checkpoint: Checkpoint
    received_samples: int
    """at the stream's own rate, gaps included, as of the last checkpoint"""
    not_transcribed_samples: int = 0
    """at 16 kHz, speech that was given up: in stretches that are marked, or before such were marked"""
    gaps: Sequence[TranscriptGap] = ()
    """shown for this stream"""
    participant_gaps: Sequence[TranscriptGap] = ()
    """shown for the participant, of whichever stream"""
    finished: bool = True
    """whether all text of the revision is final"""
    audio_kept: bool = True
    """whether the audio should still be there"""
    unaccounted_samples: int | None = None
    """what the last audit found, at 16 kHz; None if there was none"""


class Fault(StrEnum):
    """What two witnesses can disagree about."""

    PIECES = "pieces"
    RECEIVED = "received"
    HEARD = "heard"
    SPEECH = "speech"
    GAPS = "gaps"
    EARLIER = "earlier"

    @property
    def meaning(self) -> str:
        """In words."""
        return _MEANINGS[self]


_MEANINGS = {
    Fault.PIECES: "what was acknowledged is not held piece by piece",
    Fault.RECEIVED: "the meeting counted other audio than is held",
    Fault.HEARD: "nobody listened to it though all text is final, or there is text of audio that is not held",
    Fault.SPEECH: "it was spoken and has neither text nor a mark that it was given up, or has both",
    Fault.GAPS: "it is missing and not shown as missing, or shown so where audio is",
    Fault.EARLIER: "found while the audio was still kept",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that does not add up."""

    fault: Fault
    samples: int
    """by how much, at 16 kHz"""


@dataclass(frozen=True, slots=True)
class StreamAccount:
    """What became of one stream's audio, in samples at 16 kHz; `received` is the sum of the parts.

    What was declared missing is heard as silence: gaps are a part of `silent` or, where somebody speaks on
    across one, of `speech`.
    """

    record: Record
    received: int
    gaps: int
    """of it, never came"""
    silent: int
    """of it, heard and found to be no speech"""
    speech: int
    """of it, heard and found to be speech"""
    transcribed: int
    """of the speech, whose text is final"""
    not_transcribed: int
    """of the speech, given up and marked"""
    waiting: int
    """of what was received, not heard to its end yet"""
    findings: Sequence[Finding]

    @property
    def unaccounted(self) -> int:
        """Samples at 16 kHz that nobody can account for: the same ones may show in several findings."""
        return max((finding.samples for finding in self.findings), default=0)

    @property
    def unaccounted_ms(self) -> int:
        """The same in ms."""
        return unaccounted_to_ms(self.unaccounted)


def to_recognition_rate(sample: int, rate_hz: int) -> int:
    """A position at a stream's own rate as the 16 kHz position that the resampler gives it."""
    return -(-sample * RECOGNITION_RATE_HZ // rate_hz)


def samples_to_ms(samples: int) -> int:
    """16 kHz samples as whole ms; for durations that are shown."""
    return samples // _SAMPLES_PER_MS


def unaccounted_to_ms(samples: int) -> int:
    """The same for what is unaccounted: a single sample shows."""
    return -(-samples // _SAMPLES_PER_MS)


def audit(record: Record, inventory: Inventory | None) -> StreamAccount:
    """Draw up the account of a stream and find what does not add up.

    Args:
        record: read before the inventory, for audio may be coming.
        inventory: None if the ledger knows nothing of the stream.
    """
    rate_hz, checkpoint = record.stream.rate_hz, record.checkpoint
    held = inventory or Inventory(0 if record.audio_kept else record.received_samples)
    received = to_recognition_rate(held.through, rate_hz)
    return StreamAccount(
        record,
        received,
        _count_gaps(record, held.gaps) if record.audio_kept else _count_shown(record),
        silent=checkpoint.resume - checkpoint.speech_samples,
        speech=checkpoint.speech_samples,
        transcribed=checkpoint.transcribed_samples,
        not_transcribed=record.not_transcribed_samples,
        waiting=0 if record.finished else max(0, received - checkpoint.resume),
        findings=[Finding(fault, samples) for fault, samples in _find(record, held, received) if samples],
    )


def _find(record: Record, held: Inventory, received: int) -> Iterator[tuple[Fault, int]]:
    """Every check with by how much it fails, 0 if it does not."""
    rate_hz, checkpoint = record.stream.rate_hz, record.checkpoint
    yield Fault.PIECES, to_recognition_rate(held.faulty_samples, rate_hz)
    counted = to_recognition_rate(record.received_samples, rate_hz)
    yield Fault.RECEIVED, abs(received - counted) if record.finished else max(0, counted - received)
    resume = checkpoint.resume
    yield Fault.HEARD, abs(received - resume) if record.finished else max(0, resume - received)
    explained = checkpoint.transcribed_samples + record.not_transcribed_samples
    yield Fault.SPEECH, max(abs(checkpoint.speech_samples - explained), checkpoint.speech_samples - resume)
    if not record.audio_kept:
        yield Fault.EARLIER, record.unaccounted_samples or 0
    elif record.finished:
        yield Fault.GAPS, _compare_gaps(record, held.gaps) * _SAMPLES_PER_MS


def _count_gaps(record: Record, gaps: Iterable[Gap]) -> int:
    rate_hz = record.stream.rate_hz
    return sum(
        to_recognition_rate(gap.end_sample, rate_hz) - to_recognition_rate(gap.start_sample, rate_hz)
        for gap in gaps
    )


def _count_shown(record: Record) -> int:
    return _length(_union((gap.start_ms, gap.end_ms) for gap in record.gaps)) * _SAMPLES_PER_MS


def _compare_gaps(record: Record, gaps: Iterable[Gap]) -> int:
    """Ms of gaps that are held and not shown, or shown and not held."""
    stream = record.stream
    held = _union((stream.offset_ms(gap.start_sample), stream.offset_ms(gap.end_sample)) for gap in gaps)
    own = _union((gap.start_ms, gap.end_ms) for gap in record.gaps)
    shown = _union((gap.start_ms, gap.end_ms) for gap in record.participant_gaps)
    return _beyond(held, shown) + _beyond(own, held)


def _beyond(intervals: Sequence[Interval], others: Sequence[Interval]) -> int:
    """How much of `intervals` lies outside `others`."""
    return _length(_union([*intervals, *others])) - _length(others)


def _union(intervals: Iterable[Interval]) -> list[Interval]:
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _length(intervals: Sequence[Interval]) -> int:
    return sum(end - start for start, end in intervals)
