"""The player, against a real service with a recogniser that hashes, and its watcher by hand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from meeting_service.audio import Pcm
from meeting_service.client import MeetingClient
from meeting_service.clock import SystemClock
from meeting_service.demo.pace import Pace
from meeting_service.demo.player import Watcher, choose_start, prepare
from meeting_service.demo.script import Script
from meeting_service.errors import InvalidAudio
from meeting_service.events import DraftChanged, SentenceFinalized, StoredEvent
from meeting_service.offline import AudioFile, OfflineTranscription
from meeting_service.settings import load_settings
from meeting_service.transcript import Draft, Sentence
from tests.audio_service import AudioService
from tests.demo.test_pace import HandClock
from tests.demo.test_script import script_values, write_script
from tests.fakes import FakeRecogniser, LoudnessDetector
from tests.offline.voices import bursts, write_wav

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def write_meeting(folder: Path) -> dict[str, Pcm]:
    """A meeting of two, one of whom drops and comes back; returns the recordings by file."""
    values = script_values()
    sounds = {}
    for seed, stream in enumerate(values["streams"]):
        stream["file"] = stream["file"].replace(".flac", ".wav")
        sounds[stream["file"]] = bursts(seed, stream["rate"], 4.0)
        write_wav(folder / stream["file"], sounds[stream["file"]], stream["rate"])
    write_script(folder, values)
    return sounds


def transcribe_alone(path: Path) -> list[tuple[int, str]]:
    """What a recording says by itself: start from its beginning, and text."""
    with AudioFile(path) as file:
        work = OfflineTranscription(
            [file],
            [["x"]],
            FakeRecogniser().recognise,
            load_settings().segmenter,
            make_detector=LoudnessDetector,
        )
        for _ in work.run():
            pass
    return [(sentence.start_ms, sentence.text) for sentence in work.sentences]


async def test_a_meeting_is_played(tmp_path: Path) -> None:
    """Every recording arrives as a stream of its own, at its place in the meeting, whatever the speed."""
    sounds = write_meeting(tmp_path)
    script = Script.load(tmp_path)
    expected = sorted(
        (recording.starts_ms + start_ms, recording.participant, text)
        for recording in script.streams
        for start_ms, text in transcribe_alone(tmp_path / recording.file)
    )
    told: list[Sentence] = []
    async with AudioService.on(tmp_path) as service:
        player = await prepare(service.url, script, tmp_path, 100, SystemClock())
        await player.play()
        async with MeetingClient(service.url) as client:
            await client.end(player.meeting.id)
            transcript = await client.transcript(player.meeting.id)
        await Watcher(player.pace, told.append).watch(service.url, player.meeting.id)
        kept = await service.stored("ann", player.meeting.id)

    assert [(s.start_ms, s.participant_id, s.text) for s in transcript.sentences] == expected
    assert sorted(s.id for s in told) == sorted(s.id for s in transcript.sentences)
    assert [np.array_equal(a, sounds[f"ann-{n}.wav"]) for n, a in enumerate(kept, 1)] == [True, True]
    assert {p.name for p in transcript.participants} == {"Ann", "Ben"}


async def test_a_missing_recording_is_refused(tmp_path: Path) -> None:
    """A recording that is not there is known before a meeting is created."""
    script = Script.load(write_script(tmp_path, script_values()))

    with pytest.raises(InvalidAudio, match=r"ann-2\.flac cannot be read"):
        await prepare("http://127.0.0.1:9", script, tmp_path, 1, SystemClock())


@pytest.mark.parametrize(("speed", "earlier_s"), [(0.5, 0), (1, 0), (4, 45), (100, 59.4)])
def test_nothing_is_captured_in_the_future(speed: float, earlier_s: float) -> None:
    """Played faster than life, a meeting of a minute has begun so that it ends as the playing does."""
    assert choose_start(NOON, 60_000, speed) == NOON - timedelta(seconds=earlier_s)


def finalized(seq: int, end_ms: int) -> StoredEvent:
    """A sentence that ends there is final."""
    sentence = Sentence(f"s{seq}", "ann", end_ms - 500, end_ms, "Yes.", 0.9, ())
    return StoredEvent("m1", seq, SentenceFinalized(sentence))


def drafted(end_ms: int, text: str = "ye") -> DraftChanged:
    """A draft that reaches so far."""
    return DraftChanged(Draft("ann", 0, end_ms, text))


def delays(events: Sequence[StoredEvent | DraftChanged], after_s: float) -> tuple[list[int], list[int]]:
    """What a watcher notes who received all of it so long after the meeting's start."""
    clock = HandClock()
    watcher = Watcher(Pace(clock), lambda _: None)
    clock.now_s += after_s
    for event in events:
        watcher.accept(event)
    return [round(ms) for ms in watcher.delays.finals_ms], [round(ms) for ms in watcher.delays.drafts_ms]


def test_finals_are_timed_from_their_last_sound() -> None:
    """A sentence that ended at 2 s and came at 3.5 s took 1.5 s."""
    assert delays([finalized(1, 2_000), finalized(2, 3_000)], 3.5) == ([1_500, 500], [])


def test_drafts_are_timed_when_they_reach_further() -> None:
    """A draft that was only reworded, or taken back, says nothing about delay."""
    events = [drafted(1_000), drafted(1_000, "yes"), drafted(1_400), drafted(0, "")]

    assert delays(events, 2.0) == ([], [1_000, 600])
