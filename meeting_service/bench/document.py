"""A run as JSON: every figure by its key at the top, then all that explains it."""

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from meeting_service.bench.figures import Figure
from meeting_service.bench.machine import describe_machine, list_versions
from meeting_service.bench.measures import MEASURES, get_measure, get_target, is_met
from meeting_service.bench.runner import Outcome

MODELS = {
    "bundled": "the demo model, 3.4 million parameters",
    "full-size": "random weights in the shape of parakeet-tdt-0.6b-v3",
}


def make_document(outcomes: Sequence[Outcome], *, quick: bool, started_at: datetime) -> dict[str, Any]:
    """What JSON can hold. A key that was not measured is null, and so is a number that is none."""
    figures = [figure for outcome in outcomes for figure in outcome.figures]
    values = {figure.key: figure.value for figure in figures}
    document = {
        **{measure.key: values.get(measure.key) for measure in MEASURES},
        "date": started_at.isoformat(timespec="seconds"),
        "quick": quick,
        "model": MODELS,
        "machine": dict(describe_machine()),
        "versions": dict(list_versions()),
        "parts": {outcome.part.name: _part(outcome) for outcome in outcomes},
        "details": {figure.key: _details(figure) for figure in figures},
    }
    return {key: _finite(value) for key, value in document.items()}


def _part(outcome: Outcome) -> dict[str, Any]:
    return {
        "seconds": round(outcome.seconds, 1),
        "cpu_seconds": round(outcome.cpu_s, 1),
        "failure": outcome.failure,
        "keys": [figure.key for figure in outcome.figures],
    }


def _details(figure: Figure) -> dict[str, Any]:
    measure, target = get_measure(figure.key), get_target(figure)
    return {
        "title": measure.title,
        "unit": measure.unit,
        "target": str(target) if target else None,
        "met": is_met(figure),
        "note": figure.note,
        **figure.details,
    }


def _finite(value: Any) -> Any:
    """`value` with null in place of infinities and of what is no number."""
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
