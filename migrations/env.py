"""Alembic's entry: runs the versions over the connection it is given, or over the file named with -x."""

from pathlib import Path
from typing import Literal

from alembic import context
from sqlalchemy import Connection

from meeting_service.storage.columns import UtcDateTime
from meeting_service.storage.schema import is_ours, metadata


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Types of ours as what they are stored as: migrations never import the package."""
    is_ours = kind == "type" and isinstance(item, UtcDateTime)
    return "sa.DateTime(timezone=True)" if is_ours else False


def run(connection: Connection) -> None:
    # SQLite's DDL is transactional on connections that begin by themselves, as ours do.
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        transactional_ddl=True,
        render_item=render_item,
        include_name=is_ours,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_over_file() -> None:
    """For `alembic -x db=FILE revision --autogenerate`, when the schema is being changed."""
    from meeting_service.storage.sqlite import make_migrator

    engine = make_migrator(Path(context.get_x_argument(as_dictionary=True)["db"]))
    with engine.begin() as connection:
        run(connection)
    engine.dispose()


given = context.config.attributes.get("connection")
if given is None:
    run_over_file()
else:
    run(given)
