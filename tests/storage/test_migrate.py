"""Migrations: the tables they make, the databases they refuse, the copies they keep."""

import asyncio
import logging
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from meeting_service.accounting import Fault, Inventory, audit
from meeting_service.errors import CannotStart
from meeting_service.meeting import MeetingState, NewMeeting
from meeting_service.resources import resource_path
from meeting_service.storage import Store, migrate
from meeting_service.storage.schema import is_ours, metadata
from meeting_service.storage.sqlite import make_migrator
from tests.storage.conftest import FakeClock, checkpoint_at, make_sentence

HEAD = "0010"
FORMER = Path(__file__).parent / "former"
"""databases that former versions made, as SQL"""


def dump(path: Path) -> list[str]:
    """The statements that make the database again."""
    with closing(sqlite3.connect(path)) as db:
        return list(db.iterdump())


def list_parts(statement: str) -> list[str]:
    """A statement that makes a table or an index, with its columns and constraints in no order."""
    head, _, body = statement.partition("(")
    depth, parts = 0, [""]
    for letter in body.rstrip().removesuffix(")"):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [" ".join(head.replace('"', "").split()), *sorted(" ".join(part.split()) for part in parts)]


def make_former(path: Path, revision: str) -> None:
    """The database of a former version, with meetings in it."""
    path.parent.mkdir(parents=True)
    with closing(sqlite3.connect(path)) as db:
        db.executescript((FORMER / f"{revision}.sql").read_text(encoding="utf-8"))


def set_revision(path: Path, revision: str) -> None:
    """Pretend that the database is of that revision."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("UPDATE alembic_version SET version_num = ?", (revision,))
        db.commit()


def test_new_database(path: Path) -> None:
    """A file that is not there is made, with its folder, and a second run has nothing to do."""
    assert migrate(path) == (None, HEAD)
    assert migrate(path) == (HEAD, HEAD)
    assert [] == list(path.parent.glob("*.bak"))


def test_models_equal_the_migrated_schema(path: Path) -> None:
    """Columns, types, keys, indexes: what the code believes is what migrations make."""
    migrate(path)
    engine = make_migrator(path)

    with engine.connect() as db:
        context = MigrationContext.configure(db, opts={"compare_type": True, "include_name": is_ours})
        differences = compare_metadata(context, metadata)
    engine.dispose()

    assert [] == differences


def test_constraints_equal_the_migrated_schema(path: Path, tmp_path: Path) -> None:
    """Checks and cascades too, which the comparison of columns does not see."""
    migrate(path)
    engine = make_migrator(tmp_path / "fresh.db")
    metadata.create_all(engine)
    engine.dispose()

    def tables(file: Path) -> dict[str, list[str]]:
        with closing(sqlite3.connect(file)) as db:
            rows = db.execute(
                "SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL AND name NOT LIKE 'alembic%'"
            )
            return {name: list_parts(sql) for name, sql in rows}

    assert tables(tmp_path / "fresh.db") == tables(path)


def test_migrations_stand_alone() -> None:
    """A migration never imports the tables of today, which are not those of its day."""
    for script in (resource_path("migrations") / "versions").glob("*.py"):
        assert "meeting_service" not in script.read_text(encoding="utf-8")


def test_migrating_is_silent(
    path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing is printed and no logging is set up: that is the caller's."""
    handlers = list(logging.getLogger().handlers)

    migrate(path)

    assert ("", "") == tuple(capfd.readouterr())
    assert handlers == logging.getLogger().handlers
    assert logging.getLogger("alembic").level == logging.NOTSET


def test_newer_database_is_refused(path: Path) -> None:
    """A database that this version does not know is left alone, and the line says what to do."""
    migrate(path)
    set_revision(path, "9999")
    before = dump(path)

    with pytest.raises(CannotStart, match=r"newer version .*9999.*--data"):
        migrate(path)

    assert before == dump(path)


def test_foreign_database_is_refused(tmp_path: Path) -> None:
    """Tables of somebody else are not built upon."""
    with closing(sqlite3.connect(tmp_path / "meetings.db")) as db:
        db.execute("CREATE TABLE cats (name)")

    with pytest.raises(CannotStart, match="something else"):
        migrate(tmp_path / "meetings.db")


def test_file_that_is_no_database(tmp_path: Path) -> None:
    """A text file of that name is refused in one line, and not touched."""
    (tmp_path / "meetings.db").write_text("hello " * 1000)

    with pytest.raises(CannotStart, match="not a database"):
        migrate(tmp_path / "meetings.db")

    assert (tmp_path / "meetings.db").read_text() == "hello " * 1000


