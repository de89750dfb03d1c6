"""What became of every sample of a meeting's audio, over HTTP: drawn up when it is asked for."""

from collections.abc import Sequence

from aiohttp import web

from meeting_service import accounting
from meeting_service.accounting import Fault, StreamAccount
from meeting_service.errors import NotFound
from meeting_service.web import shapes
from meeting_service.web.bodies import json_reply
from meeting_service.web.keys import SESSIONS
from meeting_service.web.operations import Operation, Reply


class Finding(shapes.Shape):
    """Something that does not add up."""

    fault: Fault
    meaning: str
    """the fault in words"""
    samples: int
    """by how much"""


class StreamFigures(shapes.Shape):
    """One stream's account, samples at 16 kHz, as of its last checkpoint. `received` is the sum of `silent`,
    `speech` and `waiting`, and `speech` that of `transcribed` and `not_transcribed`."""

    participant_id: str
    from_ms: int
    """where in the meeting it begins"""
    finished: bool
    """whether all its text is final: then nothing waits"""
    audio_kept: bool
    received: int
    """what was acknowledged, gaps included"""
    gaps: int
    """of it, declared missing; heard as silence"""
    silent: int
    speech: int
    transcribed: int
    not_transcribed: int
    waiting: int
    unaccounted: int
    """the most that anything of it does not add up by"""
    findings: list[Finding]


class Account(shapes.Shape):
    """What became of all audio of a meeting."""

    unaccounted_ms: int
    """of all streams; above 0 is an error of the service"""
    streams: list[StreamFigures]
    """oldest first"""


READ = Operation(
    "Account for a meeting's audio",
    {200: Reply("Every stream's account, exact to the sample.", Account)},
    detail="Holds what the audio store has of each stream, piece by piece, against what recognition wrote "
    "down beside the text. The same is done by itself when a stream is finished.",
    errors=[NotFound],
)


async def read(request: web.Request) -> web.Response:
    """GET /v1/meetings/{meeting}/account."""
    sessions, meeting_id = request.app[SESSIONS], request.match_info["meeting"]
    await sessions.get_meeting(meeting_id)
    return json_reply(accounts_to_shape(await sessions.audits.draw_up(meeting_id)))


def accounts_to_shape(accounts: Sequence[StreamAccount]) -> Account:
    """All accounts of a meeting."""
    return Account(
        unaccounted_ms=sum(account.unaccounted_ms for account in accounts),
        streams=[_to_figures(account) for account in accounts],
    )


def _to_figures(account: StreamAccount) -> StreamFigures:
    record = account.record
    own = {
        "participant_id": record.stream.participant_id,
        "from_ms": record.stream.anchor_ms,
        "finished": record.finished,
        "audio_kept": record.audio_kept,
        "findings": [_to_finding(finding) for finding in account.findings],
    }
    sums = {name: getattr(account, name) for name in StreamFigures.model_fields if name not in own}
    return StreamFigures(**own, **sums)


def _to_finding(finding: accounting.Finding) -> Finding:
    return Finding(fault=finding.fault, meaning=finding.fault.meaning, samples=finding.samples)
