"""One sender's way in: what it began is done, it stays with its stream, and what is held is what it sent."""

import asyncio

import numpy as np
import pytest

from meeting_service.errors import AudioDiffers, AudioHole, NotFound, ParticipantGone, StreamEnded
from meeting_service.meeting import MeetingState, NewMeeting
from meeting_service.settings import Settings
from meeting_service.worker.messages import AudioArrived, FinishStream
from tests.sessions.conftest import RATE_HZ, RunService, talk
from tests.sessions.parts import DeafWorker, run_held, run_on

TALK = talk(1, 4)


async def test_a_piece_whose_sender_left_is_told_to_the_worker(settings: Settings) -> None:
    """It is durable, so it is recognised, and the end of the stream comes after it."""
    worker = DeafWorker()
    async with run_held(settings, worker) as (sessions, ledger):
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        ledger.hold()
        sender = asyncio.create_task(audio.append(TALK, 0))
        await ledger.asked.wait()
        sender.cancel()
        end = asyncio.create_task(sessions.end_participant("m", "ann", wait=False))
        await asyncio.wait({sender})
        ledger.free.set()
        await end
        (stream,) = await sessions.store.list_streams("m")

    assert sender.cancelled()
    told = [command for command in worker.told if isinstance(command, AudioArrived | FinishStream)]
    assert [AudioArrived(stream.id, len(TALK)), FinishStream(stream.id, len(TALK))] == told


async def test_a_gap_whose_sender_left_is_shown(settings: Settings) -> None:
    """Both where it is kept and where it is shown."""
    async with run_on(settings, DeafWorker()) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(TALK, 0)
        sender = asyncio.create_task(audio.declare_gap(len(TALK), len(TALK) + RATE_HZ))
        await asyncio.sleep(0)
        sender.cancel()
        await asyncio.wait({sender})
        await sessions.end_participant("m", "ann", wait=False)

        assert sender.cancelled()
        assert 5 * RATE_HZ == audio.through
        assert 1 == len(await sessions.list_gaps("m"))


async def test_a_sender_stays_with_its_stream(run_service: RunService) -> None:
    """What it sends after the participant was ended goes to nobody who came back in between."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        old = await sessions.open_input("m", ["ann"], RATE_HZ)
        await old.append(TALK[:RATE_HZ], 0)
        await sessions.end_participant("m", "ann")
        new = await sessions.open_input("m", ["ann"], RATE_HZ)
        await new.append(talk(2, 4), 0)

        with pytest.raises(StreamEnded):
            await old.append(TALK[RATE_HZ:], RATE_HZ)
        with pytest.raises(StreamEnded):
            await old.declare_gap(RATE_HZ, 2 * RATE_HZ)
        await old.end()
        assert 5 * RATE_HZ == await new.append(TALK[:RATE_HZ], 4 * RATE_HZ)


async def test_other_audio_where_some_is_held_is_refused(run_service: RunService) -> None:
    """Whoever forgot how far they were is told, and does not believe that it is kept."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(TALK, 0)
        other = talk(2, 6)
        with pytest.raises(AudioDiffers) as refused:
            await audio.append(other, RATE_HZ)
        assert len(TALK) == await audio.append(TALK[RATE_HZ:], RATE_HZ)
        lossy = await sessions.open_input("m", ["ann"], RATE_HZ, exact=False)

        assert f"between samples {RATE_HZ} and {len(TALK)}" in refused.value.detail
        assert 7 * RATE_HZ == await lossy.append(other, RATE_HZ)


async def test_what_a_former_sender_has_under_way_comes_before_a_new_one(settings: Settings) -> None:
    """And what it had not begun to store comes never."""
    async with run_held(settings, DeafWorker()) as (sessions, ledger):
        old = await sessions.open_input("m", ["ann"], RATE_HZ)
        await old.append(TALK[:RATE_HZ], 0)
        ledger.hold()
        under_way = asyncio.create_task(old.append(TALK[RATE_HZ : 2 * RATE_HZ], RATE_HZ))
        await ledger.asked.wait()
        new = await sessions.open_input("m", ["ann"], RATE_HZ)
        old.close()
        settled = asyncio.create_task(new.settle())
        ledger.free.set()

        assert 2 * RATE_HZ == await settled == await under_way
        with pytest.raises(StreamEnded):
            await old.append(TALK[2 * RATE_HZ :], 2 * RATE_HZ)


