"""Server-Sent Events, line by line."""

from meeting_service.client.event_stream import EventReader, ServerSentEvent


def read(text: str) -> list[ServerSentEvent]:
    """All events of a stream."""
    reader = EventReader()
    told = [reader.accept_line(line) for line in text.split("\n")]
    return [event for event in told if event]


def test_an_event_ends_with_an_empty_line() -> None:
    """Kind, data of several lines, id."""
    text = "event: draft\ndata: a\ndata:  b\nid: 7\n\ndata:c\n\n"

    assert [ServerSentEvent("draft", "a\n b", "7"), ServerSentEvent("message", "c", None)] == read(text)


def test_comments_and_unknown_fields_are_passed_over() -> None:
    """Pings keep the connection open and say nothing."""
    assert [] == read(": ping\n\nretry: 10\n\nfoo: bar\n\nevent: draft\n\n")


def test_an_event_that_is_cut_off_is_not_told() -> None:
    """It comes again after the reconnect."""
    assert [] == read("event: draft\ndata: a")
