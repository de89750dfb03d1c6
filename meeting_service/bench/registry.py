"""All parts, in the order they run and are listed."""

from collections.abc import Sequence

from meeting_service.bench.part import Part
from meeting_service.bench.parts import (
    accuracy,
    acknowledgements,
    against_upstream,
    capacity,
    catch_up,
    decoding,
    drafts,
    durable,
    encoding,
    growth,
    memory,
    overhead,
    profile,
    quantised,
    silence,
    voice_detection,
)
from meeting_service.errors import MeetingServiceError

PARTS: tuple[Part, ...] = (
    against_upstream.PART,
    accuracy.PART,
    drafts.PART,
    silence.PART,
    voice_detection.PART,
    encoding.PART,
    decoding.PART,
    quantised.PART,
    profile.PART,
    overhead.PART,
    durable.PART,
    acknowledgements.PART,
    catch_up.PART,
    capacity.PART,
    memory.PART,
    growth.PART,
)


def choose_parts(names: Sequence[str], *, quick: bool) -> list[Part]:
    """The parts of these names, or without any all that there is time for; in the order they run.

    Raises:
        MeetingServiceError: there is no part of a name.
    """
    known = {part.name: part for part in PARTS}
    for name in names:
        if name not in known:
            raise MeetingServiceError(f"there is no part {name!r} in the bench: {', '.join(known)}")
    if names:
        return [part for part in PARTS if part.name in names]
    return [part for part in PARTS if part.quick or not quick]