def test_folder_that_cannot_be_made(tmp_path: Path) -> None:
    """A file where the folder should be, or a folder where the file should be, is said in one line."""
    (tmp_path / "file").touch()
    (tmp_path / "data" / "meetings.db").mkdir(parents=True)

    with pytest.raises(CannotStart, match="cannot be written"):
        migrate(tmp_path / "file" / "meetings.db")
    with pytest.raises(CannotStart, match="cannot be used"):
        migrate(tmp_path / "data" / "meetings.db")


def test_folder_that_cannot_be_written() -> None:
    """A folder that nobody may write in, not even root."""
    with pytest.raises(CannotStart, match="cannot be written"):
        migrate(Path("/proc/meetings/meetings.db" if sys.platform == "linux" else "/dev/meetings.db"))


LATER = """
import sqlalchemy as sa
from alembic import op

revision = "later"
down_revision = {head!r}


def upgrade():
    with op.batch_alter_table("meetings", recreate="always") as batch:
        batch.add_column(sa.Column("mood", sa.Text))
    op.execute({statement!r})
"""


def migrate_with_later_version(folder: Path, path: Path, statement: str) -> str:
    """Run a copy of the service that has one more migration; what it printed."""
    shutil.copytree(resource_path("migrations"), folder / "migrations")
    package = Path(sys.modules["meeting_service"].__path__[0])
    shutil.copytree(package, folder / "meeting_service", ignore=shutil.ignore_patterns("demo", "migrations"))
    script = LATER.format(head=HEAD, statement=statement)
    (folder / "migrations" / "versions" / "later.py").write_text(script, encoding="utf-8")
    code = f"""
from pathlib import Path
from meeting_service.errors import CannotStart
from meeting_service.storage import migrate
try:
    print(migrate(Path({str(path)!r})))
except CannotStart as error:
    print(error)
"""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


async def fill(path: Path, clock: FakeClock) -> list[str]:
    """A database with a meeting in it, as text."""
    store = await Store.open(path, clock)
    meeting, _ = await store.create_meeting(NewMeeting(id="m"))
    await store.put_participant(meeting.id, "ann", None)
    stream, _ = await store.open_stream(meeting.id, "ann", 16_000, 0)
    await store.commit_final(stream, [make_sentence(1)], checkpoint_at(stream, 1), 0)
    await store.close()
    return dump(path)


async def test_upgrade_keeps_everything_and_a_copy(path: Path, clock: FakeClock, tmp_path: Path) -> None:
    """Rebuilding a table that others refer to loses none of them; the former file lies beside."""
    before = await fill(path, clock)

    printed = await asyncio.to_thread(migrate_with_later_version, tmp_path, path, "SELECT 1")

    assert printed == f"('{HEAD}', 'later')\n"
    assert before == dump(path.with_name(f"meetings.db.{HEAD}.bak"))
    now = "\n".join(dump(path))
    assert "mood" in now
    assert all(line in now for line in before if line.startswith("INSERT") and '"sentences"' in line)


async def test_database_of_before_revisions(path: Path, clock: FakeClock) -> None:
    """What was written by 0001 reads as before, is the first revision, and can be transcribed again."""
    make_former(path, "0001")
    before = dump(path)

    store = await Store.open(path, clock)
    transcript = await store.get_transcript("ended")
    live = await store.list_unfinished_streams()
    revisions = await store.list_revisions("ended")
    events = await store.list_events("ended", 0)
    again, _ = await store.create_revision("ended", "demo", (), 20)
    await store.close()

    assert ["Grüezi mitenand.", "Are we ready?"] == [s.text for s in transcript.sentences]
    assert [(2_000, 1_875, 1_875), (3_000, 1_500, 1_250)] == [
        (p.received_ms, p.speech_ms, p.transcribed_ms) for p in transcript.participants
    ]
    assert [(3, 16_000, 14_400)] == [(s.id, c.resume, c.speech_samples) for s, c in live]
    assert [(1, None, ("Zürich",), 1.0)] == [(r.number, r.model, r.vocabulary, r.progress) for r in revisions]
    assert 12 == len(events)
    assert 2 == again.number
    assert before == dump(path.with_name("meetings.db.0001.bak"))


async def test_database_of_before_untranscribed(path: Path, clock: FakeClock) -> None:
    """What was written by 0002 reads as before: speech without text is in the figures, and nowhere else."""
    make_former(path, "0002")
    before = dump(path)

    store = await Store.open(path, clock)
    transcript = await store.get_transcript("ended")
    await store.close()

    assert ["Grüezi Zürich."] == [s.text for s in transcript.sentences]
    assert ([], [0, 250]) == (
        transcript.not_transcribed,
        [person.not_transcribed_ms for person in transcript.participants],
    )
    assert before == dump(path.with_name("meetings.db.0002.bak"))


