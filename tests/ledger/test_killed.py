"""What was acknowledged is there after the process was killed, at whatever moment."""

import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np

from meeting_service.ledger import Ledger, LedgerReader
from tests.ledger.writing import STREAMS, sound

ROUNDS = 4


def write_until_killed(path: Path, answers: int) -> dict[int, int]:
    """Kill a writing process after so many answers; what it was last answered, by stream."""
    acknowledged: dict[int, int] = {}
    command = [sys.executable, "-m", "tests.ledger.writing", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for number, line in enumerate(process.stdout):
            if number == answers:
                process.send_signal(signal.SIGKILL)
            if line.endswith("\n"):
                stream_id, through = map(int, line.split())
                acknowledged[stream_id] = through
    return acknowledged


async def test_a_killed_process_loses_nothing_it_was_answered(path: Path) -> None:
    """Killed again and again, the ledger has every acknowledged sample, its tail, and goes on from there."""
    moments = random.Random(11)
    for _ in range(ROUNDS):
        acknowledged = write_until_killed(path, moments.randrange(5, 150))
        ledger = Ledger.open(path)
        reader = LedgerReader(path)

        assert acknowledged.keys() == set(STREAMS)
        for stream_id, answered in acknowledged.items():
            through = ledger.through(stream_id)
            assert through >= answered
            held = reader.read(stream_id, 0, through)
            assert np.array_equal(held, sound(stream_id, 0, through))
            assert int.from_bytes(ledger.tail(stream_id), "little") < through
        reader.close()
        await ledger.close()
        connection = sqlite3.connect(path)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        connection.close()
