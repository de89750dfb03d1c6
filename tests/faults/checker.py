"""Reads what bots saw and what a stopped service holds, and says what is wrong, a line each."""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.errors import StorageFailed
from meeting_service.ledger import LedgerReader
from tests.faults.history import Entry, History, Kind
from tests.faults.script import Script, Take

Exports = Mapping[str, bytes]
"""a finished transcript's files by format"""

DIFFERS: Mapping[str, str] = {
    "ended_at": "when the meeting ended, by the clock",
    "seq": "the order in which sentences of different people became final",
}
"""what two runs of the same audio may differ in, and why; both are in `json` only"""
_DIFFERS = re.compile(rb'"ended_at": "[^"]*"|"seq": \d+')


def check_acknowledged(history: History) -> Iterator[str]:
    """Nobody who was told that audio is held was later told that less is, or that what nobody sent is."""
    held: Counter[tuple[str, int]] = Counter()
    sent: Counter[tuple[str, int]] = Counter()
    for entry in history.of(Kind.SENT, Kind.GAP, Kind.ACKNOWLEDGED, Kind.CONTINUES):
        stream = (entry.participant, entry.take)
        if entry.kind in (Kind.SENT, Kind.GAP):
            sent[stream] = max(sent[stream], entry.end)
            continue
        if entry.end < held[stream]:
            yield f"lost: {_name(entry)} was acknowledged to {held[stream]}, then continues at {entry.end}"
        if entry.end > sent[stream]:
            yield f"phantom: {_name(entry)} was sent to {sent[stream]} and is acknowledged to {entry.end}"
        held[stream] = max(held[stream], entry.end)


def check_ledger(data: Path, script: Script, history: History, meeting_id: str = "m") -> Iterator[str]:
    """Every acknowledged sample is held with the right content, once; nothing else is."""
    streams = _list_streams(data, meeting_id)
    for take in script:
        ids = streams.get(take.participant, [])
        if len(ids) != sum(t.participant == take.participant for t in script):
            yield f"{take.participant} has {len(ids)} streams"
        if take.number < len(ids):
            acknowledged = history.acknowledged(take.participant, take.number)
            yield from _check_stream(data, ids[take.number], take, acknowledged)


def count_lost_samples(data: Path, script: Script, history: History, meeting_id: str = "m") -> int:
    """Acknowledged samples that were not held later on, whether or not they were sent again."""
    streams = _list_streams(data, meeting_id)
    lost = _count_taken_back(history)
    for take in script:
        ids = streams.get(take.participant, [])
        held = _through(data, ids[take.number]) if take.number < len(ids) else 0
        lost += max(0, history.acknowledged(take.participant, take.number) - held)
    return lost


def check_databases(data: Path) -> Iterator[str]:
    """Both databases are whole."""
    for name in (LEDGER_FILE, STORE_FILE):
        with closing(sqlite3.connect(data / name)) as db:
            if (answer := db.execute("PRAGMA integrity_check").fetchall()) != [("ok",)]:
                yield f"{name}: integrity_check says {answer[:3]}"
            if broken := db.execute("PRAGMA foreign_key_check").fetchall():
                yield f"{name}: {len(broken)} rows refer to nothing"


def check_accounts(data: Path) -> Iterator[str]:
    """No second of any stream is unaccounted for, in any revision that was looked at."""
    with closing(sqlite3.connect(data / STORE_FILE)) as db:
        query = (
            "SELECT stream_id, revision, unaccounted_samples FROM checkpoints WHERE unaccounted_samples > 0"
        )
        for stream_id, revision, samples in db.execute(query):
            yield f"{samples} samples of stream {stream_id} are unaccounted for in revision {revision}"


def check_exports(exports: Exports, undisturbed: Exports) -> Iterator[str]:
    """Every file is the undisturbed run's, byte for byte, but for what `DIFFERS` lists."""
    differ: dict[str, str] = {}
    for name in sorted(undisturbed.keys() | exports.keys()):
        mine, theirs = (_without_differences(name, files.get(name, b"")) for files in (exports, undisturbed))
        if mine != theirs:
            differ[name] = _first_difference(mine, theirs)
    if differ:
        shown = "stm" if "stm" in differ else next(iter(differ))
        yield f"{', '.join(differ)} are not the undisturbed run's; {shown}: {differ[shown]}"


def check_watcher(history: History, who: str, transcript: bytes) -> Iterator[str]:
    """Who followed through everything saw every event once, in order, and every final sentence."""
    seen = [entry for entry in history.of(Kind.EVENT) if entry.who == who]
    for before, after in pairwise(seen):
        if after.end != before.end + 1:
            yield f"{who} saw event {after.end} after {before.end}"
    told = [_read_event(entry) for entry in seen if entry.detail.startswith("sentence ")]
    final = json.loads(transcript)["sentences"]
    for sentence_id, times in Counter(sentence["id"] for sentence in told).items():
        if times > 1:
            yield f"{who} saw sentence {sentence_id} {times} times"
    yield from _compare_sentences(who, told, final)


