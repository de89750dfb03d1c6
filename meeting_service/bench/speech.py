"""What the bench listens to: the bundled meeting's sentences, cut out and laid out anew. 16 kHz, float32.

Every layout is the same in every run, and every stream has the quiet noise of an open microphone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from meeting_service.audio import RECOGNITION_RATE_HZ, Pcm
from meeting_service.demo import MEETING_FOLDER
from meeting_service.demo.player import Sound, read_sounds
from meeting_service.demo.script import Script
from meeting_service.recognition import Samples
from meeting_service.resample import Resampler

PEOPLE = 10
"""in the meeting that is compared"""
MICROPHONE_NOISE = 0.0004
"""of an open microphone in a quiet room, RMS: -68 dB"""
ROOM_NOISE = 0.003
"""of a room with a fan, RMS: -50 dB"""

_EDGE_S = 0.15
_PAUSES_S = (0.9, 1.6)
_TURNS_S = (-0.6, 0.6)
"""from one person's end to the next one's beginning: half the turns overlap"""


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """Audio and what is said in it."""

    name: str
    samples: Samples
    text: str

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / RECOGNITION_RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Several people's audio of the same length."""

    streams: tuple[Samples, ...]
    speech_s: float
    """of all of them together"""

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.streams[0]) / RECOGNITION_RATE_HZ


@cache
def list_sentences() -> tuple[Spoken, ...]:
    """Every sentence of the bundled meeting, each cut out closely; named after who speaks."""
    script = Script.load(MEETING_FOLDER)
    tracks = {file: _to_16k(sound) for file, sound in read_sounds(script, MEETING_FOLDER).items()}
    sentences = []
    for line in script.sentences:
        runs = [r for r in script.runs()[line.participant] if r.starts_ms <= line.start_ms]
        start = (line.start_ms - runs[-1].starts_ms) * RECOGNITION_RATE_HZ // 1_000
        end = start + (line.end_ms - line.start_ms) * RECOGNITION_RATE_HZ // 1_000
        sentences.append(Spoken(line.participant, tracks[runs[-1].file][start:end], line.text))
    return tuple(sentences)


def make_noise(seconds: float, rms: float, seed: int = 0) -> Samples:
    """White noise, `(samples,)`."""
    drawn = np.random.default_rng(seed).standard_normal(round(seconds * RECOGNITION_RATE_HZ), np.float32)
    return drawn * np.float32(rms)


def make_room_noise(seconds: float) -> Samples:
    """A room with a fan: noise that falls by 6 dB an octave above 150 Hz, `(samples,)`."""
    spectrum = np.fft.rfft(make_noise(seconds, 1.0, seed=150))
    spectrum /= 1.0 + np.fft.rfftfreq(round(seconds * RECOGNITION_RATE_HZ), 1 / RECOGNITION_RATE_HZ) / 150.0
    noise = np.fft.irfft(spectrum, round(seconds * RECOGNITION_RATE_HZ)).astype(np.float32)
    scaled: Samples = noise * np.float32(ROOM_NOISE / noise.std())
    return scaled


def join(sentences: Sequence[Spoken], *, pauses: bool, name: str = "") -> Spoken:
    """Sentences one after another, without a pause or with one that ends an utterance."""
    draw = np.random.default_rng(len(sentences))
    gaps = draw.uniform(*_PAUSES_S, len(sentences)) if pauses else np.zeros(len(sentences))
    edge = make_noise(_EDGE_S, MICROPHONE_NOISE)
    pieces = [edge]
    for index, (sentence, gap) in enumerate(zip(sentences, gaps, strict=True)):
        pieces += [sentence.samples, make_noise(gap, MICROPHONE_NOISE, index)]
    return Spoken(name, np.concatenate([*pieces, edge]), " ".join(s.text for s in sentences))


def speak_without_pause(seconds: float) -> Samples:
    """One voice that never pauses, for so long."""
    own = [sentence for sentence in list_sentences() if sentence.name == "carla"]
    once = np.concatenate([sentence.samples for sentence in own])
    return np.resize(once, round(seconds * RECOGNITION_RATE_HZ))


def lay_out_meeting(seconds: float, people: int = PEOPLE) -> Layout:
    """Somebody speaks nearly always, each about as much as the others, half the turns overlap."""
    draw = np.random.default_rng(people)
    length = round(seconds * RECOGNITION_RATE_HZ)
    streams = [make_noise(seconds, MICROPHONE_NOISE, seed) for seed in range(people)]
    at, turn, speech = 0, 0, 0
    while at < length:
        sentence = list_sentences()[turn % len(list_sentences())].samples[: length - at]
        streams[_whose_turn(turn, people)][at : at + len(sentence)] += sentence
        speech += len(sentence)
        at += max(1, len(sentence) + round(draw.uniform(*_TURNS_S) * RECOGNITION_RATE_HZ))
        turn += 1
    return Layout(tuple(streams), speech / RECOGNITION_RATE_HZ)


def _whose_turn(turn: int, people: int) -> int:
    """Each round of turns in another order; nobody twice in a row."""
    round_, place = divmod(turn, people)
    return (place * (3 if people % 3 else 1) + round_) % people


def to_pcm(samples: Samples) -> Pcm:
    """As the ledger keeps it."""
    return np.round(samples.clip(-1.0, 1.0) * 32_767).astype(np.int16)


def _to_16k(sound: Sound) -> Samples:
    resampler, held = Resampler(sound.rate_hz), len(sound.pcm)
    known = resampler.available(held, finished=True)
    return resampler.read(lambda start, end: sound.pcm[start:end], 0, known, through=held, finished=True)
