"""
Offline speech engines as libraries: espeak-ng and flite, text in, samples and word times out.

Both are loaded on first use and keep global state, so a process uses them from one thread.
"""

import ctypes as c
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np
import soxr
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000

Samples = NDArray[np.float32]

_ESPEAK_FILES = {
    "en-us": "gmw/en-US",
    "en-gb": "gmw/en",
    "en-gb-x-rp": "gmw/en-GB-x-rp",
    "en-gb-scotland": "gmw/en-GB-scotland",
}
_FLITE_PITCH_HZ = {"slt": 170.0, "rms": 105.0, "kal16": 105.0, "awb": 130.0}
_TOKEN_START = b"R:Token.daughter1.R:SylStructure.daughter1.daughter1.R:Segment.p.end"


@dataclass(frozen=True)
class Manner:
    """How a voice speaks: 1 is the engine's own habit."""

    tempo: float = 1.0
    """Speed of speech; 1.2 is a fifth faster."""
    pitch: float = 1.0
    """Height of the voice."""


@dataclass(frozen=True)
class Speech:
    """One spoken text."""

    samples: Samples
    """Mono at 16 kHz, `(samples,)`, full scale 1."""
    anchors: tuple[tuple[int, int], ...]
    """Where words start: character position in the text, sample position."""


class Engine(Protocol):
    """What every engine offers."""

    def speak(self, text: str, voice: str, manner: Manner) -> Speech:
        """Speak a text in a voice of this engine."""


class _EspeakEvent(c.Structure):
    _fields_ = [
        ("type", c.c_int),
        ("unique_id", c.c_uint),
        ("text_position", c.c_int),
        ("length", c.c_int),
        ("audio_position_ms", c.c_int),
        ("sample", c.c_int),
        ("user_data", c.c_void_p),
        ("id", c.c_char * 8),
    ]


_ESPEAK_CALLBACK = c.CFUNCTYPE(c.c_int, c.POINTER(c.c_short), c.c_int, c.POINTER(_EspeakEvent))
_ESPEAK_SYNCHRONOUS, _ESPEAK_UTF8, _ESPEAK_WORD_EVENT = 2, 1, 1
_ESPEAK_RATE, _ESPEAK_PITCH = 1, 3


class Espeak:
    """espeak-ng through its C library, which reports where each word starts."""

    def __init__(self) -> None:
        self._library = c.CDLL("libespeak-ng.so.1")
        self._rate_hz = self._library.espeak_Initialize(_ESPEAK_SYNCHRONOUS, 0, None, 0)
        self._blocks: list[NDArray[np.int16]] = []
        self._words: list[tuple[int, int]] = []
        self._callback = _ESPEAK_CALLBACK(self._collect)
        self._library.espeak_SetSynthCallback(self._callback)

    def _collect(self, samples: Any, count: int, events: Any) -> int:
        if samples and count:
            self._blocks.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while events[index].type:
            if events[index].type == _ESPEAK_WORD_EVENT:
                at = events[index].audio_position_ms * SAMPLE_RATE_HZ // 1000
                self._words.append((events[index].text_position - 1, at))
            index += 1
        return 0

    def speak(self, text: str, voice: str, manner: Manner) -> Speech:
        """Speak a text; `voice` is a language with an optional variant, such as `en-us+f2`."""
        self._blocks.clear()
        self._words.clear()
        language, plus, variant = voice.partition("+")
        if self._library.espeak_SetVoiceByName((_ESPEAK_FILES[language] + plus + variant).encode()):
            raise ValueError(f"espeak-ng has no voice {voice}")
        self._library.espeak_SetParameter(_ESPEAK_RATE, round(165 * manner.tempo), 0)
        self._library.espeak_SetParameter(_ESPEAK_PITCH, round(50 * manner.pitch), 0)
        data = text.encode()
        self._library.espeak_Synth(data, len(data) + 1, 0, 0, 0, _ESPEAK_UTF8, None, None)
        samples = np.concatenate(self._blocks).astype(np.float32) / 32768
        return Speech(soxr.resample(samples, self._rate_hz, SAMPLE_RATE_HZ), tuple(self._words))


