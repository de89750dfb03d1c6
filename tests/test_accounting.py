"""Accounts of streams: what adds up has no findings, and every single figure is held against another."""

from dataclasses import replace

import pytest

from meeting_service.accounting import (
    Fault,
    Inventory,
    Record,
    StreamAccount,
    audit,
    samples_to_ms,
    to_recognition_rate,
    unaccounted_to_ms,
)
from meeting_service.audio import MAX_RATE_HZ, MIN_RATE_HZ, Gap
from meeting_service.meeting import Checkpoint, Stream
from meeting_service.resample import Resampler
from meeting_service.transcript import TranscriptGap

STREAM = Stream(1, "m", "ann", 48_000, anchor_ms=250, ended=True, finished=True)
GAP = TranscriptGap("ann", 1_250, 1_750)
RECORD = Record(
    STREAM,
    Checkpoint(1, resume=160_000, speech_samples=64_000, transcribed_samples=60_000),
    received_samples=480_000,
    not_transcribed_samples=4_000,
    gaps=[GAP],
    participant_gaps=[GAP],
)
INVENTORY = Inventory(480_000, [Gap(1, 48_000, 72_000)])


def _found(account: StreamAccount) -> dict[Fault, int]:
    return {finding.fault: finding.samples for finding in account.findings}


def test_what_adds_up_has_no_findings() -> None:
    """All that was received is silent or spoken, all speech transcribed or marked, gaps are shown."""
    account = audit(RECORD, INVENTORY)

    assert account.findings == []
    assert (account.received, account.gaps) == (160_000, 8_000)
    assert account.received == account.silent + account.speech + account.waiting
    assert account.speech == account.transcribed + account.not_transcribed


def test_what_is_not_heard_yet_waits() -> None:
    """While a stream is live, what is beyond the checkpoint is no fault, nor are gaps that are being told."""
    checkpoint = replace(RECORD.checkpoint, resume=100_000)
    live = replace(RECORD, checkpoint=checkpoint, finished=False, received_samples=300_000, gaps=[])

    account = audit(live, INVENTORY)

    assert account.findings == []
    assert account.waiting == 60_000
    assert account.received == account.silent + account.speech + account.waiting


@pytest.mark.parametrize(
    ("record", "inventory", "expected"),
    [
        (RECORD, replace(INVENTORY, faulty_samples=3), {Fault.PIECES: 1}),
        (RECORD, replace(INVENTORY, through=480_003), {Fault.RECEIVED: 1, Fault.HEARD: 1}),
        (replace(RECORD, received_samples=479_997), INVENTORY, {Fault.RECEIVED: 1}),
        (
            replace(RECORD, checkpoint=replace(RECORD.checkpoint, resume=159_999)),
            INVENTORY,
            {Fault.HEARD: 1},
        ),
        (
            replace(RECORD, checkpoint=replace(RECORD.checkpoint, speech_samples=64_001)),
            INVENTORY,
            {Fault.SPEECH: 1},
        ),
        (
            replace(RECORD, checkpoint=replace(RECORD.checkpoint, transcribed_samples=59_999)),
            INVENTORY,
            {Fault.SPEECH: 1},
        ),
        (replace(RECORD, not_transcribed_samples=4_001), INVENTORY, {Fault.SPEECH: 1}),
        (replace(RECORD, gaps=[], participant_gaps=[]), INVENTORY, {Fault.GAPS: 8_000}),
        (RECORD, replace(INVENTORY, gaps=[]), {Fault.GAPS: 8_000}),
        (RECORD, None, {Fault.RECEIVED: 160_000, Fault.HEARD: 160_000, Fault.GAPS: 8_000}),
        (
            replace(RECORD, finished=False, received_samples=480_003),
            INVENTORY,
            {Fault.RECEIVED: 1},
        ),
        (
            replace(RECORD, finished=False, checkpoint=replace(RECORD.checkpoint, resume=160_001)),
            INVENTORY,
            {Fault.HEARD: 1},
        ),
    ],
)
def test_every_figure_is_held_against_another(
    record: Record, inventory: Inventory | None, expected: dict[Fault, int]
) -> None:
    """A single sample that any one witness counts differently is found, and counted once."""
    account = audit(record, inventory)

    assert expected == _found(account)
    assert max(expected.values()) == account.unaccounted


def test_audio_that_was_removed_on_purpose_is_no_fault() -> None:
    """What was received of it is known all the same, and so is what was missing."""
    account = audit(replace(RECORD, audio_kept=False), None)

    assert account.findings == []
    assert (account.received, account.gaps) == (160_000, 8_000)


def test_what_was_found_before_the_audio_was_removed_stays_found() -> None:
    """Nobody can look again, so the earlier finding counts."""
    account = audit(replace(RECORD, audio_kept=False, unaccounted_samples=7), None)

    assert _found(account) == {Fault.EARLIER: 7}


def test_a_gap_that_another_stream_of_the_participant_shows_is_shown() -> None:
    """Two streams may lie over one another; what the page shows is the participant's."""
    account = audit(replace(RECORD, gaps=[]), INVENTORY)

    assert account.findings == []


@pytest.mark.parametrize("rate_hz", [MIN_RATE_HZ, 11_025, 16_000, 22_050, 44_100, 47_999, MAX_RATE_HZ])
def test_positions_are_those_of_the_resampler(rate_hz: int) -> None:
    """What a finished stream is heard to is what its length comes to, at any rate and length."""
    for through in (0, 1, 2, 159, 9_999, 1_234_567):
        expected = Resampler(rate_hz).available(through, finished=True)

        assert expected == to_recognition_rate(through, rate_hz)


def test_rounding_hides_nothing_and_makes_nothing_up() -> None:
    """Parts are shown in whole ms; one unaccounted sample shows as one ms, none as none."""
    assert (999, 0) == (samples_to_ms(15_999), samples_to_ms(15))
    assert (0, 1, 1, 2) == tuple(map(unaccounted_to_ms, (0, 1, 16, 17)))
