"""Edits: corrected sentences with what they were, names given by hand, people merged, moments marked."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Columns are added as they are: rebuilding a table of hours of text would take its time.
    op.add_column("participants", sa.Column("told_name", sa.Text(), nullable=True))
    op.add_column("participants", sa.Column("version", sa.Integer(), server_default="0", nullable=False))
    op.add_column("participants", sa.Column("merged_into", sa.Text(), nullable=True))
    op.execute("UPDATE participants SET told_name = name")
    op.add_column("sentences", sa.Column("edited", sa.Boolean(), server_default="0", nullable=False))
    op.add_column("sentences", sa.Column("version", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "corrections",
        sa.Column("meeting_id", sa.Text(), nullable=False),
        sa.Column("sentence_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.JSON(), nullable=True),
        sa.Column("undoes_to", sa.Integer(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.CheckConstraint("version >= 0", name=op.f("ck_corrections_version")),
        sa.ForeignKeyConstraint(
            ["meeting_id", "sentence_id"],
            ["sentences.meeting_id", "sentences.id"],
            name=op.f("fk_corrections_meeting_id_sentence_id_sentences"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meeting_id", "sentence_id", "version", name=op.f("pk_corrections")),
    )
    op.create_table(
        "bookmarks",
        sa.Column("meeting_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("at_ms >= 0", name=op.f("ck_bookmarks_at_ms")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_bookmarks_meeting_id_meetings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "id", name=op.f("pk_bookmarks")),
    )


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the copy that was made before the upgrade")