def check_told_is_stored(
    data: Path, history: History, *, after: int = 0, meeting_id: str = "m"
) -> Iterator[str]:
    """Whatever a watcher was told is in the database; asked while no service runs, of a copy.

    Args:
        data: with the copy.
        history: of which the entries from `after` on are looked at.
        after: how many have been looked at before.
        meeting_id: what was watched.
    """
    with closing(sqlite3.connect(data / STORE_FILE)) as db:
        rows = db.execute("SELECT id, seq, text FROM sentences WHERE meeting_id = ?", (meeting_id,))
        stored = {seq: (sentence_id, text) for sentence_id, seq, text in rows}
    for entry in history.entries[after:]:
        if entry.kind is Kind.EVENT and entry.detail.startswith("sentence "):
            told = _read_event(entry)
            if stored.get(entry.end) != (told["id"], told["text"]):
                yield f"{entry.who} was told sentence {told['id']} as event {entry.end}, which is not stored"


def check_deleted(data: Path, meeting_ids: Sequence[str]) -> Iterator[str]:
    """Nothing is left of deleted meetings, and the ledger holds no audio that belongs to nothing."""
    with closing(sqlite3.connect(data / STORE_FILE)) as db:
        for (meeting_id,) in db.execute("SELECT id FROM meetings"):
            if meeting_id in meeting_ids:
                yield f"meeting {meeting_id} was deleted and is there"
        known = {stream_id for (stream_id,) in db.execute("SELECT id FROM streams")}
    with closing(sqlite3.connect(data / LEDGER_FILE)) as db:
        query = "SELECT id FROM stream UNION SELECT stream FROM piece UNION SELECT stream FROM doomed"
        for (stream_id,) in db.execute(query):
            if stream_id not in known:
                yield f"the ledger holds stream {stream_id}, which belongs to no meeting"


def _count_taken_back(history: History) -> int:
    lost, held = 0, Counter[tuple[str, int]]()
    for entry in history.of(Kind.ACKNOWLEDGED, Kind.CONTINUES):
        lost += max(0, held[entry.participant, entry.take] - entry.end)
        held[entry.participant, entry.take] = entry.end
    return lost


def _list_streams(data: Path, meeting_id: str) -> dict[str, list[int]]:
    streams: dict[str, list[int]] = {}
    with closing(sqlite3.connect(data / STORE_FILE)) as db:
        query = "SELECT participant_id, id FROM streams WHERE meeting_id = ? ORDER BY id"
        for participant_id, stream_id in db.execute(query, (meeting_id,)):
            streams.setdefault(participant_id, []).append(stream_id)
    return streams


def _through(data: Path, stream_id: int) -> int:
    with closing(sqlite3.connect(data / LEDGER_FILE)) as db:
        row = db.execute("SELECT through FROM stream WHERE id = ?", (stream_id,)).fetchone()
    return int(row[0]) if row else 0


def _check_stream(data: Path, stream_id: int, take: Take, acknowledged: int) -> Iterator[str]:
    name, through = f"{take.participant} {take.number}", _through(data, stream_id)
    if through < acknowledged:
        yield f"lost: {name} was acknowledged to {acknowledged} and is held to {through}"
    if through > len(take.pcm):
        yield f"phantom: {name} has {len(take.pcm)} samples and is held to {through}"
    yield from _check_pieces(data, stream_id, name, through)
    with closing(LedgerReader(data / LEDGER_FILE)) as reader:
        try:
            held = reader.read(stream_id, 0, through)
        except StorageFailed as error:
            yield f"{name}: {error.detail}"
            return
    if not np.array_equal(held, take.pcm[:through]):
        yield f"{name} is held with other content than was sent"


def _check_pieces(data: Path, stream_id: int, name: str, through: int) -> Iterator[str]:
    at = 0
    with closing(sqlite3.connect(data / LEDGER_FILE)) as db:
        query = "SELECT start, length FROM piece WHERE stream = ? ORDER BY start"
        for start, length in db.execute(query, (stream_id,)):
            if start != at:
                yield f"{'duplicate' if start < at else 'hole'}: {name} at sample {min(start, at)}"
            at = start + length
    if at != through:
        yield f"{name} says that it is held to {through}, its pieces end at {at}"


def _compare_sentences(who: str, told: list[dict[str, Any]], final: list[dict[str, Any]]) -> Iterator[str]:
    keys = ("seq", "participant_id", "start_ms", "end_ms", "text", "confidence", "words")
    mine, theirs = ({s["id"]: [s[key] for key in keys] for s in sentences} for sentences in (told, final))
    for sentence_id in theirs.keys() - mine.keys():
        yield f"{who} did not see sentence {sentence_id}"
    for sentence_id in mine.keys() - theirs.keys():
        yield f"{who} saw sentence {sentence_id}, which is not in the transcript"
    for sentence_id in mine.keys() & theirs.keys():
        if mine[sentence_id] != theirs[sentence_id]:
            yield f"{who} saw sentence {sentence_id} otherwise than it is in the transcript"


def _without_differences(name: str, file: bytes) -> bytes:
    return _DIFFERS.sub(b"", file) if name.startswith("json") else file


def _first_difference(mine: bytes, theirs: bytes) -> str:
    both = zip(mine, theirs, strict=False)
    at = next((i for i, (a, b) in enumerate(both) if a != b), min(len(mine), len(theirs)))
    return f"{len(mine)} bytes for {len(theirs)}, {mine[at : at + 60]!r} for {theirs[at : at + 60]!r}"


def _read_event(entry: Entry) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(entry.detail.partition(" ")[2])
    return event


def _name(entry: Entry) -> str:
    return f"{entry.participant} {entry.take}"
