"""The bench from outside."""

import json
from pathlib import Path

from tests.cli.conftest import Invoke


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
