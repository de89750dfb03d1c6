"""Which words of drafts are shown: those that two in a row agree on stay, whatever a third one says."""

from collections.abc import Sequence

from meeting_service.assembly.words import TimedWord


class SteadyDraft:
    """The words shown of one stream's open sentences. Not for several threads.

    Words that are not agreed on are shown too: holding back a draft's last word would halve what is taken
    back, from 0.10 to 0.03 of all characters, and show words 0.2 s later. A draft's last word is never agreed
    on, since what follows decides how it ends.
    """

    def __init__(self) -> None:
        self._agreed: list[TimedWord] = []
        self._rest: list[TimedWord] = []

    def settle(self, words: Sequence[TimedWord], end: int) -> list[TimedWord]:
        """All that was said before `end` is final, and `words` of it are shown on; returns what to show."""
        self._agreed = [*words, *(word for word in self._agreed if word.start >= end)]
        self._rest = [word for word in self._rest if word.start >= end]
        return [*self._agreed, *self._rest]

    def show(self, words: Sequence[TimedWord]) -> list[TimedWord]:
        """Take the words of the next draft; returns those to show."""
        fresh = self._after_agreed(words)
        count = 0
        while count < min(len(self._rest), len(fresh) - 1) and self._rest[count].text == fresh[count].text:
            count += 1
        self._agreed += fresh[:count]
        self._rest = fresh[count:]
        return [*self._agreed, *self._rest]

    def _after_agreed(self, words: Sequence[TimedWord]) -> list[TimedWord]:
        """What goes on from the agreed words: after as many, or where they differ, after their time."""
        count = len(self._agreed)
        if [word.text for word in words[:count]] == [word.text for word in self._agreed]:
            return list(words[count:])
        end = self._agreed[-1].end
        return [word for word in words if (word.start + word.end) // 2 > end]
