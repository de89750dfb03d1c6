"""Corrections of sentences: what was recognised is kept, and what was written since; each is told once.

`sentences` has a sentence as it is shown, so that whatever reads or searches text finds what people wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from meeting_service.errors import Conflict, NotFound, Outdated
from meeting_service.events import SentenceCorrected, StoredEvent
from meeting_service.retiming import retime_words
from meeting_service.storage.current import current_revision
from meeting_service.storage.events import append_event
from meeting_service.storage.payload import json_to_words, words_to_json
from meeting_service.storage.schema import corrections, events, revisions, sentences
from meeting_service.storage.search_index import index_text
from meeting_service.storage.sentences import COLUMNS, row_to_sentence
from meeting_service.transcript import (
    FIRST_REVISION,
    RevisionState,
    Sentence,
    SentenceHistory,
    SentenceVersion,
    Word,
)

MAX_VERSIONS = 50
"""of one sentence; beyond them the oldest is dropped, but never what was recognised"""


@dataclass(frozen=True, slots=True)
class _Change:
    """What a sentence becomes."""

    text: str
    undoes_to: int
    """the version that comes back when this one is undone"""


def correct_sentence(
    db: Connection, meeting_id: str, sentence_id: str, text: str | None, expected: int | None, now: datetime
) -> tuple[Sentence, Sequence[StoredEvent]]:
    """Show another text, or what was recognised; what is shown already makes no event, whoever wrote it.

    Where a former revision is corrected the current one is too, as long as both showed the same; both are
    told then.

    Args:
        db: in a transaction.
        meeting_id: whose sentence it is.
        sentence_id: of any revision that can be read.
        text: clean; None: as it was recognised.
        expected: the version that the change is of; None: whatever there is.
        now: UTC.

    Raises:
        NotFound: no such sentence.
        Outdated: it is not at the version expected.
    """
    row = _get_row(db, meeting_id, sentence_id)
    wanted = _recognised(db, row)[0] if text is None else text
    if wanted == row.text:
        return row_to_sentence(row), ()
    _check_version(row, expected)
    return _tell(db, row, _Change(wanted, row.version), now)


def undo_correction(
    db: Connection, meeting_id: str, sentence_id: str, expected: int | None, now: datetime
) -> tuple[Sentence, Sequence[StoredEvent]]:
    """Show the text before the last correction; when asked again, the one before that.

    The current revision follows a former one as with corrections.

    Raises:
        NotFound: no such sentence.
        Conflict: it is as it was recognised.
        Outdated: it is not at the version expected.
    """
    row = _get_row(db, meeting_id, sentence_id)
    _check_version(row, expected)
    held = {version.version: version for version in _list_rows(db, row)}
    former = held[row.version].undoes_to if row.version else None
    if former is None:
        raise Conflict("this sentence is as it was recognised: there is nothing to undo")
    back = held.get(former, held[0])
    return _tell(db, row, _Change(back.text, back.undoes_to), now)


def get_history(db: Connection, meeting_id: str, sentence_id: str) -> SentenceHistory:
    """A sentence as it is shown, and all texts it had.

    Raises:
        NotFound: no such sentence.
    """
    row = _get_row(db, meeting_id, sentence_id)
    known = [SentenceVersion(r.version, r.text, r.written_at) for r in _list_rows(db, row)]
    current = row if _is_current(db, row) else _find_current(db, row)
    return SentenceHistory(
        sentence=row_to_sentence(row),
        revision=row.revision,
        versions=known or [SentenceVersion(0, row.text, None)],
        current_id=None if current is None else current.id,
    )


def carry_over(db: Connection, meeting_id: str, number: int, now: datetime) -> None:
    """Give a new revision the corrections of those before it, where the same was recognised again.

    That is the same text of the same stream at the same time. What somebody did in the newest revision
    counts, also if it was to take a correction back.
    """
    of = (sentences.c.meeting_id == meeting_id, sentences.c.version > 0, sentences.c.revision != number)
    order = (sentences.c.revision.desc(), sentences.c.start_ms)
    decided: dict[str, int] = {}
    for former in db.execute(select(*COLUMNS).where(*of).order_by(*order)).all():
        again = [row for row in _list_again(db, former, number) if decided.get(row.id) != former.revision]
        if again and again[0].id not in decided:
            decided[again[0].id] = former.revision
            if former.edited:
                _write(db, again[0], _Change(former.text, 0), now)


def count_edited(db: Connection, meeting_id: str, revision: int) -> int:
    """How many sentences of a revision are corrected."""
    of = (sentences.c.meeting_id == meeting_id, sentences.c.revision == revision, sentences.c.edited)
    return db.execute(select(func.count()).select_from(sentences).where(*of)).scalar_one()


def forget_corrections(db: Connection, meeting_id: str, revision: int) -> None:
    """Tell nobody any more of corrections of a revision that is deleted."""
    told_of = events.c.payload["revision"].as_integer() == revision
    db.execute(
        delete(events).where(events.c.meeting_id == meeting_id, events.c.kind == "correction", told_of)
    )


def _tell(
    db: Connection, row: Row[Any], change: _Change, now: datetime
) -> tuple[Sentence, Sequence[StoredEvent]]:
    """Make a change, and the same of the current revision where it showed the same till now."""
    current = _find_current(db, row)
    sentence, told = _tell_one(db, row, change, now)
    if current is None:
        return sentence, (told,)
    return sentence, (told, _tell_one(db, current, _Change(change.text, current.version), now)[1])


def _tell_one(db: Connection, row: Row[Any], change: _Change, now: datetime) -> tuple[Sentence, StoredEvent]:
    version = _write(db, row, change, now)
    sentence = row_to_sentence(_get_row(db, row.meeting_id, row.id))
    told = append_event(db, row.meeting_id, SentenceCorrected(sentence, row.revision))
    db.execute(update(corrections).where(*_of(row), corrections.c.version == version).values(seq=told.seq))
    _drop_oldest(db, row)
    return sentence, told


def _find_current(db: Connection, row: Row[Any]) -> Row[Any] | None:
    """The sentence of the current revision that stands for one of a former, and shows the same."""
    if _is_current(db, row):
        return None
    number = db.execute(select(current_revision(row.meeting_id))).scalar_one()
    return next((one for one in _list_again(db, row, number) if one.text == row.text), None)


def _is_current(db: Connection, row: Row[Any]) -> bool:
    return bool(db.scalar(select(current_revision(row.meeting_id) == row.revision)))


def _list_again(db: Connection, row: Row[Any], number: int) -> list[Row[Any]]:
    """What a revision has of the same text, recognised of the same stream at the same time; nearest first."""
    of = (
        sentences.c.meeting_id == row.meeting_id,
        sentences.c.revision == number,
        sentences.c.stream_id == row.stream_id,
        sentences.c.start_ms < row.end_ms,
        sentences.c.end_ms > row.start_ms,
    )
    heard = _recognised(db, row)[0]
    nearest = (func.abs(sentences.c.start_ms - row.start_ms), sentences.c.start_ms)
    found = db.execute(select(*COLUMNS).where(*of).order_by(*nearest)).all()
    return [one for one in found if _recognised(db, one)[0] == heard]


def _write(db: Connection, row: Row[Any], change: _Change, now: datetime) -> int:
    """Keep what there was and show what there is to be; the new version."""
    of = {"meeting_id": row.meeting_id, "sentence_id": row.id}
    heard, words = _recognised(db, row)
    if row.version == 0:
        db.execute(insert(corrections).values(**of, version=0, text=heard, words=words_to_json(words)))
    version: int = row.version + 1
    undoes_to = change.undoes_to
    values = {"version": version, "text": change.text, "undoes_to": undoes_to, "written_at": now}
    db.execute(insert(corrections).values(**of, **values))
    edited = change.text != heard
    timed = retime_words(words, change.text, row.start_ms, row.end_ms) if edited else words
    shown = {"text": change.text, "words": words_to_json(timed)}
    is_it = (sentences.c.meeting_id == row.meeting_id, sentences.c.id == row.id)
    db.execute(update(sentences).where(*is_it).values(**shown, edited=edited, version=version))
    index_text(db, row.meeting_id, row.id, change.text)
    return version


def _recognised(db: Connection, row: Row[Any]) -> tuple[str, tuple[Word, ...]]:
    """A sentence's text and words before anybody corrected it."""
    if row.version == 0:
        sentence = row_to_sentence(row)
        return sentence.text, tuple(sentence.words)
    query = select(corrections.c.text, corrections.c.words).where(*_of(row), corrections.c.version == 0)
    text, words = db.execute(query).one()
    return text, json_to_words(words)


