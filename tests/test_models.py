"""Several models at once, on a real service: one hears live, another the kept audio again."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from meeting_service.audio import Pcm
from meeting_service.client import MeetingClient
from meeting_service.errors import Conflict, InvalidRequest, NotFound
from meeting_service.events import MeetingEvent, RevisionAdvanced, RevisionChanged, StoredEvent
from meeting_service.transcript import Revision, RevisionState, Sentence
from tests.cli.running import run_command
from tests.faults.service import FaultService, Recogniser
from tests.spoken import list_recordings

FORMATS = ("txt", "srt", "vtt", "json")
RATE_HZ = 16_000
START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def voices() -> dict[str, Pcm]:
    """Two participants, for half a minute or more."""
    longest = sorted((r.pcm for r in list_recordings()), key=len, reverse=True)[:2]
    return {"ann": longest[0], "ben": longest[1]}


def make_service(folder: Path, other: str) -> FaultService:
    """A service with the bundled model and another one."""
    return FaultService(folder, recogniser=Recogniser.BUNDLED, model={"name": "demo", "others": [other]})


async def hold_meeting(
    client: MeetingClient, voices: dict[str, Pcm], meeting_id: str = "m", model: str | None = None
) -> None:
    """A meeting that has ended, all of its text final."""
    await client.create_meeting(id=meeting_id, started_at=START, model=model)
    for name, pcm in voices.items():
        content_type = f"audio/pcm;rate={RATE_HZ};encoding=s16le"
        await client.post_audio(meeting_id, name, pcm.tobytes(), content_type, captured_at=START)
    await client.end(meeting_id)


async def wait_for_revision(client: MeetingClient, number: int) -> list[Revision]:
    """What a watcher is told of a revision, up to its end."""
    told: list[Revision] = []
    async for event in client.events("m", until_ended=False):
        if (revision := revision_of(event)) and revision.number == number:
            told.append(revision)
            if revision.state is not RevisionState.RUNNING:
                return told
    raise AssertionError("the meeting was deleted")


def revision_of(event: MeetingEvent) -> Revision | None:
    """The revision that an event tells of."""
    if isinstance(event, StoredEvent) and isinstance(event.event, RevisionChanged):
        return event.event.revision
    return event.revision if isinstance(event, RevisionAdvanced) else None


async def read(client: MeetingClient, meeting_id: str = "m", revision: int | None = None) -> list[Sentence]:
    """Sentences without their ids and numbers."""
    transcript = await client.transcript(meeting_id, revision=revision)
    return [replace(sentence, id="", seq=0) for sentence in transcript.sentences]


async def test_a_better_model_later(tmp_path: Path, loud: str, voices: dict[str, Pcm]) -> None:
    """Its text takes the place of what was heard live, and is what it would have heard; the former stays."""
    async with make_service(tmp_path, loud) as service, MeetingClient(service.url) as client:
        assert ["demo", loud] == await client.models()
        await hold_meeting(client, voices)
        former = [await client.export("m", name) for name in FORMATS]
        begun = await client.retranscribe("m", model=loud)
        told = await wait_for_revision(client, 2)
        await hold_meeting(client, voices, "heard-loud", model=loud)

        assert (2, loud, RevisionState.RUNNING) == (begun.number, begun.model, begun.state)
        assert (RevisionState.DONE, 1.0) == (told[-1].state, told[-1].progress)
        assert await read(client) == await read(client, "heard-loud")
        assert all(sentence.text.isupper() for sentence in await read(client))
        assert former == [await client.export("m", name, revision=1) for name in FORMATS]
        assert former[0].upper() == (await client.export("m", "txt")).upper()
    exported = await asyncio.to_thread(
        run_command, *("export", "m", "--format=txt", "--revision=1", f"--data={service.data}"), cwd=tmp_path
    )
    assert former[0] == exported.stdout


async def test_killed_in_the_middle(tmp_path: Path, loud: str, voices: dict[str, Pcm]) -> None:
    """After SIGKILL and a restart it goes on by itself and ends with the text of an undisturbed one."""
    async with make_service(tmp_path, loud) as service:
        async with MeetingClient(service.url) as client:
            await hold_meeting(client, voices)
            await client.retranscribe("m", model=loud)
            await wait_for_revision(client, 2)
            undisturbed = await read(client)
            await client.retranscribe("m", model=loud)
            async for event in client.events("m", until_ended=False):
                told = revision_of(event)
                if told and told.number == 3 and told.progress > 0:
                    break
        await service.kill()
        await service.start()
        async with MeetingClient(service.url) as client:
            interrupted = (await wait_for_revision(client, 3))[0]

            assert (RevisionState.RUNNING, 0.0) == (interrupted.state, interrupted.progress)
            assert undisturbed
            assert undisturbed == await read(client, revision=3)


async def test_words_to_favour_and_what_is_refused(tmp_path: Path, loud: str, voices: dict[str, Pcm]) -> None:
    """Every refusal says why; a revision that was not liked is deleted, and the one before is back."""
    short = {"ann": voices["ann"][: 20 * RATE_HZ]}
    async with make_service(tmp_path, loud) as service, MeetingClient(service.url) as client:
        with pytest.raises(InvalidRequest, match="'huge' is not loaded here; loaded: demo, "):
            await client.create_meeting(model="huge")
        await client.create_meeting(id="live")
        with pytest.raises(Conflict, match="meeting live is live"):
            await client.retranscribe("live")
        await hold_meeting(client, short)
        former = await client.transcript("m")
        await client.retranscribe("m", vocabulary=["Zürich"])
        await wait_for_revision(client, 2)
        newest, first = await client.revisions("m")
        with pytest.raises(NotFound, match="no revision 3"):
            await client.transcript("m", revision=3)
        await client.delete_revision("m", 2)

        assert ("Zürich",) == newest.vocabulary
        assert (1, "demo", ()) == (first.number, first.model, first.vocabulary)
        assert former == await client.transcript("m")
        with pytest.raises(Conflict, match="the first revision"):
            await client.delete_revision("m", 1)
