"""Search: a full-text index over the words of every sentence; accents do not matter in titles either."""

import logging
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

log = logging.getLogger("search_upgrade")

_AT_ONCE = 1_000
_TOLD_EVERY = 50_000
"""sentences; some ten seconds"""
_LAST = (1 << 31) - 1
_PLAIN = str.maketrans({"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "ʼ": "'"})
_ACCENTS = (
    *((0x0300, 0x036F), (0x0591, 0x05C7), (0x0640, 0x0640), (0x064B, 0x065F), (0x0670, 0x0670)),
    *((0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF), (0xFE20, 0xFE2F)),
)
_UNSPACED = (
    *((0x0E00, 0x0EFF), (0x0F00, 0x0FFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF)),
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF)),
)


def upgrade() -> None:
    op.create_table(
        "search_entries",
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("meeting_id", sa.Text(), nullable=False),
        sa.Column("sentence_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id", "sentence_id"],
            ["sentences.meeting_id", "sentences.id"],
            name=op.f("fk_search_entries_meeting_id_sentence_id_sentences"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_search_entries")),
        sa.UniqueConstraint(
            "meeting_id", "sentence_id", name=op.f("uq_search_entries_meeting_id_sentence_id")
        ),
    )
    op.create_table(
        "search_removed",
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_search_removed")),
    )
    op.create_table(
        "search_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_search_state_id")),
        sa.CheckConstraint("state IN ('clean', 'dirty', 'merging')", name=op.f("ck_search_state_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_state")),
    )
    op.execute(
        "CREATE VIRTUAL TABLE search_index USING fts5(words, content='search_entries', "
        "content_rowid='place', tokenize='ascii', prefix='2 3')"
    )
    op.execute(
        "CREATE TRIGGER search_entries_deleted BEFORE DELETE ON search_entries BEGIN "
        "INSERT OR REPLACE INTO search_removed VALUES (old.place, old.words); END"
    )
    op.execute("INSERT INTO search_state VALUES (1, 'clean')")
    db = op.get_bind()
    _index_sentences(db)
    _fold_titles(db)
    # As it is, without rebuilding what refers to the table.
    op.execute("ALTER TABLE sentences DROP COLUMN text_folded")


def _index_sentences(db: sa.Connection) -> None:
    """Entries a thousand at a time, whatever there is: of the others only the places are in memory."""
    read = sa.text(
        "SELECT s.rowid AS row, s.meeting_id, s.id, s.revision, s.start_ms, s.text, "
        "CAST(strftime('%s', substr(m.started_at, 1, 19)) AS INTEGER) AS second "
        "FROM sentences s JOIN meetings m ON m.id = s.meeting_id "
        "WHERE s.rowid > :after ORDER BY s.rowid LIMIT :at_once"
    )
    add = sa.text("INSERT INTO search_entries VALUES (:place, :meeting_id, :sentence_id, :revision, :words)")
    count = db.scalar(sa.text("SELECT count(*) FROM sentences")) or 0
    if count:
        log.info("indexing %d sentences for searches; stopped, it begins anew with the next start", count)
    after, done, taken = -(1 << 62), 0, set[int]()
    while rows := db.execute(read, {"after": after, "at_once": _AT_ONCE}).all():
        after = rows[-1].row
        db.execute(add, list(_make_entries(rows, taken)))
        done += len(rows)
        if done % _TOLD_EVERY == 0:
            log.info("indexed %d of %d sentences", done, count)
    if count:
        log.info("putting the words of %d sentences in order", count)
    db.execute(sa.text("INSERT INTO search_index (search_index) VALUES ('rebuild')"))


def _make_entries(rows: Sequence[sa.Row[Any]], taken: set[int]) -> Iterator[dict[str, object]]:
    """An entry for each sentence, at the nearest place that is not taken."""
    for row in rows:
        second = min(max(row.second, 0), (1 << 32) - 1)
        place = (second << 31) + _LAST - min(max(row.start_ms, 0), _LAST)
        while place in taken:
            place -= 1
        taken.add(place)
        yield {
            "place": place,
            "meeting_id": row.meeting_id,
            "sentence_id": row.id,
            "revision": row.revision,
            "words": _words(row.text),
        }


def _fold_titles(db: sa.Connection) -> None:
    change = sa.text("UPDATE meetings SET title_folded = :folded WHERE id = :id")
    for row in db.execute(sa.text("SELECT id, title FROM meetings")).all():
        db.execute(change, {"id": row.id, "folded": _fold(row.title)})


def _fold(title: str) -> str:
    return " ".join("".join(map(_fold_char, title.replace("\0", " "))).split())


def _words(said: str) -> str:
    words, last = [""], ""
    for char in "".join(map(_fold_char, said)):
        category, alone = _kind(char)
        if category == "Cf":
            continue
        if category[0] not in "LNM":
            words.append("")
        elif words[-1] and category[0] != "M" and (alone or _kind(last)[1]):
            words.append(char)
            last = char
        else:
            last = char if not words[-1] else last
            words[-1] += char
    return " ".join(filter(None, words))


@lru_cache(maxsize=4096)
def _fold_char(char: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
    return "".join(c for c in decomposed.translate(_PLAIN) if not _within(c, _ACCENTS))


@lru_cache(maxsize=4096)
def _kind(char: str) -> tuple[str, bool]:
    """Its category, and whether it is of a script without spaces."""
    return unicodedata.category(char), _within(char, _UNSPACED)


def _within(char: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= ord(char) <= last for first, last in ranges)


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the copy that was made before the upgrade")
