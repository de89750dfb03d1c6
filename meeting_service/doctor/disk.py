"""What keeps: SQLite, the data folder, room on the disk and its speed."""

import os
import shutil
import sqlite3
import statistics
import tempfile
import time

from meeting_service.doctor.finding import Finding, Level
from meeting_service.preflight import check_folder, existing_parent
from meeting_service.settings import Settings

MIN_FREE_BYTES = 1 << 30
GOOD_FREE_BYTES = 10 << 30
"""about thirty hours of one participant at 48 kHz"""
SLOW_SYNC_MS = 20.0
_SYNCS = 9


def check_sqlite(_settings: Settings) -> Finding:
    """SQLite's version."""
    return judge_sqlite(sqlite3.sqlite_version_info)


def judge_sqlite(version: tuple[int, int, int]) -> Finding:
    """Versions 3.7.0 to 3.51.2 can damage a write-ahead log that several connections write."""
    name = ".".join(map(str, version))
    if version < (3, 35):
        advice = "use a Python built with SQLite 3.35 or later"
        return Finding("sqlite", Level.PROBLEM, f"{name} is too old", advice)
    if version >= (3, 51, 3) or (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45):
        return Finding("sqlite", Level.OK, name)
    return Finding(
        "sqlite",
        Level.NOTICE,
        f"{name}; before 3.51.3 several writers can damage a database in WAL mode",
        "nothing, as the service writes with one connection; let no other program write to its databases",
    )


def check_data_folder(settings: Settings) -> Finding:
    """Whether the databases can be written."""
    folder = settings.data.directory
    check_folder(folder)
    found = f"{folder.absolute()}" if folder.exists() else f"{folder.absolute()} will be made at start"
    return Finding("data folder", Level.OK, found)


def check_space(settings: Settings) -> Finding:
    """How much audio still fits."""
    return judge_space(shutil.disk_usage(existing_parent(settings.data.directory)).free)


def judge_space(free_bytes: int) -> Finding:
    """Whether so much room is enough."""
    found = f"{free_bytes / (1 << 30):.1f} GiB free"
    if free_bytes >= GOOD_FREE_BYTES:
        return Finding("disk space", Level.OK, found)
    level = Level.NOTICE if free_bytes >= MIN_FREE_BYTES else Level.PROBLEM
    advice = "an hour of one participant at 48 kHz takes 0.3 GiB: make room, or choose another --data"
    return Finding("disk space", level, found, advice)


def check_sync(settings: Settings) -> Finding:
    """How long the disk takes to keep a small write; audio is acknowledged only after that."""
    with tempfile.TemporaryFile(dir=existing_parent(settings.data.directory)) as file:
        took_ms = [_sync_ms(file.fileno()) for _ in range(_SYNCS)]
    return judge_sync(statistics.median(took_ms))


def judge_sync(took_ms: float) -> Finding:
    """Whether a synced write is quick enough."""
    found = f"{took_ms:.1f} ms for a synced write"
    if took_ms <= SLOW_SYNC_MS:
        return Finding("disk sync", Level.OK, found)
    advice = "acknowledgements wait for it: a faster disk makes them sooner"
    return Finding("disk sync", Level.NOTICE, found, advice)


def _sync_ms(descriptor: int) -> float:
    os.write(descriptor, bytes(4096))
    begin = time.perf_counter()
    os.fsync(descriptor)
    return (time.perf_counter() - begin) * 1000
