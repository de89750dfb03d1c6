"""Where a sentence ends: by punctuation, a pause, its length."""

import re
from collections.abc import Sequence
from itertools import pairwise

from meeting_service.assembly.words import TimedWord
from meeting_service.recognition import SentenceRules

_ENDS = re.compile(r"[.!?…。！？][\"'”’»)\]」』]*$")
_NUMBER = re.compile(r"\d\.$")
_INITIAL = re.compile(r"^[A-Z]\.$")
_DOTTED = re.compile(r"^\w(\.\w)+\.$")
_NEVER_LAST = frozenset(
    {"mr.", "mrs.", "ms.", "dr.", "prof.", "st.", "vs.", "e.g.", "i.e.", "cf.", "approx.", "jr.", "sr."}
)
_SAMPLES_PER_MS = 16


def ends_sentence(words: Sequence[TimedWord], index: int, rules: SentenceRules) -> bool:
    """Whether the sentence that begins with `words[0]` surely ends after `words[index]`.

    Where the next word decides and is not known yet (`3.`, `p.m.`), it does not.
    """
    word = words[index]
    following = words[index + 1] if index + 1 < len(words) else None
    if following and following.start - word.end >= rules.silence_gap_ms * _SAMPLES_PER_MS:
        return True
    if not _ENDS.search(word.text) or _belongs_to_next(words, index):
        return False
    if _DOTTED.match(word.text):
        return following is not None and following.text[:1].isupper()
    return following is not None or not _NUMBER.search(word.text)


def overlong(words: Sequence[TimedWord], rules: SentenceRules) -> bool:
    """Whether these words are too long for one sentence."""
    duration = words[-1].end - words[0].start
    return len(words) > rules.max_words or duration > rules.max_duration_ms * _SAMPLES_PER_MS


def longest_pause(words: Sequence[TimedWord]) -> int:
    """The number of words before the longest pause between two of them; of equals the last."""
    pauses = [after.start - word.end for word, after in pairwise(words)]
    return max(range(1, len(words)), key=lambda count: (pauses[count - 1], count))


def _belongs_to_next(words: Sequence[TimedWord], index: int) -> bool:
    """Titles and initials: `Mr.`, the `J.` and `R.` of `J. R. Smith`."""
    if words[index].text.lower() in _NEVER_LAST:
        return True
    if not _INITIAL.match(words[index].text):
        return False
    if index + 1 < len(words) and _INITIAL.match(words[index + 1].text):
        return True
    return index == 0 or _belongs_to_next(words, index - 1)
