"""Copies of databases that another process is writing, all of one moment.

A copy is read through a connection that can neither write nor checkpoint, so the service's own remain the
only ones that do; and none of its commits waits. Its write-ahead log cannot begin anew meanwhile and grows by
what is written.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from meeting_service.backup.files import OnBytes, SteadySync
from meeting_service.errors import StorageFailed

PAGES_A_STEP = 256
BUSY_MS = 5_000


class Snapshot:
    """One database as it was when this was made. Belongs to the thread that made it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection = _open_to_read(path)
        # The moment that is kept is that of the first read.
        self._connection.execute("BEGIN")
        self.pages = self._pragma("page_count")
        self.page_bytes = self._pragma("page_size")

    @property
    def size_bytes(self) -> int:
        """What a copy takes."""
        return self.pages * self.page_bytes

    def copy(self, to: Path, on_bytes: OnBytes) -> None:
        """Write it to a new file, readable by its owner only.

        Raises:
            StorageFailed: what was copied is damaged.
            sqlite3.Error: it cannot be read or written.
        """
        to.touch(mode=0o600)
        told = 0

        def tell(_status: int, remaining: int, total: int) -> None:
            nonlocal told
            done = (total - remaining) * self.page_bytes
            on_bytes(done - told)
            steady.grown(done - told)
            told = done

        with closing(SteadySync(to)) as steady, closing(sqlite3.connect(to)) as target:
            target.execute("PRAGMA synchronous = OFF")
            self._connection.backup(target, pages=PAGES_A_STEP, progress=tell)
        check_integrity(to, named=self._path)

    def close(self) -> None:
        """Let go of the moment, so that the log can begin anew."""
        self._connection.close()

    def _pragma(self, name: str) -> int:
        return int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])


@contextmanager
def take_snapshots(paths: list[Path]) -> Iterator[list[Snapshot]]:
    """Snapshots in the order of `paths`, each of a moment no earlier than the one before."""
    with ExitStack() as stack:
        yield [stack.enter_context(closing(Snapshot(path))) for path in paths]


def check_integrity(path: Path, *, named: Path | None = None) -> None:
    """See whether a file that nobody else uses is a whole database.

    Raises:
        StorageFailed: it is not.
    """
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode = OFF")
        found = db.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if found != "ok":
        raise StorageFailed(f"the database {named or path} is damaged: {found}")


def _open_to_read(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
    return connection
