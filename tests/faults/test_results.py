"""Results of campaigns in one file, written by several runs."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.faults.results import keep_result


def read(path: Path) -> list[Any]:
    """The entries."""
    return list(json.loads(path.read_text())["campaigns"])


def test_a_run_of_one_campaign_replaces_its_own_result_only(tmp_path: Path) -> None:
    """The others stay as they are."""
    path = tmp_path / "results.json"
    for result in ({"name": "b", "tried": 1}, {"name": "a", "tried": 2}, {"name": "b", "tried": 3}):
        keep_result(path, result)

    assert [{"name": "a", "tried": 2}, {"name": "b", "tried": 3}] == read(path)


def test_runs_at_the_same_time_lose_nothing_of_one_another(tmp_path: Path) -> None:
    """Each of many that end at once has its entry in the file."""
    path = tmp_path / "results.json"
    names = [f"{number:02}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: keep_result(path, {"name": name}), names))

    assert names == [entry["name"] for entry in read(path)]
    assert ["results.json"] == [file.name for file in tmp_path.iterdir()]
