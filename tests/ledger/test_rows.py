"""How samples are cut into rows."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meeting_service.errors import StorageFailed
from meeting_service.ledger.rows import MAX_SOUND_SAMPLES, Kind, Row, pcm_to_rows, row_to_pcm


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(1, 50_000)), max_size=6), st.integers(0, 1 << 40))
def test_rows_hold_exactly_the_samples(runs: list[tuple[int, int]], start: int) -> None:
    """Rows follow each other without a break, long silence has no samples, and joined they are the audio."""
    pcm = np.concatenate(
        [np.zeros(0, np.int16), *(np.full(length, value, np.int16) for value, length in runs)]
    )
    rows = list(pcm_to_rows(start, pcm))
    parts = [row_to_pcm(3, row, row.crc(3)) for row in rows]
    joined = [
        np.zeros(row.length, np.int16) if part is None else part
        for row, part in zip(rows, parts, strict=True)
    ]

    assert np.array_equal(pcm, np.concatenate([np.zeros(0, np.int16), *joined]))
    assert all(row.end == following.start for row, following in itertools.pairwise(rows))
    assert all(row.length <= MAX_SOUND_SAMPLES for row in rows if row.kind is Kind.SOUND)


def test_silence_is_one_row_without_samples() -> None:
    """Silence of any length is one row."""
    assert [Row(10, 1_000_000, Kind.SILENCE)] == list(pcm_to_rows(10, np.zeros(1_000_000, np.int16)))


def test_only_neighbours_without_samples_grow() -> None:
    """Silence joins silence right after it; nothing joins sound, another kind or something further on."""
    silence = Row(0, 10, Kind.SILENCE)

    assert Row(0, 15, Kind.SILENCE) == silence.grown_by(Row(10, 5, Kind.SILENCE))
    assert silence.grown_by(Row(11, 5, Kind.SILENCE)) is None
    assert silence.grown_by(Row(10, 5, Kind.GAP)) is None
    assert Row(0, 1, Kind.SOUND, b"ab").grown_by(Row(1, 1, Kind.SOUND, b"cd")) is None


def test_a_row_of_another_stream_is_not_taken() -> None:
    """The checksum covers whose audio it is."""
    row = Row(0, 1, Kind.SOUND, b"ab")
    with pytest.raises(StorageFailed, match="stream 2 at sample 0"):
        row_to_pcm(2, row, row.crc(1))
