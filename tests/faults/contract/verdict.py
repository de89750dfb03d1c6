"""What a finished meeting must be: each sample in its place, each gap shown, the text as if undisturbed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from meeting_service.meeting import Stream
from meeting_service.settings import SegmenterSettings
from meeting_service.transcript import Sentence
from tests.faults.contract.hearing import hear
from tests.faults.contract.takes import BETWEEN_TAKES_S, RATE_HZ, Lane
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
    told = (await _get_transcript(world, meeting_id))["sentences"]
    rules = world.service.settings.segmenter
    assert _hear_at_once(lanes, rules) == [[sentence[key] for key in COMPARED] for sentence in told]


async def check_gaps(world: World, meeting_id: str, lanes: Sequence[Lane]) -> None:
    """Every gap of these lanes that was declared is shown, and no other."""
    people = {participant for lane in lanes for participant in lane.participants}
    told = (await _get_transcript(world, meeting_id))["gaps"]
    shown = [(gap["participant_id"], gap["start_ms"], gap["end_ms"]) for gap in told]
    assert _list_gaps(lanes) == _join(gap for gap in shown if gap[0] in people)


async def _get_transcript(world: World, meeting_id: str) -> dict[str, Any]:
    answer = await world.ask("GET", f"/v1/meetings/{meeting_id}/transcript")
    assert answer.status == 200
    return answer.body


def _hear_at_once(lanes: Sequence[Lane], rules: SegmenterSettings) -> list[list[Any]]:
    """The sentences of the same audio, where each stream is heard in one piece and by itself."""
    heard: list[Sentence] = []
    for lane in lanes:
        for number, take in enumerate(lane.takes):
            for column, participant in enumerate(lane.participants):
                stream = Stream(0, "", participant, RATE_HZ, number * BETWEEN_TAKES_S * 1000)
                heard += hear(stream, take.content()[:, column], rules)
    heard.sort(key=lambda sentence: (sentence.start_ms, sentence.participant_id))
    as_told = [json.loads(json.dumps(asdict(sentence))) for sentence in heard]
    return [[sentence[key] for key in COMPARED] for sentence in as_told]


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
