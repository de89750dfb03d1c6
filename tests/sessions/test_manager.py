"""Live meetings: what goes in comes out, is kept, and does not depend on how it came."""

import asyncio
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from meeting_service.errors import AudioHole, Conflict, InvalidAudio, MeetingEnded, NotFound, TooMany
from meeting_service.meeting import MeetingState, NewMeeting
from meeting_service.sessions import SessionManager
from meeting_service.transcript import Sentence
from tests.fakes import FakeRecogniser
from tests.sessions.conftest import RATE_HZ, RunService, talk

START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
SPEAKERS = {"ann": 1, "ben": 2, "eve": 3}


async def _new_meeting(sessions: SessionManager, meeting_id: str = "m") -> None:
    await sessions.create_meeting(NewMeeting(id=meeting_id, started_at=START))


async def _send(
    sessions: SessionManager,
    participant: str,
    *,
    cuts: int = 1,
    seconds: float = 20.0,
    part: slice = slice(None),
) -> None:
    pcm = talk(SPEAKERS[participant], seconds)[part]
    audio = await sessions.open_input("m", [participant], RATE_HZ, captured_at=START)
    for piece in np.array_split(pcm, cuts):
        await audio.append(piece, None)


async def _sentences(sessions: SessionManager) -> list[tuple[str, str, int, int, str]]:
    transcript = await sessions.get_transcript("m")
    return [_essence(s) for s in transcript.sentences]


def _essence(s: Sentence) -> tuple[str, str, int, int, str]:
    return (s.id, s.participant_id, s.start_ms, s.end_ms, s.text)


async def _transcribe(run_service: RunService, cuts: int, order: list[str]) -> list[tuple[str, ...]]:
    async with run_service() as sessions:
        await _new_meeting(sessions)
        for participant in order:
            await _send(sessions, participant, cuts=cuts)
        await sessions.end_meeting("m")
        return [sentence[1:] for sentence in await _sentences(sessions)]  # type: ignore[misc]


async def test_chunking_and_order_of_arrival_do_not_matter(
    run_service: RunService, tmp_path_factory: pytest.TempPathFactory, recogniser: FakeRecogniser
) -> None:
    """However the audio was cut and whoever sent first, the transcript is the same."""
    whole = await _transcribe(run_service, 1, ["ann", "ben", "eve"])

    async with run_service() as sessions:
        await sessions.delete_meeting("m")
    cut = await _transcribe(run_service, 37, ["eve", "ben", "ann"])

    assert len(whole) > 6
    assert whole == cut


async def test_live_meeting_goes_on_after_a_restart(run_service: RunService) -> None:
    """A service that stops mid-speech and starts again ends with the transcript of an undisturbed one."""
    async with run_service() as sessions:
        await _new_meeting(sessions)
        for participant in SPEAKERS:
            await _send(sessions, participant)
        await sessions.end_meeting("m")
        undisturbed = [s[1:] for s in await _sentences(sessions)]
        await sessions.delete_meeting("m")

    half = 9 * RATE_HZ + 123
    async with run_service() as sessions:
        await _new_meeting(sessions)
        for participant in SPEAKERS:
            await _send(sessions, participant, cuts=5, part=slice(0, half))
    async with run_service() as sessions:
        for participant in SPEAKERS:
            assert (half, RATE_HZ) == await sessions.get_received("m", participant)
            await _send(sessions, participant, part=slice(half, None))
        await sessions.end_meeting("m")
        restarted = [s[1:] for s in await _sentences(sessions)]

    assert undisturbed == restarted


