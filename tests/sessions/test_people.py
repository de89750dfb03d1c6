"""Participants with figures of this moment."""

import pytest

from meeting_service.meeting import NewMeeting
from meeting_service.settings import Settings
from tests.sessions.conftest import talk
from tests.sessions.parts import DeafWorker, run_on


@pytest.mark.parametrize("samples", [1, 47, 48, 95, 144])
async def test_what_was_received_is_the_sum_of_its_parts(settings: Settings, samples: int) -> None:
    """Nobody has heard any of it yet; less than a ms makes none of the parts less than nothing."""
    async with run_on(settings, DeafWorker()) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], 48_000)
        await audio.append(talk(1, 1)[:samples], 0)
        (person,) = await sessions.list_participants("m")

    parts = (person.received_ms, person.waiting_ms, person.silent_ms, person.speech_ms)
    assert (samples // 48, samples // 48, 0, 0) == parts
