"""Turns: what one person says before somebody else does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from meeting_service.exports.plain import clean
from meeting_service.transcript import Sentence, Transcript, TranscriptGap

MAX_TURN_MS = 120_000
"""a monologue gets a new time now and then"""


@dataclass(frozen=True, slots=True)
class Turn:
    """Sentences of one participant that follow each other."""

    sentences: Sequence[Sentence]

    @property
    def participant_id(self) -> str:
        """Who speaks."""
        return self.sentences[0].participant_id

    @property
    def start_ms(self) -> int:
        """When it begins."""
        return self.sentences[0].start_ms


def list_turns(transcript: Transcript) -> Iterator[Turn | TranscriptGap]:
    """Turns and gaps in the order they are read; a gap ends a turn."""
    gaps = sorted(transcript.gaps, key=lambda gap: (gap.start_ms, gap.participant_id))
    turn: list[Sentence] = []
    for sentence in transcript.sentences:
        while gaps and gaps[0].start_ms <= sentence.start_ms:
            if turn:
                yield Turn(turn)
                turn = []
            yield gaps.pop(0)
        if turn and not _continues(turn, sentence):
            yield Turn(turn)
            turn = []
        turn.append(sentence)
    if turn:
        yield Turn(turn)
    yield from gaps


def _continues(turn: Sequence[Sentence], sentence: Sentence) -> bool:
    same = turn[0].participant_id == sentence.participant_id
    return same and sentence.start_ms - turn[0].start_ms < MAX_TURN_MS


def turn_text(turn: Turn) -> str:
    """All that is said in a turn, on one line; empty if nothing is."""
    return " ".join(filter(None, (clean(sentence.text) for sentence in turn.sentences)))
