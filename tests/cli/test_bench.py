"""The bench from outside."""

import json
import signal
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Invoke
from tests.cli.running import clean_environment


def test_a_part_is_measured_and_written(invoke: Invoke, tmp_path: Path) -> None:
    """A chosen part gives its line in the table, its number in the JSON, and says that it runs."""
    ended = invoke("bench", "--quick", "--part", "vad", "--json", tmp_path / "bench.json")
    document = json.loads((tmp_path / "bench.json").read_text())

    assert ended.code == 0
    assert "voice detection per second of audio" in ended.out
    assert "part 1 of 1: voice detection" in ended.err
    assert document["vad_ms_per_s"] > 0
    assert document["quick"] is True


def test_the_list_names_parts_and_keys(invoke: Invoke) -> None:
    """Whoever wants one figure finds out which part gives it."""
    ended = invoke("bench", "--list")

    assert ended.code == 0
    assert "vad_ms_per_s" in ended.out


def test_wrong_usage_is_found_before_the_work(invoke: Invoke, tmp_path: Path) -> None:
    """An unknown part is wrong usage; a file that cannot be written is told at once."""
    assert invoke("bench", "--part", "nonsense").code == 2
    ended = invoke("bench", "--part", "vad", "--json", tmp_path / "none" / "bench.json")

    assert ended.code == 1
    assert "bench.json cannot be written" in ended.err


def test_an_interruption_keeps_what_was_measured(tmp_path: Path) -> None:
    """After Ctrl-C in the second part the first one's figures are shown and written; exit code 130."""
    chosen = ("bench", "--quick", "--part", "vad", "--part", "profile")
    former = signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
    try:
        running = subprocess.Popen(
            [sys.executable, "-m", "meeting_service", *chosen, "--json", str(tmp_path / "bench.json")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=clean_environment(),
        )
    finally:
        signal.signal(signal.SIGINT, former)
    assert running.stderr is not None
    assert any("part 2 of 2" in line for line in running.stderr)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=120)
    document = json.loads((tmp_path / "bench.json").read_text())

    assert running.returncode == 130
    assert document["vad_ms_per_s"] > 0
    assert document["parts"]["profile"]["failure"] == "interrupted"
    assert "voice detection per second of audio" in out
