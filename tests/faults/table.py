"""The README's table of promises, made from what came of the last runs."""

from collections.abc import Collection, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from tests.faults.campaign import PROMISES, Campaign, list_campaigns

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
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
    """A line for each campaign that was run, under the promise that it tests."""
    found = {result["name"]: result for result in results["campaigns"]}
    lines = ["| what we promise | how it is tested | last result |", "| --- | --- | --- |"]
    known = [campaign for campaign in list_campaigns() if campaign.name in found]
    for promise, campaigns in groupby(known, key=lambda campaign: campaign.promise):
        told = PROMISES[promise]
        for campaign in campaigns:
            lines.append(f"| {told} | {campaign.brief} | {_describe(campaign, found[campaign.name])} |")
            told = ""
    return "\n".join([*lines, "", f"({_where(found.values())}.)"]) + "\n"


def _describe(campaign: Campaign, result: Mapping[str, Any]) -> str:
    """What came of it, with the figures that say most; all others are in the JSON only."""
    failures, tried = len(result["failures"]), result["tried"]
    verdict = f"**broken {failures} times** of {tried}" if failures else f"kept {tried} of {tried} times"
    figures = [f"{name}: {result['figures'][name]}" for name in campaign.shown if name in result["figures"]]
    return "; ".join([verdict, *figures])


def _where(results: Collection[Mapping[str, Any]]) -> str:
    """On which machines, between which days."""
    machines = "; ".join(dict.fromkeys(result["machine"] for result in results))
    days = sorted({result["date"] for result in results})
    return f"On {machines}; {' to '.join(dict.fromkeys((days[0], days[-1])))}"
