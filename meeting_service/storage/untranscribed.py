"""Speech without text: kept with the checkpoint that goes past it, told, shown joined where it touches."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection, insert, select

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.events import SpeechGivenUp, StoredEvent
from meeting_service.meeting import Stream
from meeting_service.recognition import Unrecognised
from meeting_service.storage.events import append_events
from meeting_service.storage.schema import checkpoints, untranscribed
from meeting_service.transcript import FIRST_REVISION, Untranscribed

_SAMPLES_PER_MS = RECOGNITION_RATE_HZ // 1000


def keep_untranscribed(
    db: Connection, stream: Stream, stretches: Sequence[Unrecognised], revision: int = FIRST_REVISION
) -> list[StoredEvent]:
    """Keep what is not held yet; the events that tell of it, none for a later revision."""
    new = [stretch for stretch in stretches if stretch.start not in _held_starts(db, stream.id, revision)]
    told: list[StoredEvent] = []
    if revision == FIRST_REVISION:
        told = append_events(db, stream.meeting_id, [SpeechGivenUp(_show(stream, s)) for s in new])
    numbers = [event.seq for event in told] or [0] * len(new)
    of = {"meeting_id": stream.meeting_id, "participant_id": stream.participant_id}
    rows = [
        {
            **of,
            "stream_id": stream.id,
            "revision": revision,
            "start_sample": stretch.start,
            "end_sample": stretch.end,
            "start_ms": _show(stream, stretch).start_ms,
            "end_ms": _show(stream, stretch).end_ms,
            "seq": seq,
        }
        for stretch, seq in zip(new, numbers, strict=True)
    ]
    if rows:
        db.execute(insert(untranscribed), rows)
    return told


def list_untranscribed(db: Connection, meeting_id: str, revision: int) -> list[Untranscribed]:
    """A revision's, by start, then participant; what touches is one."""
    of = (untranscribed.c.meeting_id == meeting_id, untranscribed.c.revision == revision)
    order = (untranscribed.c.participant_id, untranscribed.c.start_ms, untranscribed.c.end_ms)
    rows = db.execute(select(*order).where(*of).order_by(*order))
    joined: list[Untranscribed] = []
    for _, own in groupby((Untranscribed(*row) for row in rows), key=attrgetter("participant_id")):
        joined += _join(list(own))
    return sorted(joined, key=attrgetter("start_ms", "participant_id"))


def list_given_up(db: Connection, revision: int) -> Mapping[int, Sequence[int]]:
    """Where stretches begin that no checkpoint of a revision has passed yet, by stream."""
    columns = (untranscribed.c.stream_id, untranscribed.c.start_sample)
    query = select(*columns).join(checkpoints, checkpoints.c.stream_id == untranscribed.c.stream_id)
    same = (untranscribed.c.revision == revision, checkpoints.c.revision == revision)
    pending = untranscribed.c.start_sample >= checkpoints.c.resume
    starts: dict[int, list[int]] = defaultdict(list)
    for stream_id, start in db.execute(query.where(*same, pending).order_by(*columns)):
        starts[stream_id].append(start)
    return starts


def _join(stretches: Sequence[Untranscribed]) -> list[Untranscribed]:
    """One participant's, by start."""
    joined: list[Untranscribed] = []
    for stretch in stretches:
        if joined and stretch.start_ms <= joined[-1].end_ms:
            last = joined[-1]
            joined[-1] = replace(last, end_ms=max(last.end_ms, stretch.end_ms))
        else:
            joined.append(stretch)
    return joined


def _held_starts(db: Connection, stream_id: int, revision: int) -> set[int]:
    of = (untranscribed.c.stream_id == stream_id, untranscribed.c.revision == revision)
    return set(db.scalars(select(untranscribed.c.start_sample).where(*of)))


def _show(stream: Stream, stretch: Unrecognised) -> Untranscribed:
    start_ms = stream.anchor_ms + stretch.start // _SAMPLES_PER_MS
    end_ms = stream.anchor_ms + stretch.end // _SAMPLES_PER_MS
    return Untranscribed(stream.participant_id, start_ms, end_ms)
