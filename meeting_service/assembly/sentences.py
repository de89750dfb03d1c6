"""Sentences out of an utterance's tokens, as they become final."""

from collections.abc import Sequence

from meeting_service.assembly.boundaries import ends_sentence, longest_pause, overlong
from meeting_service.assembly.steady import SteadyDraft
from meeting_service.assembly.words import (
    TimedWord,
    drop_closing_marks,
    drop_leading_marks,
    tokens_to_words,
)
from meeting_service.meeting import Stream
from meeting_service.recognition import SentenceRules, Token
from meeting_service.transcript import Draft, Sentence, Word

_SAMPLES_PER_MS = 16


class SentenceAssembler:
    """Makes one stream's sentences, utterance after utterance. Not for several threads.

    A sentence is given out once it is complete; its last words may come with a later hypothesis of
    the same utterance, and an utterance's end completes it in any case. Its id is made of the stream,
    the utterance's start and its number there, so the same audio always gives the same ids. Times are
    rounded down to whole ms; its confidence is the mean of its words', a word's that of its least
    certain letters.
    """

    def __init__(self, stream: Stream, rules: SentenceRules) -> None:
        self._stream = stream
        self._rules = rules
        self._utterance_start: int | None = None
        self._count = 0
        self._pending: list[Token] = []
        self._steady = SteadyDraft()

    @property
    def pending(self) -> Sequence[Token]:
        """Final tokens of the sentence that is not complete yet."""
        return tuple(self._pending)

    def accept(self, utterance_start: int, tokens: Sequence[Token], *, last: bool) -> list[Sentence]:
        """Take an utterance's next tokens, in the order recognised; returns what is complete now.

        Args:
            utterance_start: sample at which it began; names the utterance.
            tokens: possibly none.
            last: whether the utterance ends with them.

        Raises:
            ValueError: an utterance began before the former one was ended.
        """
        if self._utterance_start not in (None, utterance_start):
            raise ValueError(f"the utterance that began at {self._utterance_start} is not over")
        self._utterance_start = utterance_start
        self._pending += tokens
        sentences = self._complete(last=last)
        if last:
            self._utterance_start, self._count, self._pending = None, 0, []
        return sentences

    def draft(self, tokens: Sequence[Token], *, resting: bool = False) -> Draft:
        """How the open sentence reads, by the next draft and those before; of no text when there is nothing.

        Args:
            tokens: what the draft adds to the final tokens.
            resting: whether the speaker pauses; in the midst of speech a mark at the end is a guess.
        """
        return self._to_draft(self._steady.show(self._read_on(tokens)), resting=resting)

    def settle_draft(self, end: int) -> Draft:
        """How the open sentence reads when all before `end` has become final."""
        return self._to_draft(self._steady.settle(self._pending_words(), end), resting=False)

    def _read_on(self, tokens: Sequence[Token]) -> list[TimedWord]:
        return tokens_to_words(drop_leading_marks([*self._pending, *tokens]))

    def _to_draft(self, words: Sequence[TimedWord], *, resting: bool) -> Draft:
        start, end = (words[0].start, words[-1].end) if words else (0, 0)
        text = " ".join(word.text for word in words if word.text)
        text = text if resting else drop_closing_marks(text)
        return Draft(self._stream.participant_id, self._ms(start), self._ms(end), text)

    def _complete(self, *, last: bool) -> list[Sentence]:
        sentences = []
        while words := self._pending_words():
            count = self._complete_words(words, last=last)
            if not count:
                break
            sentences.append(self._sentence(words[:count]))
            del self._pending[: sum(word.token_count for word in words[:count])]
        return sentences

    def _pending_words(self) -> list[TimedWord]:
        self._pending = drop_leading_marks(self._pending)
        return tokens_to_words(self._pending)

    def _complete_words(self, words: Sequence[TimedWord], *, last: bool) -> int:
        """How many of the first words are a complete sentence."""
        for index in range(len(words)):
            if index and overlong(words[: index + 1], self._rules):
                return longest_pause(words[: index + 1])
            if ends_sentence(words, index, self._rules):
                return index + 1
        return len(words) if last else 0

    def _sentence(self, words: Sequence[TimedWord]) -> Sentence:
        name = f"{self._stream.id}-{self._utterance_start}-{self._count}"
        self._count += 1
        shown = [self._word(word) for word in words if word.text]
        return Sentence(
            id=name,
            participant_id=self._stream.participant_id,
            start_ms=shown[0].start_ms,
            end_ms=shown[-1].end_ms,
            text=" ".join(word.text for word in shown),
            confidence=round(sum(word.confidence for word in words) / len(words), 3),
            words=tuple(shown),
        )

    def _word(self, word: TimedWord) -> Word:
        confidence = round(word.confidence, 3)
        return Word(word.text, self._ms(word.start), self._ms(word.end), confidence)

    def _ms(self, sample: int) -> int:
        return self._stream.anchor_ms + sample // _SAMPLES_PER_MS


def assemble(
    stream: Stream, utterance_start: int, tokens: Sequence[Token], rules: SentenceRules | None = None
) -> list[Sentence]:
    """The sentences of one whole utterance."""
    return SentenceAssembler(stream, rules or SentenceRules()).accept(utterance_start, tokens, last=True)
