"""How files for programs call the speakers: never two alike."""

import re

from meeting_service.exports.options import ExportOptions
from meeting_service.exports.plain import speaker_name
from meeting_service.transcript import Transcript

_NOT_IN_FIELDS = re.compile(r"[\s;]+")


def label_speakers(transcript: Transcript, options: ExportOptions, *, fields: bool = False) -> dict[str, str]:
    """A label for everybody who speaks, by participant id: the name, made one's own where others have it too.

    Args:
        transcript: whose sentences are labelled.
        options: without names, speakers are numbered.
        fields: no spaces, and nothing that begins a comment.
    """
    ids = dict.fromkeys([p.id for p in transcript.participants])
    ids |= dict.fromkeys(sentence.participant_id for sentence in transcript.sentences)
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for number, participant_id in enumerate(ids, 1):
        label = speaker_name(transcript, participant_id) if options.names else f"speaker {number}"
        labels[participant_id] = unique(to_field(label) if fields else label, taken)
    return labels


def to_field(text: str) -> str:
    """Text as a field between spaces; never empty."""
    return _NOT_IN_FIELDS.sub("_", text.strip()) or "_"


def unique(label: str, taken: set[str]) -> str:
    """The label, with a number behind it where it is taken in whatever case; it is taken then."""
    found, number = label, 1
    while found.casefold() in taken:
        number += 1
        found = f"{label}_{number}"
    taken.add(found.casefold())
    return found