class _FliteVoice(c.Structure):
    _fields_ = [("name", c.c_char_p), ("features", c.c_void_p)]


class _FliteWave(c.Structure):
    _fields_ = [
        ("type", c.c_char_p),
        ("sample_rate_hz", c.c_int),
        ("samples", c.c_int),
        ("channels", c.c_int),
        ("data", c.POINTER(c.c_short)),
    ]


class Flite:
    """flite through its C library; word times come from the utterance's own token relation."""

    def __init__(self) -> None:
        self._library = c.CDLL("libflite.so.1", mode=c.RTLD_GLOBAL)
        for name in ("libflite_usenglish.so.1", "libflite_cmulex.so.1"):
            c.CDLL(name, mode=c.RTLD_GLOBAL)
        self._library.flite_init()
        self._declare("flite_synth_text", c.c_void_p, c.c_char_p, c.c_void_p)
        self._declare("utt_wave", c.POINTER(_FliteWave), c.c_void_p)
        self._declare("utt_relation", c.c_void_p, c.c_void_p, c.c_char_p)
        self._declare("relation_head", c.c_void_p, c.c_void_p)
        self._declare("item_next", c.c_void_p, c.c_void_p)
        self._declare("flite_ffeature_float", c.c_float, c.c_void_p, c.c_char_p)
        self._declare("flite_feat_set_float", None, c.c_void_p, c.c_char_p, c.c_float)
        self._declare("delete_utterance", None, c.c_void_p)
        self._voices: dict[str, Any] = {}

    def _declare(self, name: str, result: Any, *arguments: Any) -> None:
        function = getattr(self._library, name)
        function.restype, function.argtypes = result, list(arguments)

    def _voice(self, name: str) -> Any:
        if name not in self._voices:
            register = getattr(c.CDLL(f"libflite_cmu_us_{name}.so.1"), f"register_cmu_us_{name}")
            register.restype, register.argtypes = c.POINTER(_FliteVoice), [c.c_void_p]
            self._voices[name] = register(None)
        return self._voices[name]

    def speak(self, text: str, voice: str, manner: Manner) -> Speech:
        """Speak a text; `voice` is `slt`, `rms`, `kal16` or `awb`."""
        handle = self._voice(voice)
        features = handle.contents.features
        self._library.flite_feat_set_float(features, b"duration_stretch", 1 / manner.tempo)
        pitch_hz = _FLITE_PITCH_HZ[voice] * manner.pitch
        self._library.flite_feat_set_float(features, b"int_f0_target_mean", pitch_hz)
        utterance = self._library.flite_synth_text(text.encode(), handle)
        wave = self._library.utt_wave(utterance).contents
        samples = np.ctypeslib.as_array(wave.data, (wave.samples,)).astype(np.float32) / 32768
        samples = soxr.resample(samples, wave.sample_rate_hz, SAMPLE_RATE_HZ)
        starts = self._token_starts(utterance)
        self._library.delete_utterance(utterance)
        return Speech(samples, _anchors(text, starts))

    def _token_starts(self, utterance: Any) -> list[int]:
        starts = []
        token = self._library.relation_head(self._library.utt_relation(utterance, b"Token"))
        while token:
            start_s = self._library.flite_ffeature_float(token, _TOKEN_START)
            starts.append(int(start_s * SAMPLE_RATE_HZ))
            token = self._library.item_next(token)
        return starts


def _anchors(text: str, starts: list[int]) -> tuple[tuple[int, int], ...]:
    """Word starts by character; empty where the engine's tokens are not the words of the text."""
    characters = [0] + [at + 1 for at, letter in enumerate(text) if letter == " "]
    return tuple(zip(characters, starts, strict=True)) if len(characters) == len(starts) else ()


@cache
def engine(name: str) -> Engine:
    """The engine `espeak` or `flite`, loaded once per process."""
    engines: dict[str, type[Engine]] = {"espeak": Espeak, "flite": Flite}
    return engines[name]()


def speak(voice: str, text: str, manner: Manner = Manner()) -> Speech:
    """Speak a text in a voice such as `espeak:en-us+f2` or `flite:slt`."""
    name, _, engine_voice = voice.partition(":")
    return engine(name).speak(text, engine_voice, manner)
