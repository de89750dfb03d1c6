"""The README's table of promises, made from the results of the last whole run."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.faults.campaign import PROMISES

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
RESULTS = Path(__file__).parent / "results.json"
BEGIN, END = "<!-- promises: written by tests/faults/run --readme -->", "<!-- promises end -->"


def render_readme(readme: str, results: Mapping[str, Any]) -> str:
    """The README with its table made anew.

    Raises:
        ValueError: it has no place for the table.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError("the README has no marks between which the table stands")
    return f"{before}{BEGIN}\n{render_table(results)}{END}{after}"


def render_table(results: Mapping[str, Any]) -> str:
    """A row for each campaign, under the promise that it tests."""
    lines = ["| what we promise | how it is tested | last result |", "| --- | --- | --- |"]
    for number, promise in PROMISES.items():
        lines += _rows(promise, [c for c in results["campaigns"] if c["promise"] == number])
    machines = dict.fromkeys(campaign["machine"] for campaign in results["campaigns"])
    return "\n".join([*lines, "", f"(On {'; '.join(machines)}.)"]) + "\n"


def _rows(promise: str, campaigns: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for index, campaign in enumerate(campaigns):
        yield f"| {promise if index == 0 else ''} | {campaign['how']} | {_result(campaign)} |"


def _result(campaign: Mapping[str, Any]) -> str:
    """What came of it and the plain figures; tables of figures are in the JSON only."""
    failures, tried = len(campaign["failures"]), campaign["tried"]
    verdict = f"**broken {failures} times** of {tried}" if failures else f"kept {tried} of {tried} times"
    figures = [
        f"{name}: {value}"
        for name, value in campaign["figures"].items()
        if isinstance(value, str | int | float)
    ]
    return "; ".join([f"{verdict} ({campaign['date']})", *figures])
