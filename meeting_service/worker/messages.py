"""What the service and its worker say to each other: one JSON array a line, `[kind, {fields}]`.

Positions called `through` are samples at the stream's own rate; checkpoints are at 16 kHz.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Any

from meeting_service.meeting import Checkpoint, Stream
from meeting_service.recognition import DecodingConfig, SentenceRules, Unrecognised
from meeting_service.transcript import Draft, Sentence, Word


@dataclass(frozen=True, slots=True)
class Configure:
    """Always the first command: what to load, where the audio is."""

    ledger_path: str
    models: Sequence[str]
    """names of all to load"""
    weights: str
    recognition: dict[str, Any]
    segmenter: dict[str, Any]
    logging: dict[str, Any]


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Begin to recognise a stream, or begin again at a checkpoint."""

    stream: Stream
    run: int
    """told back with every answer, so that answers to an earlier opening are recognised"""
    checkpoint: Checkpoint
    decoding: DecodingConfig
    model: str
    """one of those loaded"""
    background: bool = False
    """whether it waits while anything live can be done, and has no drafts"""
    behind: bool = False
    """whether it was said to lag; then it is told how far, even if it is not any more"""
    suspects: Sequence[tuple[int, int, int]] = ()
    """what was in work when workers before died: kind (see `blackboard`), 16 kHz sample, how many died"""
    offences: int = 0
    """how often audio of it was given up for what it did to workers"""
    unheard: Sequence[int] = ()
    """16 kHz samples at which blocks begin that cannot be heard"""


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
    """The models are loaded and warm."""

    description: str


@dataclass(frozen=True, slots=True)
class StartFailed:
    """The worker cannot start; the detail says what to do."""

    detail: str


@dataclass(frozen=True, slots=True)
class Finalized:
    """Sentences that never change, and what of the open one is final already."""

    stream_id: int
    run: int
    sentences: Sequence[Sentence]
    draft: Draft
    checkpoint: Checkpoint
    """to be kept together with the sentences"""
    open_samples: int = 0
    """at 16 kHz, speech that is final beyond the checkpoint: that of an utterance which goes on"""
    open_transcribed_samples: int = 0
    """of it, what has text"""
    unrecognised: Sequence[Unrecognised] = ()
    """speech that is final without text, to be kept with the checkpoint"""


@dataclass(frozen=True, slots=True)
class Drafted:
    """What the participant seems to be saying."""

    stream_id: int
    run: int
    draft: Draft


@dataclass(frozen=True, slots=True)
class Advanced:
    """The checkpoint moved on without a sentence: silence was heard, or something that cannot be."""

    stream_id: int
    run: int
    checkpoint: Checkpoint
    unrecognised: Sequence[Unrecognised] = ()
    """to be kept with the checkpoint, at once if there is any"""


@dataclass(frozen=True, slots=True)
class Survived:
    """What was suspected of crashing workers was done, alone."""

    stream_id: int
    kind: int
    start: int


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
class Behind:
    """A stream's text lags; told about once a second while it does, and once when it no longer does."""

    stream_id: int
    run: int
    behind_ms: int
    """how much later than usual its oldest text is that is not final; 0 when it has caught up"""


@dataclass(frozen=True, slots=True)
class DraftsPaced:
    """How often drafts are made has changed, for the recogniser has more or less to do."""

    interval_ms: int
    """least audio of one speaker between two"""


@dataclass(frozen=True, slots=True)
class Away:
    """No worker takes part just now; told every second. Made by the service's side."""

    seconds: float
    """since when"""


@dataclass(frozen=True, slots=True)
class Restarted:
    """A new worker has taken over and knows no streams. Made by the service's side."""


Reply = (
    Ready
    | StartFailed
    | Finalized
    | Drafted
    | Advanced
    | Finished
    | StreamFailed
    | Survived
    | Behind
    | DraftsPaced
    | Away
    | Restarted
)

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *(Configure, OpenStream, AudioArrived, FinishStream, CloseStream),
        *(Ready, StartFailed, Finalized, Drafted, Advanced, Finished, StreamFailed),
        *(Survived, Behind, DraftsPaced),
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
    try:
        kind, body = json.loads(line)
        parts = {name: _PARTS[name](part) if name in _PARTS else part for name, part in body.items()}
        return _KINDS[kind](**parts)
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError(f"not a message of ours: {type(error).__name__}") from None


def _read_decoding(body: dict[str, Any]) -> DecodingConfig:
    rules = SentenceRules(**body.pop("sentences"))
    return DecodingConfig(**{**body, "vocabulary": tuple(body["vocabulary"])}, sentences=rules)


def _read_sentences(bodies: list[dict[str, Any]]) -> tuple[Sentence, ...]:
    return tuple(
        Sentence(**{**body, "words": tuple(Word(**word) for word in body["words"])}) for body in bodies
    )


_PARTS: dict[str, Callable[[Any], Any]] = {
    "models": tuple,
    "stream": lambda body: Stream(**body),
    "checkpoint": lambda body: Checkpoint(**{**body, "given_up": tuple(body["given_up"])}),
    "suspects": lambda rows: tuple(map(tuple, rows)),
    "unheard": tuple,
    "unrecognised": lambda rows: tuple(Unrecognised(**row) for row in rows),
    "decoding": _read_decoding,
    "sentences": _read_sentences,
    "draft": lambda body: Draft(**body),
}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value
