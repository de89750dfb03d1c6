"""The time of live meetings, for a restart in between; and speech without text from before it was marked."""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_clocks()
    _count_unmarked()


def _add_clocks() -> None:
    """Nobody wrote down who said when a meeting starts, nor when something came last: that counts as now."""
    clocks = op.create_table(
        "meeting_clocks",
        sa.Column("meeting_id", sa.Text(), nullable=False),
        sa.Column("active_ms", sa.BigInteger(), nullable=False),
        sa.Column("start_told", sa.Boolean(), nullable=False),
        sa.Column("difference_ms", sa.BigInteger(), nullable=False),
        sa.Column("ahead_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["meeting_id"],
            ["meetings.id"],
            name=op.f("fk_meeting_clocks_meeting_id_meetings"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("meeting_id", name=op.f("pk_meeting_clocks")),
    )
    meetings = sa.table(
        "meetings", sa.column("id"), sa.column("state"), sa.column("started_at", sa.DateTime(timezone=True))
    )
    now = datetime.now(UTC).replace(tzinfo=None)
    nothing = {"start_told": False, "difference_ms": 0, "ahead_ms": 0}
    live = op.get_bind().execute(sa.select(meetings).where(meetings.c.state != "ended")).all()
    for meeting in live:
        active_ms = (now - meeting.started_at) // timedelta(milliseconds=1)
        op.execute(clocks.insert().values(meeting_id=meeting.id, active_ms=active_ms, **nothing))


def _count_unmarked() -> None:
    """Speech of before 0003 that has no text: 0005 took it as looked at, or its stream is open still."""
    with op.batch_alter_table("checkpoints") as batch:
        batch.add_column(sa.Column("unmarked_samples", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE checkpoints SET unmarked_samples = max(0, speech_samples - transcribed_samples - "
        "coalesce((SELECT sum(u.end_sample - u.start_sample) FROM untranscribed u "
        "WHERE u.stream_id = checkpoints.stream_id AND u.revision = checkpoints.revision "
        "AND u.start_sample < checkpoints.resume), 0)) "
        "WHERE unaccounted_samples = 0 OR stream_id IN (SELECT id FROM streams WHERE NOT finished)"
    )


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the copy that was made before the upgrade")
