"""What somebody costs who does not speak."""

from meeting_service.bench.context import Context
from meeting_service.bench.parts.silence import measure_costs


def test_silence_costs_less_than_speech(context: Context) -> None:
    """Every scene has its cost; to hear somebody speak costs most."""
    costs = measure_costs(context, context.bundled, speaking_s=3, rounds=1)

    assert costs.keys() == {"speaking", "silence", "noise"}
    assert costs["silence"][0] < costs["speaking"][0]
    assert costs["noise"][0] < costs["speaking"][0]
