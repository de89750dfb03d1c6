"""How much of a transcript is taken away: one participant's part, a span of time."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from meeting_service.errors import NotFound
from meeting_service.exports.options import ExportOptions
from meeting_service.transcript import Sentence, Transcript, TranscriptGap, Untranscribed

Timed = TypeVar("Timed", Sentence, TranscriptGap, Untranscribed)


def select(transcript: Transcript, options: ExportOptions) -> Transcript:
    """What was asked for of it, in the meeting's own time; sentences stay whole.

    Raises:
        NotFound: nobody is called like that.
    """
    chosen = None if options.participant is None else find_participant(transcript, options.participant)
    return replace(
        transcript,
        participants=[p for p in transcript.participants if chosen in (None, p.id)],
        sentences=_select(transcript.sentences, chosen, options),
        gaps=_select(transcript.gaps, chosen, options),
        not_transcribed=_select(transcript.not_transcribed, chosen, options),
        bookmarks=[mark for mark in transcript.bookmarks if _is_within(mark.at_ms, options)],
    )


def find_participant(transcript: Transcript, called: str) -> str:
    """The id of the participant with this id or, if it is nobody else's too, this name.

    Raises:
        NotFound: there is none, or more than one.
    """
    aliases = {alias: p.id for p in transcript.participants for alias in p.aliases}
    if called in aliases:
        return aliases[called]
    if called in {p.id for p in transcript.participants} | {s.participant_id for s in transcript.sentences}:
        return called
    matching = [p.id for p in transcript.participants if p.name == called]
    if len(matching) != 1:
        reason = "there is nobody" if not matching else "there is more than one participant"
        raise NotFound(f"{reason} called {called!r} in this meeting")
    return matching[0]


def _is_within(at_ms: int, options: ExportOptions) -> bool:
    since, until = options.from_ms, options.to_ms
    return (since is None or at_ms >= since) and (until is None or at_ms < until)


def _select(items: Sequence[Timed], participant_id: str | None, options: ExportOptions) -> list[Timed]:
    return [
        item
        for item in items
        if participant_id in (None, item.participant_id)
        and (options.from_ms is None or item.end_ms > options.from_ms)
        and (options.to_ms is None or item.start_ms < options.to_ms)
    ]
