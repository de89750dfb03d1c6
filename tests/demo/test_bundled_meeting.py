"""The meeting that comes with the service: its script, its recordings, and how well it is heard."""

import re
from itertools import pairwise

import av
import numpy as np
import pytest

from meeting_service.demo import MEETING_FOLDER
from meeting_service.demo.recipe.bundled_meeting import VOICES, held_out_version
from meeting_service.demo.recipe.text import is_held_out
from meeting_service.demo.script import Recording, Script
from meeting_service.recognition import Samples

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def script() -> Script:
    """The bundled script."""
    return Script.load(MEETING_FOLDER)


def read(recording: Recording) -> Samples:
    """A recording as mono 16 kHz, `(samples,)`."""
    with av.open(str(MEETING_FOLDER / recording.file)) as container:
        resampler = av.AudioResampler("s16", "mono", RATE_HZ)
        blocks = [f.to_ndarray() for frame in container.decode(audio=0) for f in resampler.resample(frame)]
        blocks += [f.to_ndarray() for f in resampler.resample(None)]
    samples: Samples = np.concatenate(blocks, 1)[0].astype(np.float32) / np.float32(32768)
    return samples


def test_it_has_what_a_demo_shows(script: Script) -> None:
    """Three voices, two to three minutes, somebody late, somebody who drops and comes back, cross-talk."""
    runs = script.runs()
    lines = sorted(script.sentences, key=lambda line: line.start_ms)
    overlaps = [b for a, b in pairwise(lines) if b.start_ms < a.end_ms and a.participant != b.participant]

    assert ["Ann", "Ben", "Carla"] == [speaker.name for speaker in script.participants]
    assert 120_000 <= script.duration_ms <= 180_000
    assert {"ann": 1, "ben": 2, "carla": 1} == {name: len(recordings) for name, recordings in runs.items()}
    assert runs["carla"][0].starts_ms > 30_000
    assert len(overlaps) >= 5


def test_no_line_was_trained_on(script: Script) -> None:
    """Every sentence of the meeting is held out by the recipe's own rule."""
    assert all(is_held_out(line.text) for line in script.sentences)
    assert len(script.sentences) == len({line.text for line in script.sentences})


def test_speech_is_where_the_script_says(script: Script) -> None:
    """Sentences lie in a recording of their speaker, are loud there, and the rest is almost silent."""
    for participant, recordings in script.runs().items():
        for recording in recordings:
            samples = read(recording)
            ends_ms = recording.starts_ms + len(samples) // 16
            lines = [line for line in script.sentences if line.participant == participant]
            inside = [line for line in lines if recording.starts_ms <= line.start_ms < ends_ms]
            spoken = np.zeros(len(samples), bool)
            for line in inside:
                begin, end = ((at - recording.starts_ms) * 16 for at in (line.start_ms, line.end_ms))
                assert line.end_ms <= ends_ms
                assert np.abs(samples[begin:end]).max() > 0.3
                spoken[max(0, begin - 800) : end + 1600] = True
            assert np.abs(samples[~spoken]).max() < 0.05


def test_files_are_small_and_named_by_the_script(script: Script) -> None:
    """About a megabyte in all, nothing beside what the script names."""
    files = {path.name for path in MEETING_FOLDER.iterdir()}

    assert {"script.json", *(recording.file for recording in script.streams)} == files
    assert sum(path.stat().st_size for path in MEETING_FOLDER.iterdir()) < 1_200_000


def test_the_script_is_what_the_recipe_writes(script: Script) -> None:
    """Names and voices are those of the recipe; a line without a held-out version is refused."""
    assert VOICES == {speaker.name: speaker.voice for speaker in script.participants}
    with pytest.raises(ValueError, match=re.escape("every version of this line")):
        held_out_version("Yes", 1)
