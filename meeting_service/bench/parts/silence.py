"""What somebody costs who does not speak, beside one who does: everything from the ledger on."""

from collections.abc import Iterator
from statistics import median

import numpy as np

from meeting_service.audio import RECOGNITION_RATE_HZ
from meeting_service.bench.audio_time import Listening
from meeting_service.bench.context import Context
from meeting_service.bench.figures import Figure
from meeting_service.bench.part import Part
from meeting_service.bench.speech import make_room_noise, speak_without_pause
from meeting_service.recogniser import Engine
from meeting_service.recognition import Samples

SILENCE_FACTOR = 6
"""how much longer than the speaker the silent ones are heard"""

Costs = dict[str, list[float]]
"""CPU seconds per second of audio, by scene, one for each round."""


def measure_costs(context: Context, engine: Engine, speaking_s: int, rounds: int) -> Costs:
    """Hear a speaker, digital silence and room noise live, in turn."""
    silent_s = SILENCE_FACTOR * speaking_s
    scenes: dict[str, Samples] = {
        "speaking": speak_without_pause(speaking_s),
        "silence": np.zeros(silent_s * RECOGNITION_RATE_HZ, np.float32),
        "noise": make_room_noise(silent_s),
    }
    listenings = {
        name: Listening(context.scratch, [samples], context.settings) for name, samples in scenes.items()
    }
    listenings["speaking"].listen(engine)
    costs: Costs = {name: [] for name in scenes}
    for _ in range(rounds):
        for name, listening in listenings.items():
            context.say(name)
            heard = listening.listen(engine)
            costs[name].append(heard.cpu_s * RECOGNITION_RATE_HZ / len(scenes[name]))
    return costs


def _run(context: Context) -> Iterator[Figure]:
    costs = measure_costs(context, context.full_size, context.choose(4, 20), context.choose(1, 2))
    yield from _figures({name: median(each) for name, each in costs.items()}, costs)


def _figures(cost_s: dict[str, float], per_second: Costs) -> Iterator[Figure]:
    for key, name, what in (
        ("silence_cost", "silence", "digital zero"),
        ("silence_cost_noise", "noise", "a room with a fan at -50 dB"),
    ):
        silent_ms, speaking_ms = 1_000 * cost_s[name], 1_000 * cost_s["speaking"]
        note = f"full-size model, {what}: {silent_ms:.2g} ÷ {speaking_ms:.0f} ms of CPU per second"
        yield Figure(key, cost_s[name] / cost_s["speaking"], note, details={"cpu_s_per_s": per_second})


PART = Part("silence", "who does not speak", ("silence_cost", "silence_cost_noise"), 0.8, _run)
