"""The checker finds what it is there to find, and nothing where all is well."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from meeting_service.audio import AudioChunk
from meeting_service.clock import SystemClock
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.ledger import Ledger
from meeting_service.meeting import NewMeeting
from meeting_service.storage import Store
from tests.audio_service import noise
from tests.faults import checker
from tests.faults.history import History, Kind
from tests.faults.script import By, Take
from tests.storage.conftest import checkpoint_at, make_sentence

TAKE = Take("ann", 0, By.POSTS, 0.0, noise(1_000))
SENTENCE = {"id": "1-0-0", "text": "hello", "participant_id": "ann", "start_ms": 0, "end_ms": 900, "seq": 3}
SENTENCE |= {"confidence": 0.5, "words": []}


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """A folder with one stream, held as it was sent."""
    store = await Store.open(tmp_path / STORE_FILE, SystemClock())
    ledger = Ledger.open(tmp_path / LEDGER_FILE)
    await store.create_meeting(NewMeeting(id="m"))
    await store.put_participant("m", "ann", None)
    stream, _ = await store.open_stream("m", "ann", 16_000, 0)
    for start in (0, 400):
        await ledger.append([AudioChunk(stream.id, start, TAKE.pcm[start : start + 600])])
    await store.commit_final(stream, [make_sentence(0)], checkpoint_at(stream, 1), 1_000)
    await ledger.close()
    await store.close()
    return tmp_path


@pytest.fixture
async def history() -> History:
    """All that was sent was acknowledged."""
    history = History()
    history.note("ann", Kind.SENT, "ann", 0, 0, 1_000)
    history.note("ann", Kind.ACKNOWLEDGED, "ann", 0, end=1_000)
    return history


def change(file: Path, statement: str) -> None:
    """Do damage."""
    with closing(sqlite3.connect(file)) as db:
        db.execute(statement)
        db.commit()


def test_all_is_well(data: Path, history: History) -> None:
    """What was sent, acknowledged and held as it should be gives no line."""
    assert [] == [
        *checker.check_acknowledged(history),
        *checker.check_ledger(data, [TAKE], history),
        *checker.check_databases(data),
        *checker.check_deleted(data, ["other"]),
    ]
    assert 0 == checker.count_lost_samples(data, [TAKE], history)


@pytest.mark.parametrize(
    ("kind", "end", "found"),
    [(Kind.CONTINUES, 400, "lost: ann 0"), (Kind.ACKNOWLEDGED, 2_000, "phantom: ann 0")],
)
def test_acknowledgements_that_contradict(history: History, kind: Kind, end: int, found: str) -> None:
    """Less than was acknowledged before, or more than was ever sent."""
    history.note("ann", kind, "ann", 0, end=end)

    [failure] = checker.check_acknowledged(history)
    assert failure.startswith(found)


def test_what_was_taken_back_is_lost(data: Path, history: History) -> None:
    """Also if it was sent again afterwards."""
    history.note("ann", Kind.CONTINUES, "ann", 0, end=400)
    history.note("ann", Kind.ACKNOWLEDGED, "ann", 0, end=1_000)

    assert 600 == checker.count_lost_samples(data, [TAKE], history)


def test_acknowledged_and_not_held(data: Path, history: History) -> None:
    """Audio that was acknowledged and is not in the ledger is lost, and counted."""
    history.note("ann", Kind.ACKNOWLEDGED, "ann", 0, end=1_500)

    assert any(line.startswith("lost: ann 0") for line in checker.check_ledger(data, [TAKE], history))
    assert 500 == checker.count_lost_samples(data, [TAKE], history)


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE piece SET start = start - 1 WHERE start > 0", "duplicate: ann 0"),
        ("DELETE FROM piece WHERE start > 0", "its pieces end at"),
        ("UPDATE piece SET crc = crc + 1", "damaged"),
        ("UPDATE stream SET through = 5000", "phantom: ann 0"),
    ],
)
def test_a_ledger_that_is_wrong(data: Path, history: History, statement: str, found: str) -> None:
    """Audio held twice, not at all, damaged, or more than there was."""
    change(data / LEDGER_FILE, statement)

    assert any(found in line for line in checker.check_ledger(data, [TAKE], history))


def test_other_content(data: Path, history: History) -> None:
    """Samples are compared one by one."""
    other = Take("ann", 0, By.POSTS, 0.0, np.where(np.arange(1_000) == 700, 0, TAKE.pcm).astype(np.int16))

    assert ["ann 0 is held with other content than was sent"] == [
        *checker.check_ledger(data, [other], history)
    ]


def test_too_many_streams(data: Path, history: History) -> None:
    """A participant who came once has one stream."""
    columns = "meeting_id, participant_id, rate_hz, anchor_ms, ended, finished, received_samples"
    change(data / STORE_FILE, f"INSERT INTO streams ({columns}) SELECT {columns} FROM streams")

    assert "ann has 2 streams" in [*checker.check_ledger(data, [TAKE], history)]


def test_a_deleted_meeting_that_is_there(data: Path) -> None:
    """Its row, or audio that no stream of the store has."""
    change(data / LEDGER_FILE, "INSERT INTO doomed VALUES (7)")

    assert [
        "meeting m was deleted and is there",
        "the ledger holds stream 7, which belongs to no meeting",
    ] == [*checker.check_deleted(data, ["m"])]


def told(*sentences: tuple[int, dict[str, object]]) -> History:
    """A watcher who was told these as events of these numbers."""
    history = History()
    for seq, sentence in sentences:
        history.note("watcher", Kind.EVENT, end=seq, detail=f"sentence {json.dumps(sentence)}")
    return history


def watched(history: History) -> Iterator[str]:
    """Held against a transcript of one sentence."""
    return checker.check_watcher(history, "watcher", json.dumps({"sentences": [SENTENCE]}).encode())


async def test_what_watchers_should_not_see() -> None:
    """Sentences that are missing, told twice, out of order, changed, or in no transcript."""
    assert [] == [*watched(told((3, SENTENCE)))]
    assert ["watcher did not see sentence 1-0-0"] == [*watched(told())]
    assert "watcher saw sentence 1-0-0 2 times" in [*watched(told((3, SENTENCE), (4, SENTENCE)))]
    assert "watcher saw event 2 after 3" in [*watched(told((3, SENTENCE), (2, SENTENCE)))]
    assert [*watched(told((3, {**SENTENCE, "text": "bye"})))]
    assert [*watched(told((3, SENTENCE), (4, {**SENTENCE, "id": "other"})))]


async def test_told_and_not_stored(data: Path) -> None:
    """A sentence that a watcher was told and that the database lacks."""
    failures = checker.check_told_is_stored(data, told((3, SENTENCE)))

    assert ["watcher was told sentence 1-0-0 as event 3, which is not stored"] == [*failures]


def test_exports_that_differ() -> None:
    """Any byte counts but those that are said to differ; they may differ in JSON only."""
    first = {"json": b'"seq": 3, "ended_at": "2026-05-01", "text": "a"', "txt": b"a"}
    again = {"json": b'"seq": 4, "ended_at": "2026-05-02", "text": "a"', "txt": b"a"}

    assert [] == [*checker.check_exports(again, first)]
    assert [*checker.check_exports({**again, "txt": b"b"}, first)]
    assert [*checker.check_exports({"json": again["json"]}, first)]
    assert [*checker.check_exports({**again, "json": b'"text": "b"'}, first)]
