"""Server-Sent Events, line by line."""

import zlib

import pytest

from meeting_service.client.event_stream import EventReader, ServerSentEvent
from meeting_service.errors import Corrupted


def checked(text: str) -> bytes:
    """One event with its checksum, as the service sends it."""
    data = f"{text}\n\n".encode()
    return b"check: %08x\n" % zlib.crc32(data) + data


def read(data: bytes) -> list[ServerSentEvent]:
    """All events of a stream."""
    reader = EventReader()
    told = [reader.accept_line(line) for line in data.splitlines(keepends=True)]
    return [event for event in told if event]


def test_an_event_ends_with_an_empty_line() -> None:
    """Kind, data of several lines, id."""
    data = checked("event: draft\ndata: a\ndata:  b\nid: 7") + checked("data:c")

    assert [ServerSentEvent("draft", "a\n b", "7"), ServerSentEvent("message", "c", None)] == read(data)


def test_comments_and_unknown_fields_are_passed_over() -> None:
    """They keep the connection open and say nothing."""
    assert [] == read(
        checked(": ping") + checked("retry: 10") + checked("foo: bar") + checked("event: draft")
    )


def test_an_event_that_is_cut_off_is_not_told() -> None:
    """It comes again after the reconnect."""
    assert [] == read(checked("event: draft\ndata: a")[:-1])


@pytest.mark.parametrize("at", range(len(checked("id: 7\ndata: a"))))
def test_a_changed_byte_anywhere_is_found(at: int) -> None:
    """In the checksum itself, a field's name, a value or the end of a line: nothing of it is told."""
    data = bytearray(checked("id: 7\ndata: a") + checked("id: 8\ndata: b"))
    data[at] ^= 0x04

    with pytest.raises(Corrupted):
        read(bytes(data))
