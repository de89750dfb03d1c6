"""The README's table of promises, made from the results of the last whole run."""

from collections.abc import Iterator, Mapping
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
    lines.append(f"\n({results['date']}, {results['machine']}.)")
    return "\n".join(lines) + "\n"


def _rows(promise: str, campaigns: list[Mapping[str, Any]]) -> Iterator[str]:
    for index, campaign in enumerate(campaigns):
        yield f"| {promise if index == 0 else ''} | {campaign['how']} | {_result(campaign)} |"


def _result(campaign: Mapping[str, Any]) -> str:
    failures = len(campaign["failures"])
    verdict = (
        f"**broken {failures} times** of {campaign['tried']}"
        if failures
        else f"{campaign['tried']} of {campaign['tried']} kept"
    )
    shown = [
        f"{name} {value}" for name, value in campaign["figures"].items() if not isinstance(value, dict | list)
    ]
    return "; ".join([verdict, *shown])
