"""Every figure by its key: what it says, in what unit, and what it should be."""

from dataclasses import dataclass

from meeting_service.bench.figures import Figure, Target


@dataclass(frozen=True, slots=True)
class Measure:
    """What a key stands for."""

    key: str
    title: str
    """for people, up to 45 characters"""
    unit: str
    group: str
    target: Target | None = None


UPSTREAM = "Against parakeet-mlx"
ACCURACY = "Accuracy"
WORK = "Work per second of speech"
COMPUTE = "Arithmetic"
SERVICE = "The whole service"
DURABLE = "On the disk before it is acknowledged"
GROWTH = "How cost grows"

MEASURES = (
    Measure("upstream_ratio", "CPU in a meeting of ten, upstream ÷ ours", "×", UPSTREAM, Target("≥", 20)),
    Measure("upstream_ratio_speaking", "the same, one who never pauses", "×", UPSTREAM, Target("≥", 3)),
    Measure("wer_final", "word error rate, live", "%", ACCURACY),
    Measure("wer_offline", "whole utterances at once", "%", ACCURACY),
    Measure("wer_upstream_offline", "upstream on the file", "%", ACCURACY),
    Measure("wer_upstream_stream", "upstream streaming", "%", ACCURACY),
    Measure("erasure", "draft characters taken back ÷ final ones", "", ACCURACY, Target("≤", 0.3)),
    Measure("encode_amplification", "seconds encoded per second of speech", "×", WORK, Target("≤", 4)),
    Measure("silence_cost", "CPU in digital silence ÷ speaking", "", WORK, Target("≤", 0.01)),
    Measure("silence_cost_noise", "CPU in room noise ÷ speaking", "", WORK, Target("≤", 0.1)),
    Measure("vad_ms_per_s", "voice detection per second of audio", "ms", WORK),
    Measure("profile", "where the CPU time goes, per second of speech", "", WORK),
    Measure("gemm_fraction", "encoder's rate ÷ matrix product's rate", "", COMPUTE, Target("≥", 0.6)),
    Measure("batch_decode_speedup", "decoding 16 at once ÷ one by one", "×", COMPUTE, Target("≥", 4)),
    Measure("quantised", "weights in 8 and 4 bits", "", COMPUTE),
    Measure("service_overhead", "CPU of the service ÷ recogniser alone", "×", SERVICE, Target("≤", 1.25)),
    Measure("capacity", "people speaking at once, in time", "", SERVICE),
    Measure("first_draft_ms", "first words on the page after speech began", "ms", SERVICE),
    Measure("draft_ms", "draft after the audio it holds", "ms", SERVICE),
    Measure("final_ms", "final text after the last sound", "ms", SERVICE),
    Measure("memory_slope", "memory's growth in a long meeting", "MB/h", SERVICE),
    Measure("durable_ratio", "audio acknowledged ÷ the same without sync", "", DURABLE, Target("≥", 0.5)),
    Measure("durable_raw_ratio", "the same ÷ the disk's own synced appends", "", DURABLE),
    Measure("durable_ratio_served", "whole service ÷ the same without sync", "", DURABLE, Target("≥", 0.5)),
    Measure("durable_participants", "live participants, WebSocket", "", DURABLE, Target("≥", 200)),
    Measure("durable_participants_http", "live participants, a request a piece", "", DURABLE),
    Measure("catch_up", "backlog recognised per second of restart", "×", DURABLE),
    Measure("growth_participants", "CPU by participants, one speaking", "", GROWTH),
    Measure("growth_meetings", "CPU by meetings", "", GROWTH),
)
"""In the order they are shown."""

_BY_KEY = {measure.key: measure for measure in MEASURES}


def get_measure(key: str) -> Measure:
    """The measure of a key.

    Raises:
        KeyError: there is none.
    """
    return _BY_KEY[key]


def get_target(figure: Figure) -> Target | None:
    """What a figure is held to."""
    return figure.target or get_measure(figure.key).target


def is_met(figure: Figure) -> bool | None:
    """Whether a figure is what it should be; None where nothing is asked of it."""
    target = get_target(figure)
    if target is None or not isinstance(figure.value, int | float):
        return None
    return target.is_met(figure.value)
