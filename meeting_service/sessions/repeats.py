"""Audio that may have been sent before: a sender who missed the answer to `end` sends everything again.

Its new stream then begins like the participant's stream before it. It is kept as any other, and recognised
as soon as it differs; if it ends without a difference it was the former one again, and is let go. So sending
again makes no second copy, and who comes back with anything else to say loses nothing. Which stream one may
be again is kept with it, so a restart in between changes neither.
"""

from collections.abc import Sequence

from meeting_service.errors import StorageFailed
from meeting_service.ledger import Ledger
from meeting_service.meeting import Stream


def find_former(
    participant_id: str, rate_hz: int, streams: Sequence[Stream], ledger: Ledger
) -> Stream | None:
    """The stream that a new one could repeat: the participant's latest, if that ended with audio.

    Args:
        participant_id: whose new stream it is.
        rate_hz: the new stream's.
        streams: of the meeting, oldest first, without the new one.
        ledger: where their audio is.
    """
    former = next((s for s in reversed(streams) if s.participant_id == participant_id), None)
    if former is None or not former.ended or former.rate_hz != rate_hz or not ledger.through(former.id):
        return None
    return former


async def repeats(stream_id: int, former_id: int, start: int, end: int, ledger: Ledger) -> bool:
    """Whether samples `[start, end)` of a stream are the former one's; False where that cannot be read."""
    if end > ledger.through(former_id):
        return False
    try:
        return await ledger.is_same(stream_id, former_id, start, end)
    except StorageFailed:
        return False
