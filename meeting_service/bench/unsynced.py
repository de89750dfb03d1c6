"""What the service would be without syncing: the other side of a comparison, never to be used for meetings.

Run as `python -m meeting_service.bench.unsynced serve …` it is `meeting-service`, but for its audio, which
the operating system writes when it likes.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any


class CountedConnection(sqlite3.Connection):
    """Counts what it commits."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.commits = 0

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        """Run a statement."""
        self.commits += sql == "COMMIT"
        return super().execute(sql, *arguments)


class UnsyncedConnection(CountedConnection):
    """Never syncs, whatever it is told."""

    def execute(self, sql: str, *arguments: Any) -> sqlite3.Cursor:
        """Run a statement."""
        asks_to_sync = sql.startswith("PRAGMA synchronous =")
        return super().execute("PRAGMA synchronous = OFF" if asks_to_sync else sql, *arguments)


@contextmanager
def connecting_with(kind: Callable[..., sqlite3.Connection]) -> Iterator[list[sqlite3.Connection]]:
    """Meanwhile every connection that this process opens is of a kind; yields those that were opened."""
    connect, opened = sqlite3.connect, list[sqlite3.Connection]()

    def make(*arguments: Any, **options: Any) -> sqlite3.Connection:
        opened.append(kind(*arguments, **options))
        return opened[-1]

    sqlite3.connect = partial(connect, factory=make)  # type: ignore[assignment]
    try:
        yield opened
    finally:
        sqlite3.connect = connect


def main() -> None:
    """The command line, on databases that do not sync."""
    from meeting_service.cli import main as run

    with connecting_with(UnsyncedConnection):
        run()


if __name__ == "__main__":
    main()
