"""Audio that may have been sent before: a sender who missed the answer to `end` sends everything again.

Its new stream then begins like the participant's stream before it. It is kept as any other, and recognised
as soon as it differs; if it ends without a difference it was the former one again, and is let go. So sending
again makes no second copy, and who comes back with anything else to say loses nothing. What the service
finds at its start is recognised whatever it is: rather a second copy than a loss.
"""

from collections.abc import Sequence

from meeting_service.errors import StorageFailed
from meeting_service.ledger import Ledger
from meeting_service.meeting import Stream


def find_former(stream: Stream, streams: Sequence[Stream], ledger: Ledger) -> Stream | None:
    """The stream that this one could repeat: the participant's latest before it, if that ended with audio.

    Args:
        stream: a participant's newest.
        streams: of the meeting, oldest first.
        ledger: where their audio is.
    """
    earlier = [s for s in streams if s.participant_id == stream.participant_id and s.id < stream.id]
    if not earlier:
        return None
    former = earlier[-1]
    alike = former.ended and former.rate_hz == stream.rate_hz and ledger.through(former.id) > 0
    return former if alike else None


async def repeats(stream_id: int, former_id: int, start: int, end: int, ledger: Ledger) -> bool:
    """Whether samples `[start, end)` of a stream are the former one's; False where that cannot be read."""
    if end > ledger.through(former_id):
        return False
    try:
        return await ledger.is_same(stream_id, former_id, start, end)
    except StorageFailed:
        return False
