"""A deletion under a fault, and a search for its bytes in every file of the data folder.

Two meetings are held, whose audio, names, text, title, vocabulary, and what people changed by hand, can be
told from everything else. One of them, or one of its participants, is deleted; the other shows that the
search finds what is there.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from meeting_service.audio import Pcm
from meeting_service.client import MeetingClient
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.errors import MeetingServiceError
from meeting_service.failpoints import FAILPOINTS
from meeting_service.transcript import RevisionState
from tests.faults.checker import check_databases
from tests.faults.room import IMPATIENT, PCM_TYPE
from tests.faults.service import FaultService

RATE_HZ = 16_000
SECONDS = 10
PIECE = RATE_HZ // 4
SMALL = 400
SMALL_PIECES = 16
NOTES = 40
SIGN_SAMPLES = 24
SIGN_EVERY = 400
PATIENCE_S = 30.0
"""within which nothing is left, once nothing is in the way any more"""
LOOK_S = 0.05


class Doomed(StrEnum):
    """What is deleted."""

    LIVE_MEETING = "a live meeting"
    ENDED_MEETING = "an ended meeting"
    LIVE_PARTICIPANT = "a participant of a live meeting"
    ENDED_PARTICIPANT = "a participant of an ended meeting"

    @property
    def is_live(self) -> bool:
        """Whether audio is still coming."""
        return self in (Doomed.LIVE_MEETING, Doomed.LIVE_PARTICIPANT)

    @property
    def is_meeting(self) -> bool:
        """Whether it is all of the meeting."""
        return self in (Doomed.LIVE_MEETING, Doomed.ENDED_MEETING)


class Fault(StrEnum):
    """What happens meanwhile."""

    NONE = "nothing"
    READERS = "readers that hold both logs"
    AFTER_ROWS = "in_deletion"
    IN_SWEEP = "in_sweep"
    AFTER_SWEEP = "after_sweep"
    KILL = "SIGKILL at random"

    @property
    def failpoint(self) -> str | None:
        """Where the service dies, if it dies at a place."""
        return self.value if self in (Fault.AFTER_ROWS, Fault.IN_SWEEP, Fault.AFTER_SWEEP) else None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whose every trace can be told from everybody else's."""

    id: str
    name: str
    pcm: Pcm
    """`(samples,)` at 16 kHz"""
    sign: bytes
    """is in the audio, again and again"""


def make_person(key: str, seed: int) -> Person:
    """One who speaks with pauses."""
    noise = np.random.default_rng(seed)
    pcm = noise.integers(-9_000, 9_000, SECONDS * RATE_HZ, dtype=np.int16)
    sign = noise.integers(-9_000, 9_000, SIGN_SAMPLES, dtype=np.int16)
    for at in range(0, len(pcm) - SIGN_SAMPLES, SIGN_EVERY):
        pcm[at : at + SIGN_SAMPLES] = sign
    for second in range(2, SECONDS, 3):
        pcm[second * RATE_HZ : (second + 1) * RATE_HZ] = 0
    return Person(f"id-{key}-{seed}", f"Name {key} {seed}", pcm, sign.tobytes())


@dataclass(frozen=True, slots=True)
class Cast:
    """A meeting and who is in it."""

    meeting_id: str
    title: str
    term: str
    people: Sequence[Person]


def make_cast(key: str, seed: int) -> Cast:
    """Of two people."""
    people = [make_person(f"{key}-{who}", seed * 10 + number) for number, who in enumerate(("ann", "ben"))]
    return Cast(f"meeting-{key}-{seed}", f"Title {key} {seed}", f"Term {key} {seed}", people)


Marks = Mapping[str, bytes]
"""what to look for, by what it is"""