async def test_watcher_sees_every_final_once(run_service: RunService) -> None:
    """A watcher gets the finals with rising numbers, none twice, and all that the transcript has."""
    async with run_service() as sessions:
        await _new_meeting(sessions)
        seen: list[tuple[int, str]] = []
        with sessions.subscribe("m") as watcher:
            await _send(sessions, "ann")
            await _send(sessions, "ben")
            await sessions.end_meeting("m")
            async for event in watcher:
                seq, kind = getattr(event, "seq", 0), getattr(event, "event", None)
                if kind is not None:
                    seen.append((seq, getattr(getattr(kind, "sentence", None), "id", "")))
                if getattr(getattr(kind, "meeting", None), "state", None) is MeetingState.ENDED:
                    break
        stored = {s[0] for s in await _sentences(sessions)}

    assert [seq for seq, _ in seen] == list(range(1, len(seen) + 1))
    assert sorted(stored) == sorted(name for _, name in seen if name)


async def test_everything_is_accounted_for(run_service: RunService) -> None:
    """Once a meeting has ended, received is what was sent and all speech found is transcribed."""
    async with run_service() as sessions:
        await _new_meeting(sessions)
        await _send(sessions, "ann", seconds=12.5)
        await sessions.end_meeting("m")
        (ann,) = await sessions.list_participants("m")

    assert ann.received_ms == 12_500
    assert 3_000 < ann.speech_ms < 12_500
    assert ann.speech_ms == ann.transcribed_ms
    assert not ann.present


async def test_a_monologue_is_accounted_for_while_it_goes_on(run_service: RunService) -> None:
    """What is final of it counts at once, and once only when it is over."""
    async with run_service() as sessions:
        await _new_meeting(sessions)
        audio = await sessions.open_input("m", ["ann"], RATE_HZ, captured_at=START)
        await audio.append(talk(1, 25.0, spoken_s=60.0), None)
        async with asyncio.timeout(20):
            while not (ann := (await sessions.list_participants("m"))[0]).transcribed_ms:  # noqa: ASYNC110
                await asyncio.sleep(0)  # a figure is all that can be seen of it
        await sessions.end_meeting("m")
        (after,) = await sessions.list_participants("m")

    assert 5_000 < ann.speech_ms < after.speech_ms <= 25_000
    assert after.speech_ms == after.transcribed_ms


async def test_sending_again_is_harmless(run_service: RunService) -> None:
    """A piece that is sent twice, or overlaps what is held, changes nothing."""
    pcm = talk(1, 10)
    async with run_service() as sessions:
        await _new_meeting(sessions)
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(pcm[:50_000], 0)
        await audio.append(pcm[:50_000], 0)
        through = await audio.append(pcm[40_000:], 40_000)

        with pytest.raises(AudioHole) as hole:
            await audio.append(pcm, through + 1)

        assert through == len(pcm) == hole.value.expected == audio.through


async def test_declared_gap_is_shown(run_service: RunService) -> None:
    """A gap moves the position on, is in the transcript, and counts as received."""
    async with run_service() as sessions:
        await _new_meeting(sessions)
        audio = await sessions.open_input("m", ["ann"], RATE_HZ, captured_at=START + timedelta(seconds=2))
        await audio.append(talk(1, 4), 0)
        await audio.declare_gap(4 * RATE_HZ, 7 * RATE_HZ)
        await audio.append(talk(2, 4), 7 * RATE_HZ)
        await sessions.end_meeting("m")
        transcript = await sessions.get_transcript("m")

    (gap,) = transcript.gaps
    assert (6_000, 9_000) == (gap.start_ms, gap.end_ms)
    assert transcript.participants[0].received_ms == 11_000


async def test_one_participant_per_channel(run_service: RunService) -> None:
    """Channels become participants of their own, with the words they would have had alone."""
    both = np.stack([talk(1, 10), talk(2, 10)], axis=1)
    async with run_service() as sessions:
        await _new_meeting(sessions)
        audio = await sessions.open_input("m", ["ann", "ben"], RATE_HZ, captured_at=START)
        for piece in np.array_split(both, 7):
            await audio.append(piece, None)
        with pytest.raises(InvalidAudio):
            await audio.append(both[:, 0], None)
        await sessions.end_meeting("m")
        together = [s[1:] for s in await _sentences(sessions)]
        await sessions.delete_meeting("m")

        await _new_meeting(sessions)
        await _send(sessions, "ann", seconds=10)
        await _send(sessions, "ben", seconds=10)
        await sessions.end_meeting("m")
        alone = [s[1:] for s in await _sentences(sessions)]

    assert alone == together


