"""What the model is measured on: held-out sentences and free ones, spoken plainly by each kind of voice."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meeting_service.demo.recipe.engines import SAMPLE_RATE_HZ, Samples, speak
from meeting_service.demo.recipe.synthesis import TRAINED_VOICES, UNSEEN_VOICE, trim
from meeting_service.demo.recipe.text import sentences

FREE_FILES = {"free everyday": "free_everyday.txt", "free stories": "free_stories.txt"}
"""Sentences written by hand, which the grammar was never adapted to."""

_NOISE = 0.001
_SEED = 7


@dataclass(frozen=True)
class Clip:
    """One recording and what is said in it."""

    group: str
    voice: str
    text: str
    samples: Samples
    """Mono at 16 kHz, `(samples,)`, with a little silence and quiet noise around the speech."""


def _in_silence(
    speech: list[NDArray[np.int16]], rng: random.Random, pauses_s: tuple[float, float]
) -> Samples:
    parts: list[Samples] = [np.zeros(int(rng.uniform(0.2, 0.5) * SAMPLE_RATE_HZ), np.float32)]
    for samples in speech:
        pause = np.zeros(int(rng.uniform(*pauses_s) * SAMPLE_RATE_HZ), np.float32)
        parts += [samples.astype(np.float32) / np.float32(32768), pause]
    joined = np.concatenate(parts)
    noise = np.random.default_rng(rng.randrange(1 << 30)).standard_normal(len(joined))
    return joined + noise.astype(np.float32) * np.float32(_NOISE)


def record(group: str, voice: str, texts: list[str], rng: random.Random, pause_s: float = 0.5) -> Clip:
    """Speak sentences one after the other in one recording."""
    speech = [trim(speak(voice, text), text)[0] for text in texts]
    return Clip(group, voice, " ".join(texts), _in_silence(speech, rng, (0.2, pause_s)))


def voice_family(voice: str) -> str:
    """`espeak-ng` for all its voices, otherwise the voice itself."""
    return "espeak-ng" if voice.startswith("espeak") else voice.replace(":", " ")


def _voices() -> Iterator[str]:
    """Trained voices in turn, so that each family comes as often as the others."""
    espeak = itertools.cycle(voice for voice in TRAINED_VOICES if voice.startswith("espeak"))
    flite = itertools.cycle(voice for voice in TRAINED_VOICES if voice.startswith("flite"))
    while True:
        yield from (next(espeak), next(flite), next(flite), next(flite))


def free_sentences(group: str) -> list[str]:
    """The hand-written sentences of one free set."""
    path = Path(__file__).with_name(FREE_FILES[group])
    return path.read_text(encoding="utf-8").splitlines()


def held_out_sentences(kind: str, count: int) -> list[str]:
    """Held-out sentences of one template file; "short" ones may be very short, the others have 4 words."""
    texts = sentences(_SEED, held_out=True, mix={kind: 1})
    long_enough = (text for text in texts if kind == "short" or len(text.split()) >= 4)
    return list(itertools.islice(dict.fromkeys(itertools.islice(long_enough, 4 * count)), count))


def _random_words(count: int, rng: random.Random) -> list[str]:
    words = [word for text in held_out_sentences("meeting", 400) for word in text.lower().strip(".?").split()]
    plain = sorted({word for word in words if word.isalpha()})
    return [" ".join(rng.sample(plain, 6)).capitalize() + "." for _ in range(count)]


def evaluation_clips(size: int) -> Iterator[Clip]:
    """Every set in turn; `size` is the number of recordings of the held-out meeting set."""
    rng, voices = random.Random(_SEED), _voices()
    texts = {kind: held_out_sentences(kind, size) for kind in ("meeting", "everyday")}
    texts |= {name: free_sentences(name)[:size] for name in FREE_FILES}
    for group, lines in texts.items():
        for text in lines:
            yield record(group, next(voices), [text], rng)
    for group in ("meeting", "free everyday"):
        for text in texts[group][: size // 2]:
            yield record(f"{group}, unseen voice", UNSEEN_VOICE, [text], rng)
    for text in held_out_sentences("short", size // 2):
        yield record("short", next(voices), [text], rng)
    for text in _random_words(size // 4, rng):
        yield record("random words", next(voices), [text], rng)
    for number in range(size // 8):
        several = texts["meeting"][4 * number : 4 * number + 4]
        yield record("several with pauses", next(voices), several, rng, 1.2)
