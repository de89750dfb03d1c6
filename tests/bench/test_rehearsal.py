import asyncio
from pathlib import Path

from aiohttp import ClientSession

from meeting_service.bench.delays import FINAL_LIMIT_MS
from meeting_service.bench.rehearsal import SETTLE_S, rehearse
from meeting_service.bench.replay import replay
from meeting_service.bench.served import Served
from meeting_service.bench.turns import Track, make_silence, make_track
from meeting_service.data_folder import LEDGER_FILE
from meeting_service.recogniser import get_model, load_recogniser


def speak(seconds: float) -> Track:
    """One turn that counts."""
    track = make_track(seconds, 0, begin_s=SETTLE_S)
    assert track.turns
    return track


async def list_meetings(url: str) -> list[str]:
    """The ids of those the service has."""
    async with ClientSession() as session, session.get(f"{url}v1/meetings") as response:
        return [meeting["id"] for meeting in (await response.json())["meetings"]]


async def test_measures_a_meeting(served: Served) -> None:
    """Two meetings at once give delays of all their speakers and the CPU time they cost; nothing is left."""
    rehearsal = await rehearse(served, [[speak(7), make_silence(7)], [make_silence(7)]])

    assert 7 == rehearsal.seconds
    assert 2 == len(rehearsal.meetings)
    assert len(speak(7).turns) == len(rehearsal.delays.finals_ms) == len(rehearsal.delays.first_drafts_ms)
    assert 0 == rehearsal.refusals
    assert 0 < sum(rehearsal.steady_ms_per_s) * rehearsal.steady_s / 1_000 <= rehearsal.cpu_s
    assert not set(rehearsal.meetings) & set(await list_meetings(served.url))


def test_recognises_again_what_was_recognised(served: Served, tmp_path: Path) -> None:
    """A meeting's windows, found in log and ledger, are recognised alone for less than the service took."""
    noted_before = len(served.log.read_text())
    rehearsal = asyncio.run(rehearse(served, [[speak(7)]], keep=True))
    engine = load_recogniser(get_model("demo"))
    engine.warm_up()

    log = tmp_path / "log"
    log.write_text(served.log.read_text()[noted_before:])
    alone = replay(log, served.log.parent / "data" / LEDGER_FILE, engine)

    assert set(rehearsal.meetings) <= set(asyncio.run(list_meetings(served.url)))
    assert alone.windows > 0
    assert alone.encoded_s > 0
    assert 0 < alone.cpu_s < rehearsal.cpu_s


def test_limits_are_the_services() -> None:
    """Finals are promised later than the longest pause that ends a short utterance."""
    assert FINAL_LIMIT_MS > 800
