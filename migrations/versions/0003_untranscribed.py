"""Speech that has no text, for it could not be recognised: each stretch, and the event that told of it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "untranscribed",
        sa.Column("stream_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("start_sample", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end_sample", sa.BigInteger(), nullable=False),
        sa.Column("meeting_id", sa.Text(), nullable=False),
        sa.Column("participant_id", sa.Text(), nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.CheckConstraint("end_sample >= start_sample", name=op.f("ck_untranscribed_end_sample")),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meetings.id"],
            name=op.f("fk_untranscribed_meeting_id_meetings"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["stream_id"], ["streams.id"], name=op.f("fk_untranscribed_stream_id_streams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("stream_id", "revision", "start_sample", name=op.f("pk_untranscribed")),
    )
    op.create_index(op.f("ix_untranscribed_meeting_id_revision"), "untranscribed", ["meeting_id", "revision"])


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the copy that was made before the upgrade")
