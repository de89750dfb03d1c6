"""What a finished meeting must be: each sample in its place, each gap shown, the text as if undisturbed."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from tests.faults.contract.takes import BETWEEN_TAKES_S, RATE_HZ, Lane, Take
from tests.faults.contract.world import World

COMPARED = ("participant_id", "start_ms", "end_ms", "text", "confidence", "words")


async def check_meeting(world: World, meeting_id: str, lanes: Sequence[Lane]) -> None:
    """Compare all that is held and told with the model, and with the same audio sent in one piece."""
    for lane in lanes:
        for column, participant in enumerate(lane.participants):
            stored = await world.service.stored(participant, meeting_id)
            held = [pcm for pcm in stored if len(pcm)]
            takes = [take.content()[:, column] for take in lane.takes if take.held]
            assert len(takes) == len(held), f"{participant} has {len(held)} streams"
            assert all(map(np.array_equal, takes, held)), f"{participant} is held with other content"
    await check_gaps(world, meeting_id, lanes)
    told = await _get_transcript(world, meeting_id)
    assert _sentences(await _hold_undisturbed(world, f"{meeting_id}-undisturbed", lanes)) == _sentences(told)


async def _hold_undisturbed(world: World, meeting_id: str, lanes: Sequence[Lane]) -> dict[str, Any]:
    """The transcript of the same audio, where everybody sends each of their streams in one piece."""
    await world.create(meeting_id)
    people = [(lane, column) for lane in lanes for column in range(len(lane.participants))]
    await asyncio.gather(*(_say_at_once(world, meeting_id, *person) for person in people))
    assert (await world.ask("POST", f"/v1/meetings/{meeting_id}/end")).status == 200
    return await _get_transcript(world, meeting_id)


async def check_gaps(world: World, meeting_id: str, lanes: Sequence[Lane]) -> None:
    """Every gap of these lanes that was declared is shown, and no other."""
    people = {participant for lane in lanes for participant in lane.participants}
    told = (await _get_transcript(world, meeting_id))["gaps"]
    shown = [(gap["participant_id"], gap["start_ms"], gap["end_ms"]) for gap in told]
    assert _list_gaps(lanes) == _join(gap for gap in shown if gap[0] in people)


async def _say_at_once(world: World, meeting_id: str, lane: Lane, column: int) -> None:
    participant = lane.participants[column]
    for take in lane.takes:
        if take.held:
            alone = Lane((participant,), [Take(take.source, take.captured_at)])
            pcm = take.content()[:, column].astype("<i2")
            assert (await world.post(meeting_id, alone, pcm.tobytes())).status == 200
        if take.held and take.ended:
            path = f"/v1/meetings/{meeting_id}/participants/{participant}/end"
            assert (await world.ask("POST", path, params={"wait": "false"})).status in (200, 202)


async def _get_transcript(world: World, meeting_id: str) -> dict[str, Any]:
    answer = await world.ask("GET", f"/v1/meetings/{meeting_id}/transcript")
    assert answer.status == 200
    return answer.body


def _sentences(transcript: dict[str, Any]) -> list[list[Any]]:
    return [[sentence[key] for key in COMPARED] for sentence in transcript["sentences"]]


def _list_gaps(lanes: Sequence[Lane]) -> list[tuple[str, int, int]]:
    gaps = []
    for lane in lanes:
        for number, take in enumerate(lane.takes):
            at_ms = number * BETWEEN_TAKES_S * 1000
            for _, start, end in _join(("", *gap) for gap in take.gaps):
                start_ms, end_ms = (at_ms + frame * 1000 // RATE_HZ for frame in (start, end))
                shown = start_ms < end_ms
                gaps += [(participant, start_ms, end_ms) for participant in lane.participants if shown]
    return _join(gaps)


def _join(gaps: Iterable[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Neighbours of one participant as one: a gap that was recorded in parts is the same gap."""
    joined: list[tuple[str, int, int]] = []
    for participant, start, end in sorted(gaps):
        if joined and joined[-1][0] == participant and start <= joined[-1][2]:
            joined[-1] = (participant, joined[-1][1], max(end, joined[-1][2]))
        else:
            joined.append((participant, start, end))
    return joined
