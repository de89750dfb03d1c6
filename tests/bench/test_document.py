"""The JSON for machines."""

import json
import math
from datetime import UTC, datetime

from meeting_service.bench.document import make_document
from meeting_service.bench.figures import Figure
from meeting_service.bench.measures import MEASURES
from meeting_service.bench.part import Part
from meeting_service.bench.runner import Outcome

_ISSUE_KEYS = (
    *("upstream_ratio", "upstream_ratio_speaking", "wer_final", "wer_offline", "wer_upstream_offline"),
    *("wer_upstream_stream", "encode_amplification", "gemm_fraction", "batch_decode_speedup"),
    *("silence_cost", "silence_cost_noise", "vad_ms_per_s", "service_overhead", "capacity"),
    *("first_draft_ms", "draft_ms", "final_ms", "erasure", "memory_slope", "quantised"),
)


def test_every_key_is_there_with_its_number() -> None:
    """What was measured is a number at the top, what was not is null, and JSON can hold all of it."""
    part = Part("speed", "speed", ("erasure",), 1, lambda _context: iter(()))
    outcome = Outcome(part, [Figure("erasure", 0.25, "note", details={"drafts": 7, "p99": [math.inf]})])
    document = make_document([outcome], quick=True, started_at=datetime(2026, 5, 1, tzinfo=UTC))
    read = json.loads(json.dumps(document, allow_nan=False))

    assert read["erasure"] == 0.25
    assert all(read[key] is None for key in _ISSUE_KEYS if key != "erasure")
    assert read["details"]["erasure"]["met"] is True
    assert read["details"]["erasure"]["drafts"] == 7
    assert read["details"]["erasure"]["p99"] == [None]
    assert read["date"] == "2026-05-01T00:00:00+00:00"
    assert {"machine", "versions", "model", "parts"} <= read.keys()


def test_titles_fit_their_column() -> None:
    """Every measure has a key of its own and a title that is not cut."""
    assert len({measure.key for measure in MEASURES}) == len(MEASURES)
    assert all(len(measure.title) <= 45 for measure in MEASURES)
