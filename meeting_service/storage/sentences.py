"""Rows of sentences: to the domain's type and back."""

import json
from typing import Any

from sqlalchemy import Row, Text, type_coerce

from meeting_service.meeting import Stream
from meeting_service.storage.payload import json_to_words, words_to_json
from meeting_service.storage.schema import sentences
from meeting_service.transcript import Sentence

COLUMNS = [type_coerce(c, Text).label("words") if c is sentences.c.words else c for c in sentences.c]
"""words as the text they are stored as, to be read in their own time"""


def sentence_to_row(stream: Stream, sentence: Sentence, revision: int) -> dict[str, Any]:
    """What is inserted of a sentence that is new."""
    return {
        "meeting_id": stream.meeting_id,
        "id": sentence.id,
        "stream_id": stream.id,
        "participant_id": sentence.participant_id,
        "revision": revision,
        "seq": sentence.seq,
        "start_ms": sentence.start_ms,
        "end_ms": sentence.end_ms,
        "text": sentence.text,
        "confidence": sentence.confidence,
        "words": words_to_json(sentence.words),
    }


def row_to_sentence(row: Row[Any]) -> Sentence:
    """A sentence of a row of `COLUMNS`, as it is shown."""
    return Sentence(
        id=row.id,
        participant_id=row.participant_id,
        start_ms=row.start_ms,
        end_ms=row.end_ms,
        text=row.text,
        confidence=row.confidence,
        words=json_to_words(json.loads(row.words)),
        seq=row.seq,
        edited=row.edited,
        version=row.version,
    )