def _drop_oldest(db: Connection, row: Row[Any]) -> None:
    query = select(corrections.c.version, corrections.c.seq).where(*_of(row), corrections.c.version > 0)
    surplus = db.execute(query.order_by(corrections.c.version.desc()).offset(MAX_VERSIONS)).all()
    for version, seq in surplus:
        db.execute(delete(corrections).where(*_of(row), corrections.c.version == version))
        db.execute(delete(events).where(events.c.meeting_id == row.meeting_id, events.c.seq == seq))


def _list_rows(db: Connection, row: Row[Any]) -> Sequence[Row[Any]]:
    query = select(corrections).where(*_of(row)).order_by(corrections.c.version.desc())
    return db.execute(query).all()


def _get_row(db: Connection, meeting_id: str, sentence_id: str) -> Row[Any]:
    of = (sentences.c.meeting_id == meeting_id, sentences.c.id == sentence_id)
    row = db.execute(select(*COLUMNS).where(*of)).one_or_none()
    if row is None or not _is_readable(db, meeting_id, row.revision):
        raise NotFound(f"there is no sentence {sentence_id} in meeting {meeting_id}")
    return row


def _is_readable(db: Connection, meeting_id: str, number: int) -> bool:
    of = (revisions.c.meeting_id == meeting_id, revisions.c.number == number)
    state = db.scalar(select(revisions.c.state).where(*of))
    return number == FIRST_REVISION or state == RevisionState.DONE


def _check_version(row: Row[Any], expected: int | None) -> None:
    if expected not in (None, row.version):
        raise Outdated("the sentence", row.version, {"text": row.text, "edited": row.edited})


def _of(row: Row[Any]) -> tuple[Any, Any]:
    return corrections.c.meeting_id == row.meeting_id, corrections.c.sentence_id == row.id
