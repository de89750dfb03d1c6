"""Audio that was sent before the end and is sent again after it: no second copy, and nothing is lost."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from meeting_service.audio import Pcm
from meeting_service.meeting import NewMeeting
from meeting_service.sessions import AudioInput, SessionManager
from meeting_service.settings import Settings
from meeting_service.worker.messages import FinishStream
from tests.sessions.conftest import RATE_HZ, RunService, talk
from tests.sessions.parts import DeafWorker, run_on

TALK = talk(1, 12)
SILENCE = np.zeros(2 * RATE_HZ, np.int16)


async def _open(
    sessions: SessionManager, *, may_repeat: bool = True, after_s: int | None = None
) -> AudioInput:
    meeting, _ = await sessions.create_meeting(NewMeeting(id="m"))
    at = None if after_s is None else meeting.started_at + timedelta(seconds=after_s)
    return await sessions.open_input("m", ["ann"], RATE_HZ, captured_at=at, may_repeat=may_repeat)


async def _send(audio: AudioInput, pcm: Pcm, start: int = 0) -> None:
    for piece in np.array_split(pcm, 7):
        assert start + len(piece) == await audio.append(piece, start)
        start += len(piece)


async def _told(sessions: SessionManager) -> list[str]:
    await sessions.end_meeting("m")
    return [sentence.text for sentence in (await sessions.get_transcript("m")).sentences]


async def _held(sessions: SessionManager) -> list[int]:
    return [sessions.ledger.through(s.id) for s in await sessions.store.list_streams("m")]


async def _text_of(run_service: RunService, parts: Sequence[Pcm], **how: bool) -> tuple[list[str], list[int]]:
    """Sentences, and samples by stream, of parts that are each sent from 0 and ended."""
    async with run_service() as sessions:
        for part in parts:
            await _send(await _open(sessions, **how), part)
            await sessions.end_participant("m", "ann")
        held = await _held(sessions)
        text = await _told(sessions)
        await sessions.delete_meeting("m")
        return text, held


async def test_the_same_again_is_there_once(run_service: RunService) -> None:
    """All of it, or as much as was sent before the sender gave up; without the word that it may be, twice."""
    once, _ = await _text_of(run_service, [TALK])
    again, held = await _text_of(run_service, [TALK, TALK, TALK[:50_000]])
    twice, both = await _text_of(run_service, [TALK, TALK], may_repeat=False)

    assert (once, [len(TALK)]) == (again, held)
    assert (2 * len(once), [len(TALK)] * 2) == (len(twice), both)


@pytest.mark.parametrize(
    "second",
    [
        np.concatenate([SILENCE, talk(2, 6)]),
        np.concatenate([SILENCE, TALK[len(SILENCE) : 60_000], talk(2, 6)]),
        np.concatenate([SILENCE, TALK[len(SILENCE) :], talk(2, 6)]),
    ],
    ids=["after silence", "in the middle", "after the end"],
)
async def test_what_differs_is_all_there(run_service: RunService, second: Pcm) -> None:
    """Whoever comes back with anything else to say, be it after the same beginning, loses nothing."""
    first = np.concatenate([SILENCE, TALK[len(SILENCE) :]])
    alone, _ = await _text_of(run_service, [second])
    one, _ = await _text_of(run_service, [first])
    both, held = await _text_of(run_service, [first, second])

    assert sorted(one + alone) == sorted(both)
    assert [len(first), len(second)] == held


async def test_another_time_of_capture_is_another_stream(run_service: RunService) -> None:
    """The same time is not."""
    async with run_service() as sessions:
        for after_s in (0, 0, 60):
            await _send(await _open(sessions, after_s=after_s), TALK)
            await sessions.end_participant("m", "ann")
        held = await _held(sessions)

    assert [len(TALK)] * 2 == held


async def test_a_restart_in_between_changes_nothing(run_service: RunService) -> None:
    """What was acknowledged of a repeat is held, whether it stays one or not."""
    other, cut = talk(2, 6), 30_000
    async with run_service() as sessions:
        await _send(await _open(sessions), TALK)
        await sessions.end_participant("m", "ann")
        await _send(await _open(sessions), TALK[:cut])
    async with run_service() as sessions:
        audio = await _open(sessions)
        assert cut == audio.through
        await _send(audio, other, cut)
        held = await _held(sessions)
        text = await _told(sessions)
        await sessions.delete_meeting("m")

    expected, _ = await _text_of(run_service, [TALK, np.concatenate([TALK[:cut], other])])
    assert [len(TALK), cut + len(other)] == held
    assert sorted(expected) == sorted(text)


async def test_a_gap_makes_a_difference(run_service: RunService) -> None:
    """Where there was audio before."""
    async with run_service() as sessions:
        await _send(await _open(sessions), TALK)
        await sessions.end_participant("m", "ann")
        audio = await _open(sessions)
        await audio.append(TALK[:30_000], 0)
        await audio.declare_gap(30_000, 60_000)
        await sessions.end_participant("m", "ann")

        assert [len(TALK), 60_000] == await _held(sessions)


async def test_what_is_no_repeat_stays_after_a_restart(run_service: RunService) -> None:
    """Though it is the same audio: its sender never said that it may be a repeat."""
    monologue = talk(1, 3, spoken_s=60)
    async with run_service() as sessions:
        await _send(await _open(sessions, may_repeat=False), monologue)
        await sessions.end_participant("m", "ann")
        await _send(await _open(sessions, may_repeat=False), monologue)
    async with run_service() as sessions:
        first, *rest = await _told(sessions)

        assert [len(monologue)] * 2 == await _held(sessions)
        assert [first] == rest


@pytest.mark.parametrize("cut", [30_000, len(TALK)], ids=["in the middle", "at its end"])
async def test_the_same_again_over_a_restart_is_there_once(run_service: RunService, cut: int) -> None:
    """Which stream it may be again is known afterwards; what differs after all is all there."""
    once, _ = await _text_of(run_service, [TALK])
    longer = np.concatenate([TALK, talk(2, 6)])
    alone, _ = await _text_of(run_service, [longer])
    for again, held in ((TALK, [len(TALK)]), (longer, [len(TALK), len(longer)])):
        async with run_service() as sessions:
            await _send(await _open(sessions), TALK)
            await sessions.end_participant("m", "ann")
            await _send(await _open(sessions), again[:cut])
        async with run_service() as sessions:
            await _send(await _open(sessions), again[cut:], cut)
            await sessions.end_participant("m", "ann")
            assert held == await _held(sessions)
            expected = once if len(held) == 1 else once + alone
            assert sorted(expected) == sorted(await _told(sessions))
            await sessions.delete_meeting("m")


async def test_a_repeat_that_had_ended_when_the_service_did_is_let_go(settings: Settings) -> None:
    """What was left of it goes at the start."""
    async with run_on(settings, DeafWorker()) as sessions:
        await _send(await _open(sessions), TALK)
        await sessions.end_participant("m", "ann", wait=False)
        await _send(await _open(sessions), TALK)
        _, again = await sessions.store.list_streams("m")
        await sessions.store.end_stream(again.id)
    async with run_on(settings, DeafWorker()) as sessions:
        assert [len(TALK)] == await _held(sessions)


async def test_of_two_open_streams_the_older_ends_at_the_start(settings: Settings) -> None:
    """A disk that failed in between may leave two; audio goes to the newer, and both are finished."""
    worker = DeafWorker()
    async with run_on(settings, DeafWorker()) as sessions:
        await _send(await _open(sessions), TALK)
        newer, _ = await sessions.store.open_stream("m", "ann", RATE_HZ, 0)
    async with run_on(settings, worker) as sessions:
        older, _ = await sessions.store.list_streams("m")
        await (await sessions.open_input("m", ["ann"], RATE_HZ)).append(TALK, 0)

        assert older.ended
        assert [len(TALK)] * 2 == await _held(sessions)
        assert FinishStream(older.id, len(TALK)) in worker.told
        assert FinishStream(newer.id, len(TALK)) not in worker.told
