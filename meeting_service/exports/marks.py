"""Speech without text, as it stands among the sentences of those who read, listen or watch."""

from meeting_service.transcript import Sentence, Transcript, Untranscribed, reading_order

NOT_TRANSCRIBED = "[not transcribed]"

Said = Sentence | Untranscribed
"""what somebody said, whether it is known or not"""


def list_said(transcript: Transcript) -> list[Said]:
    """Sentences, and stretches without text, in the order they are read."""
    return sorted([*transcript.sentences, *transcript.not_transcribed], key=_order)


def mark_stretches(transcript: Transcript, longest_ms: int | None = None) -> list[Sentence]:
    """The same, each stretch as a sentence that says so; with `longest_ms`, none says it for longer."""
    return [s if isinstance(s, Sentence) else _mark(s, longest_ms) for s in list_said(transcript)]


def is_mark(sentence: Sentence) -> bool:
    """Whether it stands for a stretch."""
    return sentence.text == NOT_TRANSCRIBED and not sentence.words


def _mark(stretch: Untranscribed, longest_ms: int | None) -> Sentence:
    start_ms, end_ms = stretch.start_ms, stretch.end_ms
    if longest_ms is not None:
        end_ms = min(end_ms, start_ms + longest_ms)
    name = f"{NOT_TRANSCRIBED} {start_ms} {stretch.participant_id}"
    return Sentence(name, stretch.participant_id, start_ms, end_ms, NOT_TRANSCRIBED, 0.0, ())


def _order(said: Said) -> tuple[int, str, int, str]:
    return reading_order(said) if isinstance(said, Sentence) else reading_order(_mark(said, None))
