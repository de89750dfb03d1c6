"""What the demo measures."""

import math

from meeting_service.demo.report import describe_delays, percentile, score
from meeting_service.demo.script import Script
from meeting_service.scoring import WordErrors
from tests.demo.test_script import script_values


def test_score_joins_each_participants_sentences() -> None:
    """Sentences are joined per participant; text of one whom the script does not know counts as invented."""
    script = Script.model_validate(script_values())
    heard = [("ann", "Good morning."), ("ben", "Yellow."), ("ann", "I am back."), ("eve", "Boo.")]

    found = score(script, heard)

    assert found.by_name == {"Ann": WordErrors(0, 5), "Ben": WordErrors(1, 1)}
    assert found.overall == WordErrors(2, 6)


def test_percentile_is_a_measured_value() -> None:
    """A percentile is the smallest value that reaches the share, never one in between."""
    values = [float(value) for value in range(100, 0, -1)]

    assert (percentile(values, 0.5), percentile(values, 0.95), percentile(values, 0.0)) == (50.0, 95.0, 1.0)
    assert math.isnan(percentile([], 0.5))


def test_delays_on_one_line() -> None:
    """The line holds the median and the slow end, or says that nothing came."""
    assert describe_delays("finals", [900.4, 1000.0, 2000.0]) == "finals: p50 1000 ms, p95 2000 ms"
    assert describe_delays("drafts", []) == "drafts: none"
