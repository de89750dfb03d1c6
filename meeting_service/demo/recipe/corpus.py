"""
A corpus as training sees it: clips of whole or cut utterances, with their tokens and where these end.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from meeting_service.demo.recipe.synthesis import Utterance, read_corpus
from meeting_service.demo.recipe.tokenizer import encode, pieces

_CUT_JITTER_SAMPLES = 480


@dataclass(frozen=True)
class Clip:
    """A piece of one utterance, with its tokens and the sample, from its own start, where each ends."""

    samples: NDArray[np.int16]
    tokens: NDArray[np.int16]
    ends: NDArray[np.int32]


class Corpus:
    """Utterances in memory-mapped audio, with tokens and where they end."""

    def __init__(self, folder: Path) -> None:
        self.utterances, self._audio = read_corpus(folder)
        self.lengths = np.array([utterance.samples for utterance in self.utterances])
        self._tokens = [np.array(encode(utterance.text), np.int16) for utterance in self.utterances]

    def _ends(self, utterance: Utterance) -> NDArray[np.int32]:
        letters = np.cumsum([len(piece) for piece in pieces(utterance.text)]) - 1
        characters, samples = zip(*utterance.anchors, strict=True)
        ends: NDArray[np.int32] = np.interp(letters, characters, samples).astype(np.int32)
        return ends

    def clip(self, index: int) -> Clip:
        """A whole utterance."""
        utterance = self.utterances[index]
        audio = self._audio[utterance.offset : utterance.offset + utterance.samples]
        return Clip(audio, self._tokens[index], self._ends(utterance))

    def cut(self, index: int, *, head: bool, tail: bool) -> Clip:
        """An utterance without its beginning, its end, or both; whole where its words are not timed."""
        utterance, whole = self.utterances[index], self.clip(index)
        words = utterance.anchors[1:-1]
        if len(words) < 4:
            return whole
        starts = np.cumsum([0] + [len(piece) for piece in pieces(utterance.text)])[:-1]
        first, last = random.choice(words[: len(words) // 2]), random.choice(words[len(words) // 2 :])
        low, begin = first if head else (0, 0)
        high, end = last if tail else (len(utterance.text) + 1, utterance.samples)
        begin = max(0, begin - random.randrange(_CUT_JITTER_SAMPLES)) if head else 0
        kept = (starts >= low) & (starts < high)
        return Clip(whole.samples[begin:end], whole.tokens[kept], whole.ends[kept] - begin)
