"""Reads the text messages of `meeting-audio.v1` strictly: every field checked, unknown ones refused."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from meeting_service.audio import MAX_CHANNELS, MAX_RATE_HZ, MIN_RATE_HZ, Encoding, RawFormat
from meeting_service.errors import InvalidRequest, ProtocolViolation
from meeting_service.ingest.names import check_participant_id, clean_name
from meeting_service.ingest.timestamps import parse_timestamp
from meeting_service.protocol import (
    MAX_POSITION,
    Bye,
    ClientMessage,
    DeclareGap,
    End,
    Hello,
    Open,
    StreamSpec,
)

MAX_STREAM_NUMBER = 2**32 - 1
_REQUIRED: Final = object()


def parse_client_message(text: str) -> ClientMessage:
    """Read one text message.

    Raises:
        ProtocolViolation: it is no JSON object, or its type, a field or a value is not allowed; the detail
            names which.
    """
    fields = _Fields(_load_object(text), "the message")
    match fields.take_text("type"):
        case "hello":
            message: ClientMessage = _read_hello(fields)
        case "open":
            message = Open(_read_specs(fields) if "streams" in fields else (_read_spec(fields),))
        case "gap":
            message = _read_gap(fields)
        case "end":
            message = End(fields.take_stream())
        case "bye":
            message = Bye()
        case unknown:
            raise ProtocolViolation(f"there is no message of type {unknown[:40]!r}")
    fields.expect_no_more()
    return message


def _load_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ProtocolViolation("a text message is one JSON object, and this one cannot be read") from error
    if not isinstance(value, dict):
        raise ProtocolViolation("a text message is one JSON object")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _read_hello(fields: "_Fields") -> Hello:
    return Hello(_read_specs(fields), fields.take_flag("text"), fields.take_optional_text("meeting"))


def _read_specs(fields: "_Fields") -> tuple[StreamSpec, ...]:
    specs = []
    for number, item in enumerate(fields.take_list("streams")):
        stream_fields = _Fields(item, f"streams[{number}]")
        specs.append(_read_spec(stream_fields))
        stream_fields.expect_no_more()
    return tuple(specs)


def _read_spec(fields: "_Fields") -> StreamSpec:
    stream = fields.take_stream()
    rate_hz = fields.take_integer("rate", MIN_RATE_HZ, MAX_RATE_HZ)
    encoding = fields.take_encoding()
    participants, names = _read_participants(fields)
    channels = fields.take_integer("channels", 1, MAX_CHANNELS, default=len(participants))
    if len(participants) not in (1, channels):
        raise ProtocolViolation(
            f"{len(participants)} participants for {channels} channels: one, or one per channel"
        )
    captured_at = fields.take_timestamp("captured_at")
    audio_format, crc32 = RawFormat(encoding, rate_hz, channels), fields.take_flag("crc32")
    return StreamSpec(stream, audio_format, participants, names, captured_at, crc32)


def _read_participants(fields: "_Fields") -> tuple[Sequence[str], Sequence[str | None]]:
    if "participants" not in fields:
        return (_participant_id(fields.take_text("participant")),), (_name(fields.take("name", None)),)
    participants = tuple(_participant_id(item) for item in fields.take_list("participants"))
    names = tuple(_name(item) for item in fields.take_list("names", default=[None] * len(participants)))
    if not participants or len(participants) > MAX_CHANNELS:
        raise ProtocolViolation(f"participants: 1 to {MAX_CHANNELS} of them, not {len(participants)}")
    if len(set(participants)) < len(participants):
        raise ProtocolViolation("participants: each may be there once")
    if len(names) != len(participants):
        raise ProtocolViolation(f"{len(names)} names for {len(participants)} participants")
    return participants, names


def _read_gap(fields: "_Fields") -> DeclareGap:
    stream = fields.take_stream()
    start = fields.take_integer("from", 0, MAX_POSITION)
    end = fields.take_integer("to", 0, MAX_POSITION)
    if end <= start:
        raise ProtocolViolation(f"a gap ends after it starts, and this one goes from {start} to {end}")
    return DeclareGap(stream, start, end)


def _participant_id(value: Any) -> str:
    if not isinstance(value, str):
        raise ProtocolViolation("a participant's id is a text")
    return _checked(check_participant_id, value)


def _name(value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str):
        raise ProtocolViolation("a participant's name is a text")
    return _checked(clean_name, value)


def _checked(check: Callable[[str], str], value: str) -> str:
    try:
        return check(value)
    except InvalidRequest as error:
        raise ProtocolViolation(error.detail) from error


class _Fields:
    """The fields of one JSON object, each taken once; what is left over is unknown."""

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise ProtocolViolation(f"{where} is a JSON object")
        self._left = dict(value)
        self._where = where

    def __contains__(self, name: str) -> bool:
        return name in self._left

    def take(self, name: str, default: Any = _REQUIRED) -> Any:
        value = self._left.pop(name, default)
        if value is _REQUIRED:
            raise ProtocolViolation(f"{self._where} lacks {name}")
        return value

    def take_text(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str):
            raise ProtocolViolation(f"{name} is a text")
        return value

    def take_optional_text(self, name: str) -> str | None:
        return self.take_text(name) if name in self else None

    def take_list(self, name: str, default: Any = _REQUIRED) -> list[Any]:
        value = self.take(name, default)
        if not isinstance(value, list):
            raise ProtocolViolation(f"{name} is a list")
        return value

    def take_flag(self, name: str) -> bool:
        value = self.take(name, False)
        if not isinstance(value, bool):
            raise ProtocolViolation(f"{name} is true or false")
        return value

    def take_integer(self, name: str, low: int, high: int, default: Any = _REQUIRED) -> int:
        value = self.take(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise ProtocolViolation(f"{name} is a whole number from {low} to {high}")
        return value

    def take_stream(self) -> int:
        return self.take_integer("stream", 0, MAX_STREAM_NUMBER)

    def take_encoding(self) -> Encoding:
        value = self.take_text("encoding")
        try:
            return Encoding(value)
        except ValueError as error:
            raise ProtocolViolation(f"encoding is one of {', '.join(Encoding)}") from error

    def take_timestamp(self, name: str) -> datetime | None:
        value = self.take(name, None)
        if value is None:
            return None
        if not isinstance(value, str):
            raise ProtocolViolation(f"{name} is a text")
        try:
            return parse_timestamp(value)
        except InvalidRequest as error:
            raise ProtocolViolation(f"{name}: {error.detail}") from error

    def expect_no_more(self) -> None:
        if self._left:
            raise ProtocolViolation(f"{self._where} has an unknown field {min(self._left)[:40]!r}")
