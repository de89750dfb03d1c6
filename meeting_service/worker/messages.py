"""What the service and its worker say to each other: one JSON array a line, `[kind, {fields}]`.

Positions called `through` are samples at the stream's own rate; all others are 16 kHz samples.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from meeting_service.recognition import DecodingConfig, SentenceRules, Token


@dataclass(frozen=True, slots=True)
class Configure:
    """Always the first command: what to load, where the audio is."""

    ledger_path: str
    model: str
    weights: str
    recognition: dict[str, Any]
    segmenter: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Begin to recognise a stream, or begin again at `resume`."""

    stream_id: int
    run: int
    """told back with every answer, so that answers to an earlier opening are recognised"""
    rate_hz: int
    resume: int
    decoding: DecodingConfig


@dataclass(frozen=True, slots=True)
class AudioArrived:
    """The ledger holds the stream up to `through`."""

    stream_id: int
    through: int


@dataclass(frozen=True, slots=True)
class FinishStream:
    """No more audio will come; make the last words final and answer `Finished`."""

    stream_id: int
    through: int


@dataclass(frozen=True, slots=True)
class CloseStream:
    """Forget the stream; nothing more of it is wanted."""

    stream_id: int


Command = Configure | OpenStream | AudioArrived | FinishStream | CloseStream


@dataclass(frozen=True, slots=True)
class Ready:
    """The model is loaded and warm."""

    description: str


@dataclass(frozen=True, slots=True)
class StartFailed:
    """The worker cannot start; the detail says what to do."""

    detail: str


@dataclass(frozen=True, slots=True)
class Finalized:
    """The tokens of a span, which never change."""

    stream_id: int
    run: int
    utterance_start: int
    start: int
    end: int
    last: bool
    """whether the utterance ends here; then nothing is pending before `end`"""
    tokens: Sequence[Token]
    failed: bool = False
    """whether the recogniser could not read this span"""


@dataclass(frozen=True, slots=True)
class Drafted:
    """What the open part of an utterance sounds like so far."""

    stream_id: int
    run: int
    utterance_start: int
    end: int
    tokens: Sequence[Token]


@dataclass(frozen=True, slots=True)
class Advanced:
    """Nothing is pending before `resume`: silence was heard."""

    stream_id: int
    run: int
    resume: int


@dataclass(frozen=True, slots=True)
class Finished:
    """All of a finished stream has been answered."""

    stream_id: int
    run: int


@dataclass(frozen=True, slots=True)
class StreamFailed:
    """A stream's audio cannot be read or segmented; it stands still."""

    stream_id: int
    run: int
    detail: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """A new worker has taken over and knows no streams. Made by the service's side."""


Reply = Ready | StartFailed | Finalized | Drafted | Advanced | Finished | StreamFailed | Restarted

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(Configure, OpenStream, AudioArrived, FinishStream, CloseStream),
        *(Ready, StartFailed, Finalized, Drafted, Advanced, Finished, StreamFailed),
    )
}


def encode(message: Command | Reply) -> bytes:
    """One line."""
    body = {f.name: _plain(getattr(message, f.name)) for f in fields(message)}
    return json.dumps([type(message).__name__, body], separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> Any:
    """The message of one line.

    Raises:
        ValueError: not a line of ours.
    """
    kind, body = json.loads(line)
    if "tokens" in body:
        body["tokens"] = tuple(Token(*token) for token in body["tokens"])
    if "decoding" in body:
        decoding = body["decoding"]
        rules = SentenceRules(**decoding.pop("sentences"))
        vocabulary = tuple(decoding.pop("vocabulary"))
        body["decoding"] = DecodingConfig(**decoding, vocabulary=vocabulary, sentences=rules)
    return _KINDS[kind](**body)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list) and value and isinstance(value[0], Token):
        return [[t.text, t.start, t.end, round(t.confidence, 4)] for t in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
