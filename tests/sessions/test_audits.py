"""Audits: what adds up passes unseen; what somebody altered behind the service's back shows everywhere."""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import structlog

from meeting_service import metrics
from meeting_service.accounting import StreamAccount
from meeting_service.data_folder import LEDGER_FILE, STORE_FILE
from meeting_service.logs import CONTENT_KEYS
from meeting_service.meeting import NewMeeting, Participant
from meeting_service.sessions import SessionManager
from meeting_service.settings import Settings
from tests.sessions.conftest import RATE_HZ, RunService, talk

START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
AUDIO_RATE_HZ = 44_100


async def _hold(sessions: SessionManager, meeting_id: str = "m") -> None:
    """One participant speaks, is missing for a while, speaks again, leaves and comes back."""
    await sessions.create_meeting(NewMeeting(id=meeting_id, started_at=START))
    pcm = np.repeat(talk(1, 12.0), 3)[:400_003]
    for minute, part in enumerate((pcm[:250_001], pcm[250_001:])):
        at = START + timedelta(minutes=minute)
        audio = await sessions.open_input(meeting_id, ["ann"], AUDIO_RATE_HZ, captured_at=at)
        await audio.append(part[:100_000], 0)
        await audio.declare_gap(100_000, 133_333)
        await audio.append(part[100_000:], None)
        await audio.end()


async def _person(sessions: SessionManager) -> Participant:
    (person,) = await sessions.list_participants("m")
    return person


def _tamper(settings: Settings, file: str, statement: str) -> None:
    path = settings.data.directory / file
    with closing(sqlite3.connect(path)) as database, database:
        assert database.execute(statement).rowcount > 0


def _check_sums(accounts: Sequence[StreamAccount]) -> None:
    for account in accounts:
        assert account.received == account.silent + account.speech + account.waiting
        assert account.speech == account.transcribed + account.not_transcribed


async def test_a_meeting_adds_up(run_service: RunService) -> None:
    """All that came is silent or spoken, all speech has text, in samples and in what is shown; none waits."""
    async with run_service() as sessions:
        await _hold(sessions)
        await sessions.end_meeting("m")
        accounts = await sessions.audits.draw_up("m")
        person = await _person(sessions)

    _check_sums(accounts)
    assert [[], []] == [account.findings for account in accounts]
    assert sum(account.gaps for account in accounts) == 2 * (
        -(-133_333 * 160 // 441) - -(-100_000 * 160 // 441)
    )
    assert person.received_ms == person.silent_ms + person.speech_ms
    assert (person.speech_ms, 0, 0) == (person.transcribed_ms, person.waiting_ms, person.unaccounted_ms)
    assert person.speech_ms > 4_000
    assert 1_512 == person.gap_ms


async def test_a_live_meeting_adds_up_at_any_moment(run_service: RunService) -> None:
    """What is not heard to its end waits, and the sum is what was received."""
    async with run_service() as sessions:
        await sessions.create_meeting(NewMeeting(id="m"))
        audio = await sessions.open_input("m", ["ann"], RATE_HZ)
        for piece in np.array_split(talk(2, 20.0), 40):
            await audio.append(piece, None)
            await asyncio.sleep(0)
            person = await _person(sessions)

            assert person.received_ms == person.silent_ms + person.speech_ms + person.waiting_ms
            assert all(account.findings == [] for account in await sessions.audits.draw_up("m"))


@pytest.mark.parametrize(
    ("file", "statement", "unaccounted_ms"),
    [
        (LEDGER_FILE, "DELETE FROM piece WHERE stream = 1 AND start = 0", 465),
        (LEDGER_FILE, "UPDATE piece SET pcm = zeroblob(2) WHERE stream = 2 AND start = 0", 744),
        (LEDGER_FILE, "UPDATE stream SET through = through + 1 WHERE id = 1", 1),
        (STORE_FILE, "UPDATE checkpoints SET resume = resume - 160 WHERE stream_id = 2", 10),
        (STORE_FILE, "UPDATE checkpoints SET transcribed_samples = transcribed_samples - 1", 2),
        (STORE_FILE, "UPDATE checkpoints SET speech_samples = speech_samples + 16", 2),
        (STORE_FILE, "UPDATE streams SET received_samples = received_samples - 441 WHERE id = 1", 10),
        (STORE_FILE, "DELETE FROM gaps", 1_512),
    ],
)
async def test_what_was_altered_is_found(
    run_service: RunService, settings: Settings, file: str, statement: str, unaccounted_ms: int
) -> None:
    """It is logged with stream and seconds, shown with the participant, in the metrics and in /readyz."""
    async with run_service() as sessions:
        await _hold(sessions)
        await sessions.end_meeting("m")
        assert 0 == (await _person(sessions)).unaccounted_ms
    _tamper(settings, file, statement)

    async with run_service() as sessions:
        with structlog.testing.capture_logs() as logs:
            await sessions.audits.draw_up("m")
        readiness = await sessions.check_ready()

        errors = [entry for entry in logs if entry["log_level"] == "error"]
        assert {"audio_unaccounted"} == {entry["event"] for entry in errors}
        assert all(entry["faults"] and not CONTENT_KEYS & entry.keys() for entry in errors)
        assert unaccounted_ms == (await _person(sessions)).unaccounted_ms
        assert unaccounted_ms / 1000 == pytest.approx(_metric("meeting_unaccounted_seconds"), abs=0.002)
        assert "not accounted for" in readiness.detail
        with structlog.testing.capture_logs() as again:
            await sessions.audits.draw_up("m")
        assert [] == [entry for entry in again if entry["log_level"] == "error"]


async def test_what_no_audit_has_seen_is_looked_at_by_the_next_start(
    run_service: RunService, settings: Settings
) -> None:
    """As after an upgrade, or a service that ended between the last word and the audit."""
    async with run_service() as sessions:
        await _hold(sessions)
        await sessions.end_meeting("m")
    _tamper(settings, STORE_FILE, "UPDATE checkpoints SET unaccounted_samples = NULL")
    _tamper(settings, LEDGER_FILE, "DELETE FROM piece WHERE stream = 1 AND start = 0")

    async with run_service() as sessions:
        async with asyncio.timeout(30):
            while await sessions.store.list_unaudited():  # noqa: ASYNC110 what is stored is what counts
                await asyncio.sleep(0.01)

        assert 465 == (await _person(sessions)).unaccounted_ms


async def test_metrics_add_up(run_service: RunService) -> None:
    """What came, gaps included, was silent, spoken or let go; what was spoken has text."""
    names = ("audio_received", "gap", "repeated", "silent", "speech", "transcribed", "not_transcribed")
    before = {name: _metric(f"meeting_{name}_seconds_total") for name in names}
    async with run_service() as sessions:
        await _hold(sessions)
        await sessions.end_meeting("m")
        waiting = sessions.streams.waiting_s
    now = {name: _metric(f"meeting_{name}_seconds_total") - before[name] for name in names}

    assert 0 == waiting
    assert now["audio_received"] + now["gap"] == pytest.approx(now["silent"] + now["speech"], abs=1e-3)
    assert now["speech"] == pytest.approx(now["transcribed"] + now["not_transcribed"])
    assert now["gap"] == pytest.approx(2 * 33_333 / AUDIO_RATE_HZ)


def _metric(name: str) -> float:
    value = metrics.registry.get_sample_value(name)
    assert value is not None
    return value
