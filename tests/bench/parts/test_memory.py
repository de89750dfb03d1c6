import numpy as np

from meeting_service.bench.parts.memory import Sample, describe_growth, make_minute, play_long_meeting
from meeting_service.bench.processes import Usage
from meeting_service.bench.served import Served, ServedUsage

MB = 1 << 20


def sample(hour: float, service_mb: float, worker_mb: float) -> Sample:
    """What was held at an hour."""
    return Sample(hour, ServedUsage(Usage(0, int(service_mb * MB)), Usage(0, int(worker_mb * MB))))


async def test_plays_a_meeting_fast(served: Served) -> None:
    """Ten minutes of meeting are played in a fraction of them, sampled every five."""
    samples = await play_long_meeting(served, 10)

    assert [5 / 60, 10 / 60] == [sample.hour for sample in samples]
    assert all(sample.usage.rss_bytes > MB for sample in samples)


def test_tells_growth_from_noise() -> None:
    """Memory that swings but stays meets the target; memory that grows by megabytes an hour does not."""
    swing = np.random.default_rng(1).uniform(-2, 2, 96)
    flat = describe_growth([sample(i / 12, 100 + swing[i], 200) for i in range(96)], warm_up_h=1)
    growing = describe_growth([sample(i / 12, 100 + i, 200 + swing[i]) for i in range(96)], warm_up_h=1)

    assert flat.target is not None
    assert flat.target.is_met(float(str(flat.value)))
    assert growing.target is not None
    assert not growing.target.is_met(float(str(growing.value)))
    assert 11 < float(str(growing.value)) < 13


def test_says_a_sentence_a_minute() -> None:
    """A minute holds some seconds of speech, or nothing."""
    assert 16_000 < np.count_nonzero(make_minute(3)) < 10 * 16_000
    assert not make_minute(None).any()
