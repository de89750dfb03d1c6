"""Random and aimed SIGKILLs of the service, its recogniser and both, under four participants."""

import asyncio
import shutil
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults import checker
from tests.faults.campaign import Campaign, Order, Outcome
from tests.faults.checker import Exports
from tests.faults.killing import KilledMeeting, Remains
from tests.faults.script import RATE_HZ, Script, make_script, make_spoken_script
from tests.faults.service import Recogniser
from tests.faults.strikes import KILLS_A_MEETING, plan_meeting

SPOKEN_EVERY = 12
"""of so many meetings one is recognised by the bundled model"""


@dataclass(slots=True)
class _Tally:
    """What came of all meetings."""

    failures: list[str] = field(default_factory=list)
    killed: Counter[str] = field(default_factory=Counter)
    lost_samples: int = 0
    duplicates: int = 0
    back_s: dict[Recogniser, list[float]] = field(default_factory=lambda: {r: [] for r in Recogniser})
    caught_up_s: dict[Recogniser, list[float]] = field(default_factory=lambda: {r: [] for r in Recogniser})

    def add(self, remains: Remains, found: Sequence[str], recogniser: Recogniser, again: str) -> None:
        """Count one; `again` is the command that shows its failures again."""
        self.failures += [f"{failure} (see it again: {again})" for failure in found]
        self.killed += remains.killed
        self.lost_samples += remains.lost_samples
        self.duplicates += sum("times" in failure or "duplicate" in failure for failure in found)
        self.back_s[recogniser] += remains.back_s
        self.caught_up_s[recogniser] += remains.caught_up_s


async def run(order: Order) -> Outcome:
    """Meetings with a few kills each until there were enough; interrupted, what there was until then."""
    tally = _Tally()
    with suppress(asyncio.CancelledError):
        await _hold_all(order, tally)
    return Outcome(sum(tally.killed.values()), tally.failures, _figures(tally))


async def _hold_all(order: Order, tally: _Tally) -> None:
    undisturbed: dict[Recogniser, Exports] = {}
    for index, first in enumerate(range(0, order.size, KILLS_A_MEETING)):
        seed, kills = order.seed + index, min(KILLS_A_MEETING, order.size - first)
        recogniser = choose_recogniser(seed)
        if recogniser not in undisturbed:
            undisturbed[recogniser] = await hold_undisturbed(order.folder / recogniser, recogniser)
        folder = order.folder / f"{seed}"
        remains, failures = await hold_killed(folder, seed, kills, recogniser, undisturbed[recogniser])
        tally.add(
            remains, failures, recogniser, f"tests/faults/run --only kills --seed {seed} --kills {kills}"
        )
        if not failures:
            shutil.rmtree(folder)
        told = "; ".join(failures) or "kept"
        order.say(f"   {first + kills:>4} of {order.size} kills, seed {seed}, {recogniser}: {told}")


def choose_recogniser(seed: int) -> Recogniser:
    """Mostly the one that is fast."""
    return Recogniser.HASHING if seed % SPOKEN_EVERY else Recogniser.BUNDLED


async def hold_undisturbed(folder: Path, recogniser: Recogniser) -> Exports:
    """The files of a run in which nothing happens.

    Raises:
        AssertionError: something was wrong all the same.
    """
    remains = await KilledMeeting(folder, _script_for(recogniser), recogniser=recogniser).run()
    assert not remains.failures, f"wrong without any kill: {remains.failures}"
    return remains.exports


async def hold_killed(
    folder: Path, seed: int, kills: int, recogniser: Recogniser, undisturbed: Exports
) -> tuple[Remains, list[str]]:
    """A meeting with kills, and all that is wrong with it."""
    script = _script_for(recogniser)
    plan = plan_meeting(seed, kills)
    remains = await KilledMeeting(folder, script, plan, recogniser=recogniser).run()
    failures = list(remains.failures)
    if remains.exports:
        failures += checker.check_exports(remains.exports, undisturbed)
    return remains, failures


def _script_for(recogniser: Recogniser) -> Script:
    return make_spoken_script() if recogniser is Recogniser.BUNDLED else make_script()


def _figures(tally: _Tally) -> dict[str, object]:
    return {
        "lost seconds": round(tally.lost_samples / RATE_HZ, 3),
        "duplicates": tally.duplicates,
        **_spread("start to first acknowledgement", tally.back_s),
        **_spread("start to all text final", tally.caught_up_s),
        "kills by victim and place": dict(sorted(tally.killed.items())),
    }


def _spread(what: str, by_recogniser: Mapping[Recogniser, Sequence[float]]) -> dict[str, str]:
    """Median and most; the hashing one is forked, so its starts have no imports and no model."""
    return {
        f"{what}, {recogniser}, s": f"{statistics.median(values):.1f} (at most {max(values):.1f})"
        for recogniser, values in by_recogniser.items()
        if values
    }


CAMPAIGN = Campaign(
    "kills",
    promise=1,
    brief="SIGKILL at random and at every failpoint, four participants",
    how="SIGKILL of the service, its recogniser and both, at random and at every named failpoint, under four "
    "participants; every export byte for byte that of an undisturbed run",
    shown=("lost seconds", "duplicates"),
    run=run,
    size=500,
)
