"""The words of the audio WebSocket."""

import json

import meeting_service.protocol
from meeting_service.audio import Encoding, RawFormat
from meeting_service.protocol import (
    RETRY_AT_ONCE,
    RETRY_LATER,
    Ack,
    CloseCode,
    Nack,
    Refusal,
    SpokenText,
    StreamSpec,
)


def test_every_close_code_is_documented() -> None:
    """The table of the docstring and the codes are the same, also in what a client does."""
    rows = [
        row.split("|")
        for row in (meeting_service.protocol.__doc__ or "").split("\n")
        if "| no |" in row or "| yes" in row
    ]
    comes_back = {int(row[1]): row[3].strip().startswith("yes") for row in rows}

    assert set(CloseCode) == set(comes_back)
    assert RETRY_AT_ONCE | RETRY_LATER == {code for code, back in comes_back.items() if back}


def test_messages_hold_what_the_interface_says() -> None:
    """Optional fields are there only when they say something."""
    assert {"type": "ack", "stream": 1, "through": 5} == json.loads(Ack(1, 5).encode())
    assert {"type": "nack", "stream": 1, "expected": 5} == json.loads(Nack(1, 5).encode())
    assert {"type": "error", "code": "c", "detail": "d"} == json.loads(Refusal("c", "d").encode())
    text = json.loads(SpokenText(1, "ann", "Hi.", True, 0, 900).encode())
    assert ("Hi.", False) == (text["final"], "draft" in text)


def test_a_stream_of_one_participant_has_the_short_form() -> None:
    """One name, one id, no lists."""
    spec = StreamSpec(1, RawFormat(Encoding.S16LE, 16_000), ("ann",), ("Ann",))

    assert {
        "stream": 1,
        "encoding": "s16le",
        "rate": 16_000,
        "channels": 1,
        "participant": "ann",
        "name": "Ann",
    } == spec.to_wire()
