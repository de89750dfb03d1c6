"""A meeting in which a moment of one participant's audio ends the recogniser's process, and what is left."""

import asyncio
import json
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from meeting_service.audio import Pcm
from meeting_service.exports import formats
from tests.faults.bots import play
from tests.faults.followers import watch
from tests.faults.history import History, Kind
from tests.faults.room import Room, room
from tests.faults.script import RATE_HZ, By, Script, Take
from tests.faults.service import FaultService, Recogniser
from tests.faults.steering import MARK_SAMPLES, Steering, mark
from tests.signals import talk
from tests.spoken import list_recordings

UTTERANCES = 5
SENTENCES = 3
PAUSE_S = 0.9
PAUSE_MS = 600.0
"""of a pause, at most what is counted to the utterance beside it"""
MEETING_PATIENCE_S = 120.0


class Death(StrEnum):
    """How the process ends."""

    ABORTED = "aborted"
    SEGMENTATION = "segmentation fault"
    MEMORY = "killed for memory"
    DEAF = "aborted in voice detection"


@dataclass(frozen=True, slots=True)
class Poison:
    """Where it is."""

    death: Death
    participant: str
    utterance: int
    """which of theirs, from 0"""
    start_s: float
    """of the utterance"""
    end_s: float


@dataclass(frozen=True, slots=True)
class Left:
    """What a meeting left."""

    transcript: Mapping[str, Any]
    files: Mapping[tuple[str, str], bytes]
    """by participant and format, of that participant alone"""
    restarts: int
    watched: Sequence[str]
    """kinds of the events that a watcher saw"""


def plan(seed: int, death: Death) -> tuple[Script, Poison]:
    """Four participants with short utterances, one of which is poisoned."""
    draw = np.random.default_rng(seed)
    names = (("ann", By.POSTS), ("ben", By.SOCKET), ("dan", By.CLIENT), ("eve", By.SOCKET))
    victim, utterance = int(draw.integers(4)), int(draw.integers(UTTERANCES))
    takes = []
    for index, (name, by) in enumerate(names):
        spoken_s = draw.choice([1.2, 1.6, 2.0, 2.6], UTTERANCES).tolist()
        pcm = _speak(spoken_s, seed * 100 + index * 20)
        if index == victim:
            start_s = PAUSE_S + sum(spoken_s[:utterance]) + PAUSE_S * utterance
            end_s = start_s + spoken_s[utterance]
            _mark(pcm, start_s)
        takes.append(Take(name, 0, by, 0.0, pcm))
    return tuple(takes), Poison(death, names[victim][0], utterance, start_s, end_s)


def plan_spoken(death: Death) -> tuple[Script, Poison]:
    """The same with recorded voices; dan's second sentence is poisoned."""
    recordings = sorted((recording.pcm for recording in list_recordings()), key=len)
    names = (("ann", By.POSTS), ("ben", By.SOCKET), ("dan", By.CLIENT), ("eve", By.SOCKET))
    pause = np.zeros(round(1.5 * RATE_HZ), np.int16)
    takes = []
    for index, (name, by) in enumerate(names):
        said = recordings[index :: len(names)][-SENTENCES:]
        pcm = np.concatenate([part for sentence in said for part in (pause, sentence)] + [pause])
        if name == "dan":
            start_s = (2 * len(pause) + len(said[0])) / RATE_HZ
            end_s = start_s + len(said[1]) / RATE_HZ
            _mark(pcm, start_s + 0.5)
        takes.append(Take(name, 0, by, 0.0, pcm))
    return tuple(takes), Poison(death, "dan", 1, start_s, end_s)


async def hold(
    folder: Path,
    script: Script,
    poison: Poison | None,
    recogniser: Recogniser = Recogniser.HASHING,
    speed: float = 20.0,
) -> Left:
    """The meeting from its first word to its files."""
    history = History()
    async with (
        asyncio.timeout(MEETING_PATIENCE_S),
        FaultService(folder, recogniser=recogniser) as service,
        room(service.url, history, speed) as where,
    ):
        if poison:
            _order(service.steering, poison.death)
        await where.create()
        watching = asyncio.create_task(watch(where))
        await play(script, where)
        await where.end()
        await watching
        return await _read(where, script, history)