async def test_dropping_and_coming_back(run_service: RunService) -> None:
    """Who left and comes back gets a new stream at its own place in the meeting."""
    async with run_service() as sessions:
        await _new_meeting(sessions)
        await _send(sessions, "ann", seconds=6)
        await sessions.end_participant("m", "ann")
        assert not (await sessions.list_participants("m"))[0].present

        audio = await sessions.open_input("m", ["ann"], 48_000, captured_at=START + timedelta(seconds=60))
        assert audio.through == 0
        await audio.append(np.repeat(talk(1, 6), 3), None)
        assert (await sessions.list_participants("m"))[0].present
        await sessions.end_meeting("m")
        starts = [s[2] for s in await _sentences(sessions)]

    assert starts[0] < 6_000
    assert starts[-1] > 60_000


async def test_refusals(run_service: RunService) -> None:
    """Unknown and ended meetings and another rate are refused by name, and nothing is lost by it."""
    async with run_service() as sessions:
        with pytest.raises(NotFound):
            await sessions.open_input("nowhere", ["ann"], RATE_HZ)
        await _new_meeting(sessions)
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        await audio.append(talk(1, 2), None)
        with pytest.raises(Conflict):
            await sessions.open_input("m", ["ann"], 8_000)
        await sessions.end_meeting("m")
        with pytest.raises(MeetingEnded):
            await audio.append(talk(1, 2), None)
        with pytest.raises(MeetingEnded):
            await sessions.open_input("m", ["ann"], RATE_HZ)

        assert (2 * RATE_HZ, RATE_HZ) == await sessions.get_received("m", "ann")


async def test_participant_limit(run_service: RunService) -> None:
    """One participant more than the limit is refused."""
    async with run_service() as sessions:
        await _new_meeting(sessions)
        limit = sessions.settings.limits.participants
        for number in range(limit):
            await sessions.put_participant("m", f"p{number}", None)

        with pytest.raises(TooMany):
            await sessions.put_participant("m", "one-more", None)
        await sessions.put_participant("m", "p0", "Renamed")


async def test_nobody_new_joins_an_ended_meeting(run_service: RunService) -> None:
    """Who was there can still be renamed; a new participant is refused."""
    async with run_service() as sessions:
        await _new_meeting(sessions)
        await sessions.put_participant("m", "ann", None)
        await sessions.end_meeting("m")

        with pytest.raises(MeetingEnded):
            await sessions.put_participant("m", "late", None)
        renamed, created = await sessions.put_participant("m", "ann", "Ann")

    assert ("Ann", False) == (renamed.name, created)


async def test_batch_that_fails_is_tried_window_by_window(
    run_service: RunService, recogniser: FakeRecogniser
) -> None:
    """A failing batch costs a repetition, not a sentence."""
    undisturbed = await _transcribe(run_service, 1, ["ann", "ben"])
    async with run_service() as sessions:
        await sessions.delete_meeting("m")

    recogniser.fail_calls = 1
    disturbed = await _transcribe(run_service, 1, ["ann", "ben"])

    assert len(undisturbed) <= len(disturbed) + 1


async def test_deleting_a_live_meeting(run_service: RunService) -> None:
    """A meeting that is deleted while people speak is gone, and its audio with it."""
    async with run_service() as sessions:
        await _new_meeting(sessions)
        await _send(sessions, "ann")
        await sessions.delete_meeting("m")

        with pytest.raises(NotFound):
            await sessions.get_meeting("m")
        with pytest.raises(NotFound):
            await sessions.delete_meeting("m")
