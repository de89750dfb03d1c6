"""The README's table of promises, held against the results it is made from."""

import json
from typing import Any

import pytest

from tests.faults.campaign import PROMISES, list_campaigns
from tests.faults.results import RESULTS
from tests.faults.table import BEGIN, END, README, render_readme, render_table

KILLS = {
    "name": "kills",
    "date": "2026-05-01",
    "machine": "two cores",
    "tried": 7,
    "failures": [],
    "figures": {"lost seconds": 0.0, "start, s": 1.5, "kills by victim and place": {"service": 3}},
    "seconds": 9.0,
}
MOST_CHARS = 260
"""of a line of the table: what is read at a glance"""


def read_results() -> Any:
    """What is committed."""
    return json.loads(RESULTS.read_text(encoding="utf-8"))


def test_readme_says_what_came_of_the_last_run() -> None:
    """The table in the README is the one that the committed results make."""
    readme = README.read_text(encoding="utf-8")

    assert readme == render_readme(readme, read_results())


def test_results_are_of_campaigns_there_are() -> None:
    """Each committed result is of a campaign that can be run."""
    found = {result["name"] for result in read_results()["campaigns"]}

    assert found <= {campaign.name for campaign in list_campaigns()}


def test_every_campaign_has_a_result() -> None:
    """What is promised was put to the test, in every way there is."""
    found = {result["name"] for result in read_results()["campaigns"]}

    assert {campaign.name for campaign in list_campaigns()} == found


def test_a_line_says_how_often_and_what_matters() -> None:
    """The promise, how it was tested in few words, the verdict, and the figures that the campaign shows."""
    [kills] = [campaign for campaign in list_campaigns() if campaign.name == "kills"]
    line = f"| {PROMISES[1]} | {kills.brief} | kept 7 of 7 times; lost seconds: 0.0 |"

    table = render_table({"campaigns": [KILLS]}).splitlines()

    assert line in table
    assert "(On two cores; 2026-05-01.)" == table[-1]


def test_every_line_is_short() -> None:
    """A promise, a way to test it, a result or two: no line is longer than can be read."""
    figures = {"acknowledged in, ms (p50, p99, most)": "100, 200, 300"}
    results = [{**KILLS, "name": c.name, "figures": figures} for c in list_campaigns()]

    assert all(len(line) <= MOST_CHARS for line in render_table({"campaigns": results}).splitlines())
    assert all(len(campaign.shown) <= 2 for campaign in list_campaigns())


def test_a_broken_promise_is_shown_as_broken() -> None:
    """A failure is nothing to hide."""
    table = render_table({"campaigns": [{**KILLS, "failures": ["lost"]}]})

    assert "**broken 1 times** of 7" in table


def test_the_table_takes_only_its_own_place() -> None:
    """What stands around it stays; without a place for it there is an error."""
    readme = f"# Title\n{BEGIN}\nold\n{END}\nmore\n"

    rendered = render_readme(readme, {"campaigns": [KILLS]})

    assert rendered.startswith(f"# Title\n{BEGIN}\n| what we promise")
    assert rendered.endswith(f"{END}\nmore\n")
    assert "old" not in rendered
    with pytest.raises(ValueError, match="no marks"):
        render_readme("# Title\n", {"campaigns": [KILLS]})
