"""Edits of meetings that go on: recognition does not see them, and they do not see recognition."""

import asyncio

from meeting_service.errors import Outdated
from meeting_service.meeting import NewMeeting
from tests.sessions.conftest import RATE_HZ, RunService, talk


async def test_text_that_is_recognised_later_leaves_corrections_alone(run_service: RunService) -> None:
    """Also after a restart in between; what was corrected stays."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        sender = await sessions.open_input("m", ["ann"], RATE_HZ)
        await sender.append(talk(1, 2), 0)
        await sessions.end_participant("m", "ann")
        found = (await sessions.get_transcript("m")).sentences
        await sessions.editing.correct("m", found[0].id, "By hand.", 0)
    async with run_service() as sessions:
        sender = await sessions.open_input("m", ["ann"], RATE_HZ)
        await sender.append(talk(2, 2), 0)
        await sessions.end_meeting("m")
        said = (await sessions.get_transcript("m")).sentences

    assert ("By hand.", True) == (said[0].text, said[0].edited)
    assert len(said) > 1
    assert not any(sentence.edited for sentence in said[1:])


async def test_of_many_editors_at_once_one_wins(run_service: RunService) -> None:
    """All others are told so; the number of changes is that of the versions."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        mark, _ = await sessions.editing.add_bookmark("m", 0, "")
        changes = [sessions.editing.change_bookmark("m", mark.id, None, f"Note {n}", 1) for n in range(9)]
        outcomes = await asyncio.gather(*changes, return_exceptions=True)
        (kept,) = await sessions.editing.list_bookmarks("m")

    assert 8 == sum(isinstance(outcome, Outdated) for outcome in outcomes)
    assert [kept] == [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
    assert 2 == kept.version
