"""What the demo measures: how far the transcript is from the script, and how soon text came."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from meeting_service.demo.script import Script
from meeting_service.scoring import WordErrors, count_speaker_word_errors, count_word_errors


@dataclass
class Delays:
    """How long after its last sound each text was received, in ms of wall time."""

    finals_ms: list[float] = field(default_factory=list)
    drafts_ms: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Score:
    """Word errors by display name, in the script's order, and of all together."""

    by_name: Mapping[str, WordErrors]
    overall: WordErrors
    """cpWER, with the speakers known"""


def score(script: Script, heard: Iterable[tuple[str, str]]) -> Score:
    """Compare what was heard, pairs of participant id and text in reading order, with the script."""
    said = script.said_by()
    texts: dict[str, list[str]] = {}
    for participant, text in heard:
        texts.setdefault(participant, []).append(text)
    joined = {participant: " ".join(parts) for participant, parts in texts.items()}
    by_name = {s.name: count_word_errors(said[s.id], joined.get(s.id, "")) for s in script.participants}
    return Score(by_name, count_speaker_word_errors(said, joined))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of them do not exceed; not a number without values."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def describe_delays(label: str, values: Sequence[float]) -> str:
    """One line with the median and the slow end."""
    if not values:
        return f"{label}: none"
    return f"{label}: p50 {percentile(values, 0.5):.0f} ms, p95 {percentile(values, 0.95):.0f} ms"