async def test_only_a_sender_that_is_there_is_no_longer_lost(run_service: RunService) -> None:
    """What is refused takes nobody back; a piece, a gap and a welcome do."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(TALK, 0)
        (live,) = sessions.streams.list_readings()[0].streams.values()
        audio.lose()
        refused = await sessions.open_input("m", ["ann"], RATE_HZ)
        with pytest.raises(AudioDiffers):
            await refused.append(talk(2, 4), 0)
        with pytest.raises(AudioHole):
            await refused.append(TALK, 2 * len(TALK))
        refused.lose()
        assert live.lost_s is not None
        await refused.append(TALK, 0)
        assert live.lost_s is None
        refused.lose()
        assert live.lost_s is not None
        await audio.declare_gap(len(TALK), 5 * RATE_HZ)
        assert live.lost_s is None
        audio.lose()
        assert live.lost_s is not None
        await (await sessions.open_input("m", ["ann"], RATE_HZ)).settle()
        assert live.lost_s is None


async def test_a_late_break_of_a_former_sender_is_of_no_account(run_service: RunService) -> None:
    """A newer one sends, or was told where to go on."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        old = await sessions.open_input("m", ["ann"], RATE_HZ)
        await old.append(TALK, 0)
        new, newest = [await sessions.open_input("m", ["ann"], RATE_HZ) for _ in range(2)]
        (live,) = sessions.streams.list_readings()[0].streams.values()
        await new.append(talk(2, 1), len(TALK))
        old.lose()
        assert live.lost_s is None
        await newest.settle()
        new.lose()
        assert live.lost_s is None
        newest.lose()
        assert live.lost_s is not None


async def test_channels_that_are_not_at_the_same_place_go_on_at_the_first(run_service: RunService) -> None:
    """What one of them would lose by that is refused."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        await (await sessions.open_input("m", ["ann"], RATE_HZ)).append(TALK, 0)
        both = await sessions.open_input("m", ["ann", "bob"], RATE_HZ)
        piece = np.stack([talk(2, 1), talk(3, 1)], axis=1)

        with pytest.raises(AudioDiffers):
            await both.append(piece, None)
        with pytest.raises(AudioHole):
            await both.append(piece, len(TALK))
        assert len(TALK) == await both.declare_gap(0, len(TALK))
        assert 5 * RATE_HZ == await both.append(piece, len(TALK))


async def test_a_piece_on_its_way_when_its_meeting_is_deleted_goes_with_it(settings: Settings) -> None:
    """Its sender is told, nothing of it stays, and the next one is refused."""
    async with run_held(settings, DeafWorker()) as (sessions, ledger):
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(TALK, 0)
        (stream,) = await sessions.store.list_streams("m")
        ledger.hold()
        piece = asyncio.create_task(audio.append(talk(2, 1), len(TALK)))
        await ledger.asked.wait()
        await sessions.delete_meeting("m")
        ledger.free.set()

        with pytest.raises(NotFound):
            await piece
        with pytest.raises(NotFound):
            await audio.append(talk(2, 1), 0)
        assert 0 == ledger.through(stream.id)


async def test_who_is_deleted_while_their_piece_is_stored_takes_nobody_with_them(settings: Settings) -> None:
    """Their sender is told that they are gone, and what another said on the next channel is recognised."""
    worker = DeafWorker()
    async with run_held(settings, worker) as (sessions, ledger):
        audio = await sessions.open_input("m", ["ann", "ben"], RATE_HZ)
        both = np.stack([TALK, TALK[::-1]], axis=1)
        await audio.append(both, 0)
        _, ben = await sessions.store.list_streams("m")
        ledger.hold()
        piece = asyncio.create_task(audio.append(both, len(TALK)))
        await ledger.asked.wait()
        await sessions.delete_participant("m", "ann")
        ledger.free.set()

        with pytest.raises(ParticipantGone):
            await piece
    assert AudioArrived(ben.id, 2 * len(TALK)) in worker.told


async def test_many_ends_at_once_are_one(run_service: RunService) -> None:
    """Each is answered when all text is final, and each state is told once."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(TALK, 0)
        ends = await asyncio.gather(*(sessions.end_meeting("m") for _ in range(3)))
        events = [event.event for event in await sessions.store.list_events("m", 0)]
        states = [event.meeting.state for event in events if hasattr(event, "meeting")]

    assert {MeetingState.ENDED} == {meeting.state for meeting in ends}
    assert [MeetingState.ENDING, MeetingState.ENDED] == states[-2:]
    assert 1 == states.count(MeetingState.ENDING) == states.count(MeetingState.ENDED)


async def test_who_waits_for_the_end_of_a_meeting_that_is_deleted_is_told(settings: Settings) -> None:
    """Whichever comes first."""
    worker = DeafWorker()
    async with run_on(settings, worker) as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(TALK, 0)
        end = asyncio.create_task(sessions.end_meeting("m"))
        await worker.wait_told(FinishStream)
        await sessions.delete_meeting("m")

        with pytest.raises(NotFound):
            await end