class Deletion:
    """One deletion under one fault. Owned by one event loop."""

    def __init__(self, folder: Path, doomed: Doomed, fault: Fault, seed: int) -> None:
        self._doomed = doomed
        self._fault = fault
        self._orders = folder / "failpoint"
        self._service = FaultService(folder, environment={FAILPOINTS: str(self._orders)})
        self._random = random.Random(seed)
        self._gone, self._kept = make_cast("gone", seed), make_cast("kept", 1_000 + seed)
        self._edited: dict[str, list[dict[str, bytes]]] = {}
        """what people wrote and what it was before, of each participant, then of the meeting"""
        self.seconds_left = 0.0
        """from the moment nothing was in the way until nothing was left"""

    async def run(self) -> list[str]:
        """What is wrong, a line each."""
        try:
            await self._service.start()
            async with MeetingClient(self._service.url, patience=IMPATIENT) as client:
                return await self._try(client)
        finally:
            await self._service.close()

    async def _try(self, client: MeetingClient) -> list[str]:
        await self._hold(client, self._kept, ended=True)
        await self._hold(client, self._gone, ended=not self._doomed.is_live)
        if not self._doomed.is_live:
            await self._transcribe_again(client)
        for cast in (self._gone, self._kept):
            self._edited[cast.meeting_id] = await edit(client, cast)
        if self._doomed.is_meeting:
            await scatter_notes(client, (self._gone, self._kept), self._random)
        gone, kept = await self._read_marks(client)
        leave_copy(self._service.data)
        before = search(self._service.data, {**gone, **kept})
        failures = [f"the search does not find {what}" for what in {**gone, **kept} if what not in before]
        await self._delete(client)
        failures += [f"{what} is left in {where}" for what, where in (await self._wait_gone(gone)).items()]
        after, log = search(self._service.data, kept), self._service.log
        failures += [f"{what} was not deleted and is gone" for what in kept if what not in after]
        failures += [f"{what} is in the log" for what, mark in gone.items() if is_in_log(mark, log)]
        await self._service.terminate()
        return [*failures, *check_databases(self._service.data)]

    async def _hold(self, client: MeetingClient, cast: Cast, *, ended: bool) -> None:
        await client.create_meeting(id=cast.meeting_id, title=cast.title, vocabulary=[cast.term])
        await self._begin_together(client, cast)
        for person in cast.people:
            stream = client.open_stream(cast.meeting_id, person.id, rate=RATE_HZ, name=person.name)
            for at in range(0, len(person.pcm), PIECE):
                await stream.write(person.pcm[at : at + PIECE])
            await stream.drain()
        if ended:
            await client.end(cast.meeting_id)
        while len(await _list_speakers(client, cast)) < len(cast.people):  # noqa: ASYNC110 as bots see it
            await asyncio.sleep(LOOK_S)

    async def _begin_together(self, client: MeetingClient, cast: Cast) -> None:
        """In pieces so small that those of several people share a page of the database."""
        for at in range(0, SMALL_PIECES * SMALL, SMALL):
            for person in cast.people:
                body = person.pcm[at : at + SMALL].tobytes()
                await client.post_audio(cast.meeting_id, person.id, body, PCM_TYPE)

    async def _transcribe_again(self, client: MeetingClient) -> None:
        meeting_id = self._gone.meeting_id
        number = (await client.retranscribe(meeting_id)).number
        while (await client.revision(meeting_id, number)).state is RevisionState.RUNNING:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)

    async def _read_marks(self, client: MeetingClient) -> tuple[Marks, Marks]:
        """Of what is to be deleted, and of what is to stay."""
        gone, rest = await self._marks_of(client, self._gone)
        kept, others = await self._marks_of(client, self._kept)
        kept = {f"{what} of the other meeting": mark for what, mark in {**kept, **others}.items()}
        return ({**gone, **rest}, kept) if self._doomed.is_meeting else (gone, {**kept, **rest})

    async def _marks_of(self, client: MeetingClient, cast: Cast) -> tuple[Marks, Marks]:
        """The first participant's, and all else of a meeting."""
        sentences = (await client.transcript(cast.meeting_id)).sentences
        marks: list[dict[str, bytes]] = []
        for person in cast.people:
            texts = [s.text for s in sentences if s.participant_id == person.id]
            marks.append(
                {f"{person.name}, id": person.id.encode(), f"{person.name}, name": person.name.encode()}
                | {f"{person.name}, audio": person.sign, f"{person.name}, text": max(texts, key=len).encode()}
            )
        *edited, noted = self._edited[cast.meeting_id]
        of_meeting = {"title": cast.title.encode(), "vocabulary": cast.term.encode()} | noted
        return marks[0] | edited[0], marks[1] | edited[1] | of_meeting

    async def _delete(self, client: MeetingClient) -> None:
        """Returns when nothing is in the way of it any more."""
        if self._fault is Fault.READERS:
            with hold_logs(self._service.data):
                await self._ask(client)
        elif self._fault is Fault.NONE:
            await self._ask(client)
        else:
            await self._delete_and_die(client)

    async def _delete_and_die(self, client: MeetingClient) -> None:
        if self._fault.failpoint:
            self._orders.write_text(f"{self._fault.failpoint} 1")
        asking = asyncio.create_task(self._ask(client), name="deletion")
        if self._fault is Fault.KILL:
            await asyncio.sleep(self._random.uniform(0.0, 0.08))
            await self._service.kill()
        await self._service.wait_ended()
        with suppress(MeetingServiceError):
            await asking
        await self._service.start()
        if self._fault is Fault.KILL:  # nobody knows whether it was heard
            with suppress(MeetingServiceError):
                await self._ask(client)

    async def _ask(self, client: MeetingClient) -> None:
        if self._doomed.is_meeting:
            await client.delete(self._gone.meeting_id)
        else:
            await client.delete_participant(self._gone.meeting_id, self._gone.people[0].id)

    async def _wait_gone(self, marks: Marks) -> Mapping[str, str]:
        """What is left, also in what pages of the databases do not use, when there was time enough."""
        begun_s = time.monotonic()
        while left := search(self._service.data, marks):
            if time.monotonic() - begun_s > PATIENCE_S:
                break
            await asyncio.sleep(LOOK_S)
        self.seconds_left = time.monotonic() - begun_s
        return left