def compare(left: Left, undisturbed: Left, poison: Poison) -> Iterator[str]:
    """All that is wrong with what poison left."""
    if left.restarts != 3:
        yield f"the recogniser was started {left.restarts} times again, not 3"
    yield from _compare_neighbours(left, undisturbed, poison)
    stretches = left.transcript["not_transcribed"]
    if [poison.participant] != [stretch["participant_id"] for stretch in stretches]:
        return (yield f"not one stretch of {poison.participant}: {stretches}")
    if left.watched.count("not_transcribed") < 1:
        yield "no watcher was told of the stretch"
    yield from _compare_own(left, undisturbed, poison, stretches[0])


def _compare_neighbours(left: Left, undisturbed: Left, poison: Poison) -> Iterator[str]:
    for (participant, name), file in undisturbed.files.items():
        if participant != poison.participant and left.files[participant, name] != file:
            yield f"{name} of {participant}, who is a neighbour, differs"


def _compare_own(left: Left, undisturbed: Left, poison: Poison, stretch: Mapping[str, Any]) -> Iterator[str]:
    """The poisoned one has all text but that of the poisoned utterance."""
    first, last = poison.start_s * 1000 - PAUSE_MS, poison.end_s * 1000 + PAUSE_MS
    if not first <= stretch["start_ms"] < stretch["end_ms"] <= last:
        yield f"the stretch is {stretch}, the poisoned utterance {first:.0f} to {last:.0f}"
    before, after = (_list_own(each, poison, first, last) for each in (undisturbed, left))
    if before[0] != after[0]:
        yield f"{poison.participant} has other text before the stretch"
    if poison.death is Death.DEAF:  # the next words begin a fraction of a frame later, and read otherwise
        before, after = ([], [], [bool(before[2])]), ([], [], [bool(after[2])])
    if after[1]:
        yield f"{poison.participant} has text in the stretch"
    if before[2] != after[2]:
        yield f"{poison.participant} has other text after the stretch"


def _list_own(
    left: Left, poison: Poison, first: float, last: float
) -> tuple[list[object], list[object], list[object]]:
    """What the poisoned one says before, in and after the poisoned utterance."""
    parts: tuple[list[object], list[object], list[object]] = ([], [], [])
    for s in left.transcript["sentences"]:
        if s["participant_id"] == poison.participant:
            index = 0 if s["end_ms"] <= first else 2 if s["start_ms"] >= last - PAUSE_MS else 1
            parts[index].append((s["start_ms"], s["end_ms"], s["text"]))
    return parts


def _speak(spoken_s: Sequence[float], seed: int) -> Pcm:
    lengths = [PAUSE_S if i % 2 == 0 else spoken_s[i // 2] for i in range(2 * len(spoken_s))]
    return np.round(talk(*lengths, PAUSE_S, seed=seed) * 32_768).astype(np.int16)


def _mark(pcm: Pcm, start_s: float) -> None:
    """Within the utterance, and within one second of the stream."""
    at = round((start_s + 0.3) * RATE_HZ)
    if at // RATE_HZ != (at + MARK_SAMPLES) // RATE_HZ:
        at = (at // RATE_HZ + 1) * RATE_HZ
    pcm[at : at + MARK_SAMPLES] = mark()


def _order(steering: Steering, death: Death) -> None:
    match death:
        case Death.DEAF:
            steering.die_hearing_mark()
        case Death.ABORTED:
            steering.die_on_mark()
        case Death.SEGMENTATION:
            steering.die_on_mark(signal.SIGSEGV)
        case Death.MEMORY:
            steering.die_on_mark(signal.SIGKILL)


async def _read(where: Room, script: Script, history: History) -> Left:
    files = {
        (take.participant, name): await where.download(f"{name}?participant={take.participant}")
        for take in script
        for name in formats
        if name != "json"  # has everybody in it
    }
    transcript = json.loads(await where.download("json"))
    figures = (await where.ask("GET", f"{where.url}/metrics")).decode()
    [restarts] = [line for line in figures.splitlines() if line.startswith("meeting_worker_restarts_total ")]
    watched = [entry.detail.partition(" ")[0] for entry in history.of(Kind.EVENT)]
    return Left(transcript, files, round(float(restarts.split()[1])), watched)
