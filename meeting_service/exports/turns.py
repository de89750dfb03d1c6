"""Turns: what one person says before somebody else does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meeting_service.exports.marks import NOT_TRANSCRIBED, Said, list_said
from meeting_service.exports.plain import clean
from meeting_service.transcript import Sentence, Transcript, TranscriptGap

MAX_TURN_MS = 120_000
"""a monologue gets a new time now and then"""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one participant says without anybody between, also what of it is not known."""

    items: Sequence[Said]

    @property
    def participant_id(self) -> str:
        """Who speaks."""
        return self.items[0].participant_id

    @property
    def start_ms(self) -> int:
        """When it begins."""
        return self.items[0].start_ms


def list_turns(transcript: Transcript) -> Iterator[Turn | TranscriptGap]:
    """Turns and gaps in the order they are read; a gap ends a turn."""
    gaps = sorted(transcript.gaps, key=lambda gap: (gap.start_ms, gap.participant_id))
    turn: list[Said] = []
    for item in list_said(transcript):
        while gaps and gaps[0].start_ms <= item.start_ms:
            if turn:
                yield Turn(turn)
                turn = []
            yield gaps.pop(0)
        if turn and not _continues(turn, item):
            yield Turn(turn)
            turn = []
        turn.append(item)
    if turn:
        yield Turn(turn)
    yield from gaps


def _continues(turn: Sequence[Said], item: Said) -> bool:
    same = turn[0].participant_id == item.participant_id
    return same and item.start_ms - turn[0].start_ms < MAX_TURN_MS


def turn_text(turn: Turn) -> str:
    """All that is said in a turn, on one line; empty if nothing is."""
    texts = (clean(item.text) if isinstance(item, Sentence) else NOT_TRANSCRIBED for item in turn.items)
    return " ".join(filter(None, texts))
