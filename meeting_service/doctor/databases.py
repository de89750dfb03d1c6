"""Whether the databases are as they were written: their pages, and the checksum of every piece of audio."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.doctor.finding import Finding, Level
from meeting_service.errors import StorageFailed
from meeting_service.ledger import LedgerReader
from meeting_service.settings import Settings
from meeting_service.write_ahead import find_damage

PATIENCE_S = 30.0
"""for each database; what is not checked by then is told as such"""
_OPCODES_A_LOOK = 10_000
_NAME = "databases"


class _TooLong(Exception):
    """There is more than can be checked in the time."""


def check_databases(settings: Settings, patience_s: float = PATIENCE_S) -> Finding:
    """Read both, beside a service that may be running; what is damaged is named."""
    folder = settings.data.directory
    damage: list[str] = []
    unchecked = 0
    for name, check in _CHECKS:
        if not (folder / name).exists():
            continue
        try:
            damage += [f"{name}: {found}" for found in check(folder / name, time.monotonic() + patience_s)]
        except _TooLong:
            unchecked += 1
        except (OSError, sqlite3.Error, StorageFailed) as error:
            damage.append(f"{name}: {error}")
    return _judge(damage, unchecked)


def _judge(damage: list[str], unchecked: int) -> Finding:
    if damage:
        advice = "restore a backup with meeting-service restore; what can still be read, export before"
        return Finding(_NAME, Level.PROBLEM, "; ".join(dict.fromkeys(damage)), advice)
    if unchecked:
        return Finding(_NAME, Level.OK, "not damaged, as far as could be read in the time")
    return Finding(_NAME, Level.OK, "not damaged")


def _check_pages(path: Path, until_s: float) -> list[str]:
    uri = f"{path.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as db:
        db.set_progress_handler(_is_past(until_s), _OPCODES_A_LOOK)
        try:
            found: list[str] = [row[0] for row in db.execute("PRAGMA integrity_check(3)")]
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise _TooLong from error
            raise
    return [line for line in found if line != "ok"]


def _check_audio(path: Path, until_s: float) -> list[str]:
    damaged: dict[int, int] = {}
    with closing(LedgerReader(path)) as reader:
        for stream_id, fine in reader.check_pieces():
            damaged[stream_id] = damaged.get(stream_id, 0) + (not fine)
            if time.monotonic() > until_s:
                raise _TooLong
    return [f"{count} damaged pieces in stream {stream_id}" for stream_id, count in damaged.items() if count]


def _check_log(path: Path, _until_s: float) -> list[str]:
    """Of a log that nobody writes meanwhile: else it may be read half before and half after."""
    log = path.with_name(f"{path.name}-wal")
    if not log.exists():
        return []
    before = log.stat().st_mtime_ns
    at = find_damage(log)
    return [f"its log is damaged at byte {at}"] if at is not None and log.stat().st_mtime_ns == before else []


_CHECKS = (
    (STORE_FILE, _check_log),
    (STORE_FILE, _check_pages),
    (LEDGER_FILE, _check_log),
    (LEDGER_FILE, _check_pages),
    (LEDGER_FILE, _check_audio),
)


def _is_past(until_s: float) -> Callable[[], bool]:
    return lambda: time.monotonic() > until_s
