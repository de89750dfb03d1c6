"""Repeats: the stream that one may be again, so that a restart in between makes no second copy."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("streams") as batch:
        batch.add_column(sa.Column("repeats", sa.Integer(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the copy that was made before the upgrade")
