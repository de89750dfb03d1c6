"""The tables, as SQLAlchemy knows them. Migrations make them; a test holds the two against each other."""

import sqlalchemy as sa

from meeting_service.storage.columns import UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

meetings = sa.Table(
    "meetings",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("title_folded", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("started_at", UtcDateTime, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Column("language", sa.Text),
    sa.Column("vocabulary", sa.JSON, nullable=False),
    sa.Column("last_seq", sa.Integer, nullable=False),
    sa.Column("model", sa.Text),
    sa.Column("last_revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("audio_days", sa.Double),
    sa.Column("transcripts_days", sa.Double),
    sa.Column("kept_from", UtcDateTime),
    sa.Column("audio_removed_at", UtcDateTime),
    sa.CheckConstraint("state IN ('live', 'ending', 'ended')", name="state"),
    sa.CheckConstraint("last_seq >= 0", name="last_seq"),
    sa.Index(None, "started_at", "id"),
    sa.Index(
        "ix_meetings_going_on",
        "started_at",
        "id",
        sqlite_where=sa.text("state != 'ended'"),
        postgresql_where=sa.text("state != 'ended'"),
    ),
)

participants = sa.Table(
    "participants",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("told_name", sa.Text),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.Column("merged_into", sa.Text),
    sa.UniqueConstraint("meeting_id", "position"),
)

streams = sa.Table(
    "streams",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("meeting_id", sa.Text, nullable=False),
    sa.Column("participant_id", sa.Text, nullable=False),
    sa.Column("rate_hz", sa.Integer, nullable=False),
    sa.Column("anchor_ms", sa.BigInteger, nullable=False),
    sa.Column("ended", sa.Boolean, nullable=False),
    sa.Column("finished", sa.Boolean, nullable=False),
    sa.Column("received_samples", sa.BigInteger, nullable=False),
    sa.Column("repeats", sa.Integer),
    sa.ForeignKeyConstraint(
        ["meeting_id", "participant_id"], ["participants.meeting_id", "participants.id"], ondelete="CASCADE"
    ),
    sa.CheckConstraint("rate_hz > 0", name="rate_hz"),
    sa.CheckConstraint("received_samples >= 0", name="received_samples"),
    sa.Index(None, "meeting_id", "participant_id"),
    sa.Index(
        "ix_streams_unfinished",
        "id",
        sqlite_where=sa.text("NOT finished"),
        postgresql_where=sa.text("NOT finished"),
    ),
    # Audio is addressed by stream id in a file of its own: an id must never come back.
    sqlite_autoincrement=True,
)

checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("stream_id", sa.ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False, server_default="1"),
    sa.Column("resume", sa.BigInteger, nullable=False),
    sa.Column("speech_samples", sa.BigInteger, nullable=False),
    sa.Column("transcribed_samples", sa.BigInteger, nullable=False),
    sa.Column("unaccounted_samples", sa.BigInteger),
    sa.Column("unmarked_samples", sa.BigInteger, nullable=False, server_default="0"),
    sa.CheckConstraint("resume >= 0", name="resume"),
)

sentences = sa.Table(
    "sentences",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("stream_id", sa.ForeignKey("streams.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("participant_id", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("confidence", sa.Double, nullable=False),
    # One JSON list a sentence: measured against a table of words, it writes and reads twice as fast.
    sa.Column("words", sa.JSON, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False, server_default="1"),
    sa.Column("edited", sa.Boolean, nullable=False, server_default="0"),
    sa.Column("version", sa.Integer, nullable=False, server_default="0"),
    sa.CheckConstraint("end_ms >= start_ms", name="end_ms"),
    sa.Index(None, "meeting_id", "revision"),
)

# What a sentence was before it was corrected, from version 0, what was recognised, on. How it is shown
# is in `sentences`.
corrections = sa.Table(
    "corrections",
    metadata,
    sa.Column("meeting_id", sa.Text, primary_key=True),
    sa.Column("sentence_id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("words", sa.JSON),
    sa.Column("undoes_to", sa.Integer),
    sa.Column("written_at", UtcDateTime),
    sa.Column("seq", sa.Integer),
    sa.ForeignKeyConstraint(
        ["meeting_id", "sentence_id"], ["sentences.meeting_id", "sentences.id"], ondelete="CASCADE"
    ),
    sa.CheckConstraint("version >= 0", name="version"),
)

bookmarks = sa.Table(
    "bookmarks",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at_ms", sa.BigInteger, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.CheckConstraint("at_ms >= 0", name="at_ms"),
)

# The first revision of a meeting is the meeting's own and has no row.
revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("vocabulary", sa.JSON, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("finished_at", UtcDateTime),
    sa.Column("detail", sa.Text),
    sa.CheckConstraint("number >= 2", name="number"),
    sa.CheckConstraint("state IN ('running', 'done', 'failed')", name="state"),
)

gaps = sa.Table(
    "gaps",
    metadata,
    sa.Column("stream_id", sa.ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("start_ms", sa.BigInteger, primary_key=True),
    sa.Column("end_ms", sa.BigInteger, primary_key=True),
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("participant_id", sa.Text, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.CheckConstraint("end_ms >= start_ms", name="end_ms"),
)

# Samples are at 16 kHz; `seq` is 0 in a later revision, which is told as a whole.
untranscribed = sa.Table(
    "untranscribed",
    metadata,
    sa.Column("stream_id", sa.ForeignKey("streams.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("start_sample", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("end_sample", sa.BigInteger, nullable=False),
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), nullable=False),
    sa.Column("participant_id", sa.Text, nullable=False),
    sa.Column("start_ms", sa.BigInteger, nullable=False),
    sa.Column("end_ms", sa.BigInteger, nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.CheckConstraint("end_sample >= start_sample", name="end_sample"),
    sa.Index(None, "meeting_id", "revision"),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.CheckConstraint("seq >= 1", name="seq"),
)

# One row: what the machine's clock has said.
wall_clock = sa.Table(
    "wall_clock",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("seen_at", UtcDateTime, nullable=False),
    sa.Column("leapt_from", UtcDateTime),
    sa.Column("leapt_at", UtcDateTime),
    sa.CheckConstraint("id = 1", name="id"),
)

# Of meetings that have not ended.
meeting_clocks = sa.Table(
    "meeting_clocks",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("active_ms", sa.BigInteger, nullable=False),
    sa.Column("start_told", sa.Boolean, nullable=False),
    sa.Column("difference_ms", sa.BigInteger, nullable=False),
    sa.Column("ahead_ms", sa.BigInteger, nullable=False),
)

# Participants who were deleted while their meeting is live, until it ends; their ids would keep them.
gone = sa.Table(
    "gone",
    metadata,
    sa.Column("meeting_id", sa.ForeignKey("meetings.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("fingerprint", sa.Text, primary_key=True),
)

# What searches find: see `search_index`.
search_entries = sa.Table(
    "search_entries",
    metadata,
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("meeting_id", sa.Text, nullable=False),
    sa.Column("sentence_id", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False),
    sa.Column("words", sa.Text, nullable=False),
    sa.ForeignKeyConstraint(
        ["meeting_id", "sentence_id"], ["sentences.meeting_id", "sentences.id"], ondelete="CASCADE"
    ),
    sa.UniqueConstraint("meeting_id", "sentence_id"),
)

# Deleted entries that the full-text index still has.
search_removed = sa.Table(
    "search_removed",
    metadata,
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("words", sa.Text, nullable=False),
)

# One row: whether the full-text index holds deleted words.
search_state = sa.Table(
    "search_state",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.CheckConstraint("id = 1", name="id"),
    sa.CheckConstraint("state IN ('clean', 'dirty', 'merging')", name="state"),
)

FULL_TEXT = (
    # Words are made by `search.py`: to FTS5 all that is no ASCII sign is part of one.
    "CREATE VIRTUAL TABLE search_index USING fts5(words, content='search_entries', content_rowid='place', "
    "tokenize='ascii', prefix='2 3')",
    # FTS5 cannot be written by a trigger while schemas are not trusted.
    "CREATE TRIGGER search_entries_deleted BEFORE DELETE ON search_entries BEGIN "
    "INSERT OR REPLACE INTO search_removed VALUES (old.place, old.words); END",
    "INSERT INTO search_state VALUES (1, 'clean')",
)
"""what SQLAlchemy has no words for"""


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether a table is one of those above, for comparisons: the full-text index makes some of its own."""
    return kind != "table" or not str(name).startswith("search_index")


def _make_full_text(_metadata: sa.MetaData, db: sa.Connection, **_options: object) -> None:
    for statement in FULL_TEXT:
        db.exec_driver_sql(statement)


sa.event.listen(metadata, "after_create", _make_full_text)
