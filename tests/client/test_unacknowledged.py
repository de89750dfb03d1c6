"""What a stream keeps until it is acknowledged."""

from hypothesis import given
from hypothesis import strategies as st

from meeting_service.client.unacknowledged import MERGE_SAMPLES, Part, Unacknowledged


def test_parts_follow_a_position() -> None:
    """At most what is asked for, from anywhere in what is kept."""
    kept = Unacknowledged(frame_bytes=2)
    kept.append(b"aabbcc")
    kept.append(b"ddee")

    assert Part(1, 3, b"bbcc") == kept.part_after(1, 2)
    assert Part(3, 5, b"ddee") == kept.part_after(3, 100)
    assert kept.part_after(5, 100) is None


def test_a_gap_is_a_part_of_its_own() -> None:
    """It takes no memory and is never cut."""
    kept = Unacknowledged(frame_bytes=1)
    kept.append(b"ab")
    kept.append_gap(1_000_000)
    kept.append(b"c")

    assert Part(0, 2, b"ab") == kept.part_after(0, 10)
    assert Part(2, 1_000_002, None) == kept.part_after(2, 10)
    assert Part(5, 1_000_002, None) == kept.part_after(5, 10)
    assert Part(1_000_002, 1_000_003, b"c") == kept.part_after(1_000_002, 10)
    assert 3 == kept.audio_samples


def test_what_is_acknowledged_is_forgotten() -> None:
    """Also in the middle of a part, and an older acknowledgement changes nothing."""
    kept = Unacknowledged(frame_bytes=2)
    kept.append(b"aabbcc")
    kept.acknowledge(2)
    kept.acknowledge(1)

    assert (2, 3, 1) == (kept.start, kept.end, kept.audio_samples)
    assert Part(2, 3, b"cc") == kept.part_after(0, 10)


def test_it_can_be_counted_from_elsewhere() -> None:
    """The same audio under other positions."""
    kept = Unacknowledged(frame_bytes=1)
    kept.append(b"ab")
    kept.acknowledge(1)
    kept.append_gap(5)
    kept.move(100)

    assert Part(100, 101, b"b") == kept.part_after(100, 10)
    assert Part(101, 106, None) == kept.part_after(101, 10)


@given(
    pieces=st.lists(st.binary(min_size=1, max_size=3 * MERGE_SAMPLES // 2), max_size=4),
    acknowledged=st.integers(0, 2 * MERGE_SAMPLES),
    step=st.integers(1, MERGE_SAMPLES),
)
def test_what_is_kept_is_what_was_written(pieces: list[bytes], acknowledged: int, step: int) -> None:
    """However it was written and is taken, nothing is lost or moved."""
    kept = Unacknowledged(frame_bytes=1)
    for piece in pieces:
        kept.append(piece)
    kept.acknowledge(acknowledged)
    written, position, taken = b"".join(pieces), kept.start, b""
    while part := kept.part_after(position, step):
        assert position == part.start
        taken, position = taken + (part.payload or b""), part.end

    assert written[min(acknowledged, len(written)) :] == taken
