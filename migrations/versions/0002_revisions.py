"""Revisions: a meeting may be transcribed again, by another model; what there is becomes the first."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "revisions",
        sa.Column("meeting_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("vocabulary", sa.JSON(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.CheckConstraint("number >= 2", name=op.f("ck_revisions_number")),
        sa.CheckConstraint("state IN ('running', 'done', 'failed')", name=op.f("ck_revisions_state")),
        sa.ForeignKeyConstraint(
            ["meeting_id"], ["meetings.id"], name=op.f("fk_revisions_meeting_id_meetings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meeting_id", "number", name=op.f("pk_revisions")),
    )
    with op.batch_alter_table("meetings") as batch:
        batch.add_column(sa.Column("model", sa.Text(), nullable=True))
        batch.add_column(sa.Column("last_revision", sa.Integer(), server_default="1", nullable=False))
    with op.batch_alter_table("sentences") as batch:
        batch.add_column(sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
        batch.create_index(op.f("ix_sentences_meeting_id_revision"), ["meeting_id", "revision"])
    with op.batch_alter_table("checkpoints", recreate="always") as batch:  # SQLite has no other way to a key
        batch.add_column(
            sa.Column("revision", sa.Integer(), server_default="1", autoincrement=False, nullable=False)
        )
        batch.drop_constraint("pk_checkpoints", type_="primary")
        batch.create_primary_key(op.f("pk_checkpoints"), ["stream_id", "revision"])


def downgrade() -> None:
    raise NotImplementedError("go back by restoring the copy that was made before the upgrade")
