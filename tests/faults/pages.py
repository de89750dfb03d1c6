"""The pages of a database file, as far as one is to be found and damaged."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

PAGE_BYTES = 4_096
_INTERIOR = 5


def empty_first_leaf(path: Path, table: str) -> None:
    """Damage the page with the oldest rows of a table, whose log is empty.

    Raises:
        AssertionError: the table is so small that others' rows would be on that page, too.
    """
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db:
        [page] = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
    with path.open("r+b") as file:
        root = _read(file.fileno(), page)
        assert root[0] == _INTERIOR, f"{table} has one page only"
        cell = int.from_bytes(root[12:14], "big")
        leaf = int.from_bytes(root[cell : cell + 4], "big")
        file.seek((leaf - 1) * PAGE_BYTES)
        file.write(bytes(PAGE_BYTES))


def _read(handle: int, page: int) -> bytes:
    return os.pread(handle, PAGE_BYTES, (page - 1) * PAGE_BYTES)
