"""Bring a database file to the form this version knows."""

import sqlite3
import threading
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from meeting_service.errors import CannotStart
from meeting_service.failpoints import reach
from meeting_service.resources import resource_path
from meeting_service.storage import sqlite

# Alembic's scripts speak to the one context of the process.
_one_at_a_time = threading.Lock()


def migrate(path: Path) -> tuple[str | None, str]:
    """Upgrade a database nobody else uses, made if it is not there. Blocks.

    Returns:
        The revision it was at (None: it is new) and the one it is at now.

    Raises:
        CannotStart: it cannot be written, another process uses it, or a newer version made it.
    """
    with sqlite.lock_for_writing(path):
        return upgrade(path)


def upgrade(path: Path) -> tuple[str | None, str]:
    """The same for a database that is locked already. A copy is kept of one that changes."""
    try:
        with _one_at_a_time:
            return _upgrade(path)
    except (OSError, sqlite3.Error, SQLAlchemyError, CommandError) as error:
        told = f"the database {path} cannot be used: {sqlite.reason(error)}"
        advice = ": meeting-service doctor says more; restore a backup" if sqlite.is_damage(error) else ""
        raise CannotStart(told + advice) from error


def check_revision(db: sa.Connection) -> None:
    """Refuse a database of another revision than this version works with.

    Raises:
        CannotStart: says what to do about it.
    """
    current, head = _revision(db), _scripts().get_current_head()
    if current != head:
        _check_known(current)
        raise CannotStart(f"the database is at revision {current}, not {head}: run meeting-service migrate")


def is_known(revision: str) -> bool:
    """Whether this version can bring a database of that revision up to date."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def _upgrade(path: Path) -> tuple[str | None, str]:
    head = str(_scripts().get_current_head())
    engine = sqlite.make_migrator(path)
    try:
        with engine.begin() as db:  # takes the write lock: a file that cannot be written shows here
            current = _revision(db)
        _check_known(current)
        sqlite.keep_private(path)
        reach("before_migration")
        if current not in (None, head):
            sqlite.copy_database(path, path.with_name(f"{path.name}.{current}.bak"))
        sa.event.listen(engine, "before_cursor_execute", lambda *_: reach("in_migration"))
        with engine.begin() as db:
            _run_scripts(db)
            if current not in (None, head):
                sqlite.mark_for_renewal(db)  # former versions left in its pages what was deleted
            reach("before_migration_commit")
    finally:
        engine.dispose()
    return current, head


def _run_scripts(db: sa.Connection) -> None:
    config = _config()
    config.attributes["connection"] = db
    command.upgrade(config, "head")
    if sqlite.has_broken_references(db):
        raise CannotStart("the database holds rows that belong to nothing, so it is left as it was")


def _revision(db: sa.Connection) -> str | None:
    revision = MigrationContext.configure(db).get_current_revision()
    if revision is None and sa.inspect(db).get_table_names():
        raise CannotStart("the database file holds something else: move it away, or choose --data")
    return revision


def _check_known(revision: str | None) -> None:
    if revision is not None and not is_known(revision):
        raise CannotStart(
            f"the database was made by a newer version of meeting-service (revision {revision}): "
            "install that version, or choose another folder with --data"
        )


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(resource_path("migrations")).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
