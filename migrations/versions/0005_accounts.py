"""Accounts: what nobody can account for of a stream, once it was looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("checkpoints") as batch:
        batch.add_column(sa.Column("unaccounted_samples", sa.BigInteger(), nullable=True))
    # Of speech without text nobody wrote down which it is before 0003: there is nothing to look for.
    op.execute(
        "UPDATE checkpoints SET unaccounted_samples = 0 WHERE transcribed_samples < speech_samples "
        "AND stream_id IN (SELECT id FROM streams WHERE finished) AND NOT EXISTS ("
        "SELECT 1 FROM untranscribed u "
        "WHERE u.stream_id = checkpoints.stream_id AND u.revision = checkpoints.revision)"
    )


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the copy that was made before the upgrade")
