"""The README's table of promises, held against the results it is made from."""

import json

import pytest

from tests.faults.campaign import PROMISES, list_campaigns
from tests.faults.table import BEGIN, END, README, RESULTS, render_readme, render_table

RESULT = {
    "name": "cuts",
    "date": "2026-05-01",
    "machine": "two cores",
    "promise": 3,
    "how": "every cable cut",
    "tried": 7,
    "failures": [],
    "figures": {"back, s": 1.5, "by cable": {"red": 3}},
    "seconds": 9.0,
}


def test_readme_says_what_came_of_the_last_run() -> None:
    """The table in the README is the one that the committed results make."""
    readme = README.read_text(encoding="utf-8")

    assert readme == render_readme(readme, json.loads(RESULTS.read_text(encoding="utf-8")))


def test_results_are_of_campaigns_there_are() -> None:
    """Each committed result is of a campaign that can be run, described as it is now."""
    campaigns = {campaign.name: campaign for campaign in list_campaigns()}

    for result in json.loads(RESULTS.read_text(encoding="utf-8"))["campaigns"]:
        campaign = campaigns[result["name"]]
        assert (campaign.promise, campaign.how) == (result["promise"], result["how"])


def test_a_row_says_how_often_and_what_was_measured() -> None:
    """The promise, how it was tested, the verdict with its date, and every plain figure."""
    row = f"| {PROMISES[3]} | every cable cut | kept 7 of 7 times (2026-05-01); back, s: 1.5 |"

    assert row in render_table({"campaigns": [RESULT]}).splitlines()


def test_a_broken_promise_is_shown_as_broken() -> None:
    """A failure is nothing to hide."""
    table = render_table({"campaigns": [{**RESULT, "failures": ["lost"]}]})

    assert "**broken 1 times** of 7" in table


def test_the_table_takes_only_its_own_place() -> None:
    """What stands around it stays; without a place for it there is an error."""
    readme = f"# Title\n{BEGIN}\nold\n{END}\nmore\n"

    rendered = render_readme(readme, {"campaigns": [RESULT]})

    assert rendered.startswith(f"# Title\n{BEGIN}\n| what we promise")
    assert rendered.endswith(f"{END}\nmore\n")
    assert "old" not in rendered
    with pytest.raises(ValueError, match="no marks"):
        render_readme("# Title\n", {"campaigns": [RESULT]})
