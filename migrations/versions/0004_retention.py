"""Retention: how long audio and text are kept, when audio was removed, who was deleted of a live meeting."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("meetings") as batch:
        batch.add_column(sa.Column("audio_days", sa.Double(), nullable=True))
        batch.add_column(sa.Column("transcripts_days", sa.Double(), nullable=True))
        batch.add_column(sa.Column("kept_from", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("audio_removed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "wall_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leapt_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leapt_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_wall_clock_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall_clock")),
    )
    op.create_table(
        "gone",
        sa.Column("meeting_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_gone_meeting_id_meetings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "fingerprint", name=op.f("pk_gone")),
    )
    # Meetings from before there was a limit are kept as if they had ended now: nobody was told of it.
    meetings = sa.table("meetings", sa.column("state"), sa.column("kept_from", sa.DateTime(timezone=True)))
    now = datetime.now(UTC).replace(tzinfo=None)
    op.execute(meetings.update().where(meetings.c.state == "ended").values(kept_from=now))


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the copy that was made before the upgrade")