async def test_database_of_before_retention(path: Path, clock: FakeClock) -> None:
    """What was written by 0003 is kept as if it had ended with the upgrade, and its audio is still kept."""
    make_former(path, "0003")
    before, begun = dump(path), datetime.now(UTC)

    store = await Store.open(path, clock)
    ended = await store.get_meeting("ended")
    states = {m.state for m in (await store.list_meetings()).meetings if m.kept_from is not None}
    await store.close()

    assert ended.kept_from is not None
    assert timedelta() <= ended.kept_from - begun < timedelta(minutes=10)
    assert (None, None, None) == (ended.audio_days, ended.transcripts_days, ended.audio_removed_at)
    assert {MeetingState.ENDED} == states
    assert before == dump(path.with_name("meetings.db.0003.bak"))


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
async def test_database_of_before_accounts(path: Path, clock: FakeClock, revision: str) -> None:
    """Finished speech without text, of which nobody wrote down which it is, counts as looked at."""
    make_former(path, revision)

    store = await Store.open(path, clock)
    records = await store.list_records("ended", 1)
    await store.close()

    short = [r.checkpoint.transcribed_samples < r.checkpoint.speech_samples for r in records]
    assert [False, True] == short
    assert [None, 0] == [record.unaccounted_samples for record in records]


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
async def test_account_of_what_was_spoken_before_it_was_marked(
    path: Path, clock: FakeClock, revision: str
) -> None:
    """Speech without text from before 0003 was given up, which no account takes for an error."""
    make_former(path, revision)

    store = await Store.open(path, clock)
    records = await store.list_records("ended", 1)
    accounts = [audit(record, Inventory(record.received_samples)) for record in records]
    await store.close()

    assert [(30_000, 30_000, 0), (24_000, 20_000, 4_000)] == [
        (account.speech, account.transcribed, account.not_transcribed) for account in accounts
    ]
    assert [[], []] == [
        [finding.fault for finding in account.findings if finding.fault is Fault.SPEECH]
        for account in accounts
    ]


@pytest.mark.parametrize("revision", ["0001", "0003"])
async def test_live_meeting_of_before_its_time_was_kept(path: Path, clock: FakeClock, revision: str) -> None:
    """It counts as active when it was upgraded; one that has ended has no time to keep."""
    make_former(path, revision)
    begun = datetime.now(UTC)

    store = await Store.open(path, clock)
    live, kept = await store.get_meeting("live"), await store.find_clock("live")
    ended = await store.find_clock("ended")
    await store.close()

    assert kept is not None
    active_at = live.started_at + timedelta(milliseconds=kept.active_ms)
    assert timedelta() <= active_at - begun + timedelta(milliseconds=1) < timedelta(minutes=10)
    assert (False, 0, 0, None) == (kept.start_told, kept.difference_ms, kept.ahead_ms, ended)


async def test_database_of_before_edits(path: Path, clock: FakeClock) -> None:
    """What was written by 0006 is as it was recognised and named; it can be edited."""
    make_former(path, "0006")
    before = dump(path)

    store = await Store.open(path, clock)
    first, second = (await store.get_transcript("ended")).sentences
    corrected, _ = await store.edits.correct_sentence("ended", second.id, "Are we ready?", 0)
    named, _ = await store.edits.rename_participant("ended", "ben", "Benedikt", 0)
    again, nothing, _ = await store.put_participant("ended", "ben", "Ben")
    transcript = await store.get_transcript("ended")
    await store.close()

    assert [("Grüezi mitenand.", False, 0), ("Are you ready?", False, 0)] == [
        (s.text, s.edited, s.version) for s in (first, second)
    ]
    assert [first, corrected] == transcript.sentences
    assert ("Benedikt", "Benedikt", None) == (named.name, again.name, nothing)
    assert before == dump(path.with_name("meetings.db.0006.bak"))


async def test_failed_upgrade_changes_nothing(path: Path, clock: FakeClock, tmp_path: Path) -> None:
    """A migration that fails half-way leaves the database as it was, with one line to read."""
    before = await fill(path, clock)

    printed = await asyncio.to_thread(migrate_with_later_version, tmp_path, path, "SELECT nonsense")

    assert printed == f"the database {path} cannot be used: no such column: nonsense\n"
    assert before == dump(path)
    assert migrate(path) == (HEAD, HEAD)


def test_a_new_database_is_its_owners_alone(path: Path) -> None:
    """What people said is for nobody else on the machine to read."""
    migrate(path)

    assert 0o600 == stat.S_IMODE(path.stat().st_mode)


def test_a_former_database_becomes_its_owners_alone(path: Path) -> None:
    """With the copy of it, and those that lie beside it already."""
    make_former(path, "0003")
    copies = [path.with_name(f"meetings.db.{revision}.bak") for revision in ("0001", "0003")]
    copies[0].touch()
    for file in (path, copies[0]):
        file.chmod(0o644)
    migrate(path)

    assert {0o600} == {stat.S_IMODE(file.stat().st_mode) for file in (path, *copies)}