async def edit(client: MeetingClient, cast: Cast) -> list[dict[str, bytes]]:
    """Correct something of everybody twice, give them names by hand, and note something twice.

    Returns:
        What was written and what was there before, of each participant; what was noted of the meeting.
    """
    meeting_id, marks = cast.meeting_id, []
    for person in cast.people:
        own = [s for s in (await client.transcript(meeting_id)).sentences if s.participant_id == person.id]
        sentence = max(own, key=lambda one: len(one.text))
        texts = [f"{which} correction {person.name}" for which in ("First", "Second")]
        for text in texts:
            await client.edits.correct_sentence(meeting_id, sentence.id, text, None)
        name = f"By hand {person.name}"
        await client.edits.rename_participant(meeting_id, person.id, name, None)
        written = {f"{person.name}, {text}": text.encode() for text in (*texts, name)}
        marks.append(written | {f"{person.name}, before it": sentence.text.encode()})
    bookmark = await client.edits.add_bookmark(meeting_id, 0, f"Former note {cast.title}")
    bookmark = await client.edits.change_bookmark(meeting_id, bookmark, note=f"Latest note {cast.title}")
    return [*marks, {"bookmark": bookmark.note.encode()}]


async def scatter_notes(client: MeetingClient, casts: Sequence[Cast], order: random.Random) -> None:
    """Notes of several meetings in one another's pages, which grow, so that SQLite moves them about."""
    noted = []
    for number in range(NOTES):
        for cast in casts:
            note = f"{cast.title} {number}"
            noted.append((cast, await client.edits.add_bookmark(cast.meeting_id, number, note)))
    order.shuffle(noted)
    for cast, bookmark in noted:
        note = f"{cast.title} {bookmark.id} " * order.randint(1, 40)
        await client.edits.change_bookmark(cast.meeting_id, bookmark, note=note)


async def _list_speakers(client: MeetingClient, cast: Cast) -> set[str]:
    return {sentence.participant_id for sentence in (await client.transcript(cast.meeting_id)).sentences}


def search(folder: Path, marks: Marks) -> dict[str, str]:
    """Which marks are in the bytes of any file, and in which file first."""
    found: dict[str, str] = {}
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        with suppress(FileNotFoundError):
            held = file.read_bytes()
            found = {what: file.name for what, mark in marks.items() if mark in held} | found
    return found


def is_in_log(mark: bytes, log: str) -> bool:
    """Whether a mark that is text is in a log; ids may be."""
    with suppress(UnicodeDecodeError):
        return not mark.startswith(b"id-") and mark.decode() in log
    return False


def leave_copy(data: Path) -> None:
    """A copy of the meetings as an upgrade leaves it."""
    copy = data / f"{STORE_FILE}.0001.bak"
    path = _readable(data / STORE_FILE)
    with closing(sqlite3.connect(path, uri=True)) as db, closing(sqlite3.connect(copy)) as to:
        db.backup(to)


@contextmanager
def hold_logs(data: Path, names: Iterable[str] = (STORE_FILE, LEDGER_FILE)) -> Iterator[None]:
    """Have what the logs hold now be needed by somebody who reads."""
    with ExitStack() as stack:
        for name in names:
            db = stack.enter_context(closing(sqlite3.connect(_readable(data / name), uri=True)))
            db.execute("BEGIN")
            db.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        yield


def _readable(path: Path) -> str:
    return f"{path.absolute().as_uri()}?mode=ro"
